"""One model under one protocol and seed: fit it, let it forecast, score it."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.fits import Fits
from evaluation.protocol import Protocol
from evaluation.results import KEYS, Note, Profile, Row
from evaluation.scoring import profile, score, scored_curves
from evaluation.speedup import break_even_n, sgd_seconds, speedup
from evaluation.split import Few, Split
from nasbench_lc.curves import Bools, CurveSet, Observed, Status, Target
from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import Forecast
from nasbench_lc.unsaid import unsaid_quantiles
from predictors.base import Predictor

__all__ = ["FAN_LEVELS", "Job", "Part", "learnable", "learnable_parts", "main_prefix", "run_part"]

FAN_LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""The levels that a report draws, and the only ones that are kept."""


@dataclass(frozen=True, eq=False)
class Job:
    """What is asked of one model.

    Arguments:
        model: Its name.
        make: A fresh predictor.
        fitted: A predictor that has learnt already, so that nothing is fitted; else None.
        seed: Of the split and the model.
        split: What the protocol made of the curves.
        protocol: The protocol.
        pairs: The (observe, horizon) pairs, ascending.
    """

    model: str
    make: Callable[[], Predictor]
    fitted: Predictor | None
    seed: int
    split: Split
    protocol: Protocol
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Part:
    """The answer to a :class:`Job`.

    Arguments:
        rows: One per pair.
        rows_without_diverged: The same without diverged runs; empty where no scored run diverged.
        notes: Why something is missing.
        forecast: Of the test curves from the main prefix to the last horizon, with :data:`FAN_LEVELS`; None where there is none.
        profile: Of that forecast.
    """

    rows: tuple[Row, ...]
    rows_without_diverged: tuple[Row, ...]
    notes: tuple[Note, ...]
    forecast: Forecast | None
    profile: Profile | None


@dataclass(frozen=True, eq=False)
class _Answer:
    k: int
    forecast: Forecast
    observed: Observed
    target: Target
    fit_seconds: float | None
    predict_seconds: float


def main_prefix(observe: Sequence[int]) -> int:
    """The prefix that plots and headlines are about: 10 epochs where asked for, else the longest."""
    return 10 if 10 in observe else max(observe)


def run_part(job: Job, fits: Fits | None = None) -> Part:
    """Fit once (or once per prefix, where the protocol tells the model its prefix), forecast from every prefix, score at every horizon."""
    test = job.split.test
    rows: list[Row] = []
    ok: list[Row] = []
    notes: list[Note] = []
    prefixes = sorted({k for k, _ in job.pairs})
    diverged = np.array([s is Status.DIVERGED for s in test.status], dtype=np.bool_)
    fan = shape = None
    predictor, fit_seconds, failure = job.fitted, None, ""
    for k in prefixes:
        if job.fitted is None:
            wanted = job.protocol.prepared(job.make(), k)
            # With equal data and configuration a fit gives equal results: only a model that is told its prefix is fitted again.
            if predictor is None or wanted.config != predictor.config:
                predictor, fit_seconds, failure = _fit(wanted, job, k, fits or Fits())
        horizons = [h for at, h in job.pairs if at == k]
        observed, target = test.observe(k)
        last = max(job.protocol.last_epoch(h, test.epochs) for h in horizons)
        begin = time.process_time()
        try:
            if predictor is None or failure:
                raise ConfigError(failure)
            forecast = predictor.predict(observed, target.t[: last - k])
        except ConfigError as error:
            notes.append(Note(job.model, f"No forecast from {k} epochs: {error}"))
            for h in horizons:
                finite = scored_curves(observed, target, job.protocol.last_epoch(h, test.epochs))
                counts = {"n_test": finite, "n_nonfinite": ~finite, "n_diverged": finite & diverged}
                rows.append({**_empty_row(job, k, h), **{name: int(which.sum()) for name, which in counts.items()}})
            continue
        if words := unsaid_quantiles(forecast):
            notes.append(Note(job.model, f"From {k} epochs: {words}"))
        answer = _Answer(k, forecast, observed, target, fit_seconds, time.process_time() - begin)
        for h in horizons:
            row = _row(job, answer, h, np.ones(len(test), dtype=np.bool_))
            rows.append({**row, "n_diverged": int((diverged & _scored(job, answer, h)).sum())})
            if rows[-1]["n_diverged"]:
                ok.append({**_row(job, answer, h, ~diverged), "n_diverged": 0})
        if k == main_prefix(prefixes):
            fan, shape = _fan(forecast), profile(forecast, observed, target, last)
    return Part(tuple(rows), tuple(ok), tuple(notes), fan, shape)


def _fit(predictor: Predictor, job: Job, observe: int, fits: Fits) -> tuple[Predictor, float | None, str]:
    try:
        return (*fits.learn(lambda: job.protocol.prepared(job.make(), observe), job.split), "")
    except ConfigError as error:
        return predictor, None, str(error)


def _empty_row(job: Job, k: int, h: int) -> Row:
    row: Row = dict.fromkeys(KEYS)
    n_train = None if job.fitted is not None else len(job.split.train)
    known = {"model": job.model, "metric": job.split.test.metric, "observe": k, "horizon": h, "seed": job.seed, "n_train": n_train}
    return {**row, **known, "protocol": job.protocol.name}


def _scored(job: Job, answer: _Answer, h: int) -> Bools:
    return scored_curves(answer.observed, answer.target, job.protocol.last_epoch(h, job.split.test.epochs))


def _row(job: Job, answer: _Answer, h: int, keep: Bools) -> Row:
    upto = job.protocol.last_epoch(h, job.split.test.epochs)
    scores = score(answer.forecast, answer.observed, answer.target, upto, keep)
    times = {"fit_seconds": answer.fit_seconds, "predict_seconds": answer.predict_seconds}
    return {**_empty_row(job, answer.k, h), **times, **scores, **_savings(job, answer, upto)}


def _savings(job: Job, answer: _Answer, h: int) -> Row:
    test, inference = job.split.test, answer.predict_seconds
    full, observed = sgd_seconds(test.seconds, h), sgd_seconds(test.seconds, answer.k)
    training = sum(sgd_seconds(part.seconds) for part in (job.split.train, job.split.valid))
    fit = math.nan if answer.fit_seconds is None else answer.fit_seconds
    values = {
        "speedup": speedup(full, observed, inference),
        "break_even_n": break_even_n(training, fit, full, observed + inference, len(test)),
    }
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _fan(forecast: Forecast) -> Forecast:
    quantiles = np.stack([forecast.quantile(level) for level in FAN_LEVELS], -1)
    return replace(forecast, levels=np.array(FAN_LEVELS), quantiles=quantiles, samples=None, density=None)


def learnable(curves: CurveSet) -> CurveSet:
    """The curves that have any value of the metric; a run that failed has none."""
    return curves.subset(np.flatnonzero(np.isfinite(curves.target).any(1)))


def learnable_parts(parts: Split) -> Split:
    """The same split with what predictors learn from left to the :func:`learnable` curves; the test part stays whole."""
    few = parts.few and Few(*((learnable(train), learnable(valid)) for train, valid in (parts.few.own, parts.few.others)))
    return Split(learnable(parts.train), learnable(parts.valid), parts.test, few)
