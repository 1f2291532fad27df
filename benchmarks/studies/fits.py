"""One model fitted to some curves and scored on others: what every study is made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import rankdata

from evaluation.cache import Cache, config_of, curves_digest
from evaluation.fits import Fits
from evaluation.part import Job, learnable_parts, main_prefix, run_part
from evaluation.protocol import Strict
from evaluation.results import Row
from evaluation.source_code import code_digest
from evaluation.split import Few, Split
from evaluation.stats import bootstrap_interval
from nasbench_lc.cli.specs import parse_spec
from nasbench_lc.config import digest
from nasbench_lc.curves import CurveSet, higher_is_better
from nasbench_lc.errors import ConfigError
from nasbench_lc.pool import one_thread
from predictors.base import Predictor
from predictors.configure import make

__all__ = ["KEPT", "Fit", "Mean", "answer", "means"]

KEPT = (
    "model", "seed", "observe", "horizon", "n_test", "mape", "mape_median", "mae_final", "kendall", "top10_overlap", "precision_at_10",
    "regret_at_1", "regret_at_5", "coverage_80",
)  # fmt: skip
"""What a study keeps of a row of scores."""

Mean = tuple[float, float | None, float | None]
"""A mean over seeds with its 95 % interval, None below three seeds."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What is asked of one model.

    Arguments:
        spec: The model as the command line names it, such as ``"lc-gode[use_graph=false]"``.
        seed: Of the split and the model.
        train: What it learns from.
        valid: What it stops early on.
        tests: The curves it is scored on, by what the study calls them.
        pairs: (observe, horizon), ascending.
        labels: What else tells this fit from others of the study.
        few: What of train and valid is of the task that is scored and what is of another; None where all is of one.
    """

    spec: str
    seed: int
    train: CurveSet
    valid: CurveSet
    tests: Mapping[str, CurveSet]
    pairs: tuple[tuple[int, int], ...]
    labels: Mapping[str, Any] = field(default_factory=dict)
    few: Few | None = None


def answer(fit: Fit, cache: Cache) -> list[Row]:
    """One row for every test set and pair, from the cache where it was answered before; scores are None where the model cannot answer."""
    name, options = parse_spec(fit.spec)
    fresh = partial(make, name, options, fit.seed)
    predictor = fresh()
    sets = {"train": fit.train, "valid": fit.valid, **_apart(fit.few), **fit.tests}
    asked = {"seed": fit.seed, "pairs": fit.pairs, "data": {n: curves_digest(c) for n, c in sets.items()}}
    key = digest({**asked, "config": config_of(predictor), "code": code_digest(predictor, __name__)})
    stored = cache.load(key)
    if stored is None:
        today = date.today().isoformat()
        stored = [{**row, "made": today} for row in _scored(fit, fresh, Fits(cache))], {}
        cache.store(key, *stored)
    return [{**row, "model": fit.spec, **fit.labels} for row in stored[0]]


def _apart(few: Few | None) -> dict[str, CurveSet]:
    """What tells apart fits to the same curves of which others are one's own, or another's."""
    names = ("own train", "own valid", "others train", "others valid")
    return {} if few is None else dict(zip(names, (*few.own, *few.others), strict=True))


def _scored(fit: Fit, fresh: Callable[[], Predictor], fits: Fits) -> list[Row]:
    parts = learnable_parts(Split(fit.train, fit.valid, fit.valid, fit.few))
    rows = []
    with one_thread():
        try:
            predictor, _ = fits.learn(fresh, parts)
        except ConfigError as error:
            return [
                {"on": name, "observe": k, "horizon": h, "seed": fit.seed, "why": str(error)} for name in fit.tests for k, h in fit.pairs
            ]
        for name, test in fit.tests.items():
            part = run_part(Job(fit.spec, lambda: predictor, predictor, fit.seed, replace(parts, test=test), Strict(), fit.pairs))
            for row in part.rows:
                kept = {key: row[key] for key in KEPT}
                if part.forecast is not None and row["observe"] == main_prefix([k for k, _ in fit.pairs]):
                    kept["true_ranks"] = true_ranks(part.forecast.mean[:, -1], test.target[:, row["horizon"] - 1], test.metric)
                rows.append({"on": name, "n_train": len(parts.train), **kept})
    return rows


def true_ranks(forecast: np.ndarray, truth: np.ndarray, metric: str) -> list[int]:
    """The true ranks (1 is best) of the ten curves with the best forecasts, best forecast first; ties as they stand."""
    known = np.isfinite(truth) & np.isfinite(forecast)
    sign = -1.0 if higher_is_better(metric) else 1.0
    order = np.argsort(sign * forecast[known], kind="stable")[:10]
    return rankdata(sign * truth[known], "min")[order].astype(int).tolist()


def means(rows: Iterable[Row], by: Sequence[str], key: str) -> dict[tuple[Any, ...], Mean | None]:
    """The mean of a score over seeds for every value of the keys `by`; None where any seed has no value."""
    groups: dict[tuple[Any, ...], list[float | None]] = {}
    for row in rows:
        groups.setdefault(tuple(row[b] for b in by), []).append(row.get(key))
    return {group: _mean(values) for group, values in groups.items()}


def _mean(values: Sequence[float | None]) -> Mean | None:
    present = np.array([v for v in values if v is not None], dtype=np.float64)
    if len(present) < len(values):
        return None
    interval = bootstrap_interval(present)
    low, high = interval or (None, None)
    return float(present.mean()), low, high
