"""Predictors against the truth: every model, prefix, horizon and seed, to rows, a summary and what the plots need."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.answers import answers
from evaluation.cache import Cache, config_of, curves_digest
from evaluation.choosing import Choice
from evaluation.fits import Fits
from evaluation.floors import Floor, over_floor, repeat_floors
from evaluation.paper_protocol import Paper
from evaluation.part import Job, Part, learnable_parts, main_prefix
from evaluation.protocol import Protocol, Strict
from evaluation.results import Figures, Note, Results, Row, StrategyPoint
from evaluation.scoring import score
from evaluation.split import Split
from evaluation.summary import summarize
from evaluation.transfer import aligned, met
from nasbench_lc.curves import CurveSet, Status
from nasbench_lc.errors import ConfigError
from nasbench_lc.provenance import machine
from predictors.base import Predictor

__all__ = ["PROTOCOLS", "evaluate", "score"]

PROTOCOLS = ("strict", "paper")

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class _Question:
    models: Mapping[str, Callable[[int], Predictor]]
    fitted: Mapping[str, Predictor]
    curves: CurveSet
    # Those of `curves` or, in a transfer, of the target: what is scored is among them.
    goal: CurveSet
    same_task: bool
    pairs: tuple[tuple[int, int], ...]
    seeds: int
    leave_out: AbstractSet[str]
    fits: Fits
    workers: int
    floors: tuple[Floor, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.fitted, *(m for m in self.models if m not in self.fitted))

    @property
    def learns(self) -> bool:
        return bool(set(self.models) - set(self.fitted))


def evaluate(
    models: Mapping[str, Callable[[int], Predictor]],
    curves: CurveSet,
    *,
    observe: Sequence[int],
    horizons: Sequence[int],
    seeds: int = 1,
    protocol: str = "strict",
    train_size: int | None = None,
    leave_out: AbstractSet[str] = frozenset(),
    fitted: Mapping[str, Predictor] | None = None,
    transfer_to: CurveSet | None = None,
    transfer_curves: int = 0,
    same_task: bool = False,
    floors: Sequence[Floor] = (),
    dataset: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    cache: Path | None = None,
    workers: int = 1,
) -> Results:
    """Fit models, let them forecast the test curves, and score the forecasts.

    A model is fitted once per seed and serves every prefix (the paper's protocol fits per prefix). Every curve that is finite up
    to the horizon is scored, diverged ones too. A model that says by a ConfigError that it cannot answer has rows without scores and
    its sentence among the notes.

    Arguments:
        models: Name to what makes a fresh predictor from a seed.
        curves: Whose `metric` is forecast.
        observe: Numbers of observed epochs, each in 0 .. `T` - 1.
        horizons: Absolute epochs in 1 .. `T`; a horizon inside a prefix is not scored for that prefix.
        seeds: Seeds 0 .. `seeds` - 1 vary split and initialisation.
        protocol: ``"strict"``, or ``"paper"``, which puts the strict results beside its own.
        train_size: How many runs train and valid hold together; None for all.
        leave_out: Uids and groups that are not scored because a fitted model has seen them. Where nothing is fitted afresh, all other
            curves are scored; else those of the test part.
        fitted: Name to a predictor that has learnt already; not fitted again, scored at every seed's split.
        transfer_to: Other curves, which are scored instead.
        transfer_curves: How many of those the fit may see.
        same_task: Whether those are of the same task, see :func:`evaluation.transfer.met`.
        floors: Noise floors of the scored curves, as measured; for no observed epoch those of repeated configurations are added.
        dataset: Facts about the file for the report; counts, a digest and what was asked of the split are added.
        target: The same about the file of `transfer_to`.
        progress: Called as (parts done, parts in all, what was done last).
        cache: A folder that holds finished fits, so that the same call continues after a kill; None for none.
        workers: Processes, one thread each. Seconds are measured while the others work too.

    Raises:
        ConfigError: If an argument is out of range, or has no meaning beside the others, or no test curve remains.
    """
    asked = _asked(protocol, bool(set(models) - set(fitted or {})), transfer_to is not None, train_size, transfer_curves)
    goal = curves if transfer_to is None else aligned(transfer_to, curves)
    question = _Question(
        models=models,
        fitted=fitted or {},
        curves=curves,
        goal=goal,
        same_task=same_task,
        pairs=_pairs(observe, horizons, goal.epochs),
        seeds=_at_least_one(seeds),
        leave_out=leave_out,
        fits=Fits(None if cache is None else Cache.made(cache)),
        workers=workers,
        floors=(*floors, *(repeat_floors(goal, horizons) if 0 in observe else [])),
    )
    strict = Strict(train_size, transfer_to, transfer_curves, same_task)
    total = seeds * len(question.names) * (2 if protocol == "paper" else 1)
    tick = _Ticker(total, progress or (lambda done, total, text: None))
    facts = {**(dataset or {}), "metric": curves.metric, "n_groups": len(set(curves.group)), **_counts(curves), **asked}
    if transfer_to is not None:
        facts["transfer_to"] = {**(target or {}), **_counts(transfer_to)}
    if transfer_curves:
        facts["transfer_how"] = (
            "the source's curves were moved to the mean and spread of the target's, beside few to where configurations that ran on both lie; "
            "what does not carry over was left out"
        )
    results = _run(question, strict, facts, tick)
    if protocol == "paper":
        results = replace(_run(question, Paper(), facts, tick), beside=results)
    return results


def _asked(protocol: str, learns: bool, transfers: bool, train_size: int | None, transfer_curves: int) -> dict[str, int]:
    """What is asked of the split beyond its rule, for the report; refuses what has no meaning."""
    if protocol not in PROTOCOLS:
        raise ConfigError(f"The protocol must be one of {', '.join(PROTOCOLS)}; got {protocol}. Choose one of those.")
    if protocol == "paper" and (transfers or train_size is not None):
        raise ConfigError("The paper's protocol must use the whole of one file; got a transfer or a train size. Use --protocol strict.")
    if transfer_curves and not transfers:
        raise ConfigError(
            f"Target curves must come from a target; got {transfer_curves} of none. Add --transfer-to, or leave --transfer-curves out."
        )
    asked = {"train_size": train_size, "transfer_curves": transfer_curves or None}
    asked = {option: value for option, value in asked.items() if value is not None}
    if asked and not learns:
        options = " and ".join(f"--{option.replace('_', '-')}" for option in asked)
        raise ConfigError(f"A checkpoint alone must be scored as it is, nothing is fitted; got {options}. Leave that out, or add --models.")
    return asked


class _Ticker:
    def __init__(self, total: int, report: Progress) -> None:
        self._count, self._total, self._report = 0, total, report
        report(0, total, "")

    def step(self, text: str) -> None:
        self._count += 1
        self._report(self._count, self._total, text)


def _run(question: _Question, protocol: Protocol, facts: Mapping[str, Any], tick: _Ticker) -> Results:
    jobs: list[Job] = []
    notes: dict[Note, None] = {}
    tests: list[CurveSet] = []
    for name in sorted({*question.models} & {*question.fitted}):
        notes[Note("", f"{name} is scored as the checkpoint has it and not fitted afresh.")] = None
    for seed in range(question.seeds):
        parted = _parts(question, protocol, seed, notes)
        tests.append(parted.test)
        pairs = tuple((k, h) for k, h in question.pairs if protocol.last_epoch(h, parted.test.epochs) > k)
        for model in question.names:
            make = question.models.get(model)
            jobs.append(Job(model, _maker(make, seed), question.fitted.get(model), seed, parted, protocol, pairs))
    parts: dict[tuple[int, str], Part] = {}
    for job, part in answers(jobs, question.fits, question.workers):
        parts[job.seed, job.model] = part
        tick.step(f"{job.model}, seed {job.seed + 1} of {question.seeds}" + (", the paper's protocol" if protocol.name == "paper" else ""))
    parts = {(job.seed, job.model): parts[job.seed, job.model] for job in jobs}  # in the order asked, whoever ended first
    notes |= dict.fromkeys(note for part in parts.values() for note in part.notes)
    horizons = sorted({h for _, h in question.pairs})
    choices = _choices(tests, protocol, horizons, diverged=True)
    rows = _compared([row for part in parts.values() for row in part.rows], choices, question.floors)
    ok = [row for part in parts.values() for row in part.rows_without_diverged]
    ok = _completed(rows, _compared(ok, _choices(tests, protocol, horizons, diverged=False), question.floors))
    first = {model: parts[0, model] for model in question.names}
    k = main_prefix([k for k, _ in question.pairs])
    figures = Figures(
        test=tests[0],
        observe=k,
        forecasts={m: p.forecast for m, p in first.items() if p.forecast is not None},
        profiles={m: p.profile for m, p in first.items() if p.profile is not None},
        strategies=_strategies(rows, choices, horizons[-1]),
    )
    one_split = len({frozenset(test.uid) for test in tests}) == 1
    summary = summarize(rows, one_split=one_split) + summarize(ok, "without_diverged", one_split)
    configs = {m: config_of(question.fitted.get(m) or question.models[m](0)) for m in question.names}
    provenance = {"created": datetime.now(UTC).isoformat(timespec="seconds"), **machine(), "models": configs}
    floors = tuple(f for f in question.floors if f["metric"] == question.curves.metric and (f["observe"], f["horizon"]) in question.pairs)
    return Results(facts, protocol.name, rows, ok, summary, tuple(notes), provenance, figures, floors)


def _maker(make: Callable[[int], Predictor] | None, seed: int) -> Callable[[], Predictor]:
    def fresh() -> Predictor:
        if make is None:
            raise ConfigError("A model must be registered or fitted; got neither. Choose another name.")
        return make(seed)

    return fresh


def _parts(question: _Question, protocol: Protocol, seed: int, notes: dict[Note, None]) -> Split:
    curves, goal, seen = question.curves, question.goal, question.leave_out
    alone = not question.learns and protocol.name == "strict" and seen
    parted = Split(curves.subset([]), curves.subset([]), goal) if alone else protocol.parts(curves, seed)
    test = parted.test
    keep = np.array([u not in seen and g not in seen for u, g in zip(test.uid, test.group, strict=True)], dtype=np.bool_)
    if not keep.any():
        raise ConfigError(f"A curve must remain that the checkpoint has not seen; got {len(test)} seen ones. Choose another file.")
    if seen:
        known = sum(u in seen or g in seen for u, g in zip(goal.uid, goal.group, strict=True))
        text = (
            f"The checkpoint saw {known} of {len(goal)} curves, or others of their groups; they are left out, {int(keep.sum())} are scored."
        )
        notes[Note("", text)] = None
    again = int(met(curves, goal, question.same_task).sum()) if goal is not curves and question.learns else 0
    if again:
        kind = "runs or groups" if question.same_task else "runs"
        text = (
            f"{again} of {len(curves)} curves to learn from are {kind} of the target too; those of its test part are left out of the fit."
        )
        notes[Note("", text)] = None
    return learnable_parts(replace(parted, test=test.subset(keep)))


def _pairs(observe: Sequence[int], horizons: Sequence[int], epochs: int) -> tuple[tuple[int, int], ...]:
    for k in observe:
        if not 0 <= k < epochs:
            raise ConfigError(f"The observed epochs must lie in 0 .. {epochs - 1}; got {k}. Choose another --observe.")
    for h in horizons:
        if not 1 <= h <= epochs:
            raise ConfigError(f"A horizon must lie in 1 .. {epochs}; got {h}. Choose another --horizons.")
    pairs = tuple(sorted({(int(k), int(h)) for k in observe for h in horizons if h > k}))
    if not pairs:
        raise ConfigError(
            f"A horizon must lie after the observed epochs; got observe {list(observe)}, horizons {list(horizons)}. Choose a later horizon."
        )
    return pairs


def _at_least_one(seeds: int) -> int:
    if seeds < 1:
        raise ConfigError(f"The number of seeds must be at least 1; got {seeds}. Choose 1 or more.")
    return seeds


def _counts(curves: CurveSet) -> dict[str, Any]:
    return {"n_curves": len(curves), "epochs": curves.epochs, "curves_digest": curves_digest(curves)}


def _choices(tests: Sequence[CurveSet], protocol: Protocol, horizons: Sequence[int], diverged: bool) -> dict[tuple[int, int], Choice]:
    """By seed and horizon: the choice among the test curves, with those that diverged or without them."""
    keep = [np.array([diverged or s is not Status.DIVERGED for s in test.status], dtype=np.bool_) for test in tests]
    return {
        (seed, h): Choice.among(test, protocol.last_epoch(h, test.epochs), keep[seed]) for seed, test in enumerate(tests) for h in horizons
    }


def _compared(rows: Sequence[Row], choices: Mapping[tuple[int, int], Choice], floors: Sequence[Floor]) -> tuple[Row, ...]:
    """The rows with what they are compared with: choosing without a predictor, and the noise floor."""
    priced = (choices[row["seed"], row["horizon"]].priced(row) for row in rows)
    return tuple({**row, "mape_over_floor": over_floor(row, floors)} for row in priced)


def _completed(rows: tuple[Row, ...], ok: tuple[Row, ...]) -> tuple[Row, ...]:
    # A seed in whose test part nothing diverged counts as it is, so that means without diverged runs are over every seed.
    if not ok:
        return ()
    key = ("model", "observe", "horizon", "seed")
    found = {tuple(row[k] for k in key): row for row in ok}
    # A floor counts diverged runs: it says nothing of the others alone.
    return tuple({**found.get(tuple(row[k] for k in key), row), "mape_over_floor": None} for row in rows)


def _strategies(rows: Sequence[Row], choices: Mapping[tuple[int, int], Choice], horizon: int) -> tuple[StrategyPoint, ...]:
    """Every way to choose, without a predictor and with each model at each prefix, means over the seeds."""
    without = [p for (_, h), choice in choices.items() if h == horizon for p in choice.without]
    models = [choices[row["seed"], horizon].point(row) for row in rows if row["horizon"] == horizon]
    groups: dict[tuple[str, str], list[StrategyPoint]] = defaultdict(list)
    for p in filter(None, [*without, *models]):
        groups[p.name, p.setting].append(p)
    return tuple(
        replace(ps[0], seconds=float(np.mean([p.seconds for p in ps])), regret=float(np.mean([p.regret for p in ps])))
        for ps in groups.values()
    )
