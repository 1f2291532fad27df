"""From answers to the numbers that a verdict needs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from benchmarks.flagship.answers import Answers
from benchmarks.paired import means, means_over_splits, resamples
from evaluation.noise_floor import noise_floor, repeated
from evaluation.ranks import kendall, top_overlap
from evaluation.stats import bootstrap_interval
from nasbench_lc.curves import CurveSet, Floats, higher_is_better

__all__ = ["Cell", "against", "calibration", "ceiling", "growth", "holm", "ranking", "worse"]

ENOUGH_REPEATED = 20
RUNS = 4
"""Of each configuration at most so many runs count; the cost grows with the square."""


class Cell:
    """One case and prefix, all models that answered under every seed.

    Arguments:
        case: The name of the case.
        observe: `K`.
        metric: What was forecast.
        groups: `N` labels of curves that compute the same function.
        found: The answers of the case.
        seeds: The seeds that count.
    """

    def __init__(self, case: str, observe: int, metric: str, groups: Sequence[str], found: Answers, seeds: Sequence[int]) -> None:
        self.case, self.observe, self.metric, self.seeds = case, observe, metric, seeds
        self.models = [m for m, of in found.items() if all(observe in of.get(s, {}) for s in seeds)]
        self._found, self._groups = found, tuple(groups)
        self._means: dict[tuple[str, str], Floats] = {}

    def values(self, model: str, name: str) -> Floats:
        """What :class:`Answer` calls `name`, shape `(seeds, N)`."""
        return np.stack([getattr(self._found[model][s][self.observe], name) for s in self.seeds])

    def mean(self, model: str, name: str) -> Floats:
        """The mean over curves and seeds, then that of every resample, shape `(1 + draws,)`."""
        if (model, name) not in self._means:
            self._means[model, name] = means(self.values(model, name), resamples(self._groups))
        return self._means[model, name]

    def coverage(self, model: str) -> tuple[Floats, Floats]:
        """The share of the truth within 80 % intervals, of the average curve, and with all curves that compute one function counted as one, which is what
        conformal quantiles promise; both with that of every resample of splits and functions, shape `(1 + draws,)`.
        """
        _, index, size = np.unique(np.array(self._groups), return_inverse=True, return_counts=True)
        inside, weights = self.values(model, "inside"), resamples(self._groups)
        return means_over_splits(inside, weights), means_over_splits(inside, weights / size[index])

    def median(self, model: str, name: str) -> float:
        """The median over curves and seeds: what the typical curve suffers, whatever a few do."""
        return float(np.nanmedian(self.values(model, name)))

    def rank_scores(self, model: str) -> Floats:
        """Kendall's tau and the overlap of the best ten under every seed, shape `(2, seeds)`."""
        up = higher_is_better(self.metric)
        pairs = list(zip(self.values(model, "final"), self.values(model, "truth"), strict=True))
        pairs = [(f[np.isfinite(t)], t[np.isfinite(t)]) for f, t in pairs]
        tau = [np.nan_to_num(kendall(f, t)) for f, t in pairs]  # a constant forecast ranks nothing
        return np.array([tau, [top_overlap(f, t, 10, up) for f, t in pairs]])


def against(cell: Cell, arm: str, baseline: str) -> dict[str, Any]:
    """Two models on one cell: errors, by how much the one lies under the other with its 95 % interval, ranks and by how much these are higher, with 95 %
    intervals of a bootstrap over splits."""
    ours, theirs = cell.mean(arm, "error"), cell.mean(baseline, "error")
    low, high = np.nanquantile(1 - ours[1:] / theirs[1:], [0.025, 0.975])
    ranks, ranks0 = cell.rank_scores(arm), cell.rank_scores(baseline)
    (tau, top), (tau0, top0) = ranks.mean(1).tolist(), ranks0.mean(1).tolist()
    tau_apart, top_apart = map(bootstrap_interval, ranks - ranks0)
    return {
        "case": cell.case, "observe": cell.observe, "seeds": len(cell.seeds), "arm": arm, "baseline": baseline,
        "error": float(ours[0]), "baseline_error": float(theirs[0]),
        "median": cell.median(arm, "error"), "baseline_median": cell.median(baseline, "error"),
        "reduction": float(1 - ours[0] / theirs[0]), "interval": [float(low), float(high)],
        "kendall": tau, "baseline_kendall": tau0, "kendall_interval": tau_apart,
        "top10": top, "baseline_top10": top0, "top10_interval": top_apart,
    }  # fmt: skip


def growth(cells: Sequence[Cell], arm: str, baseline: str) -> dict[str, Any]:
    """By how much the baseline's mean error lies above the other's, the mean over all prefixes of one case, with its 95 % interval."""
    ratios = np.mean([cell.mean(baseline, "error") / cell.mean(arm, "error") - 1 for cell in cells], 0)
    low, high = np.nanquantile(ratios[1:], [0.025, 0.975])
    seeds = len(cells[0].seeds)
    return {"case": cells[0].case, "seeds": seeds, "baseline": baseline, "value": float(ratios[0]), "interval": [float(low), float(high)]}


def calibration(cell: Cell, model: str) -> dict[str, Any]:
    """How much of the truth lies within the 80 % intervals, of the average curve and of the average function, each with the 95 % interval of a bootstrap
    over splits and functions, and how wide they are."""
    inside, functions = cell.coverage(model)
    return {
        "case": cell.case, "observe": cell.observe, "seeds": len(cell.seeds), "model": model,
        "coverage_80": float(inside[0]), "interval": np.nanquantile(inside[1:], [0.025, 0.975]).tolist(),
        "functions_80": float(functions[0]), "functions_interval": np.nanquantile(functions[1:], [0.025, 0.975]).tolist(),
        "width_80": float(cell.mean(model, "width")[0]), "crps": float(cell.mean(model, "crps")[0]),
    }  # fmt: skip


def ceiling(case: str, curves: CurveSet) -> dict[str, Any] | None:
    """Kendall's tau that no forecast before the first epoch can beat, from runs that differ in nothing but chance; None where there are too few."""
    several = repeated(curves)
    if several is None or len(several) < ENOUGH_REPEATED:
        return None
    found = noise_floor(several[:, :RUNS, -1:])
    return {"case": case, "observe": 0, "configurations": found["n"], **found["kendall"]}


def ranking(cells: Sequence[Cell], models: Sequence[str], name: str) -> dict[str, float]:
    """The mean over cells of the rank of every model's mean `name`; 1 is best, ties share; cells that not all of them answered are left out."""
    ranks = [rankdata([cell.mean(m, name)[0] for m in models]) for cell in cells if set(models) <= set(cell.models)]
    return dict(sorted(zip(models, np.mean(ranks, 0).tolist(), strict=True), key=lambda item: item[1]))


def worse(cell: Cell, model: str) -> tuple[str, float]:
    """The model with the least mean error, and the bootstrap probability that `model`, which is not it, is no worse; 1 where it is the best."""
    best = min(cell.models, key=lambda m: cell.mean(m, "error")[0])
    if best == model:
        return best, 1.0
    difference = (cell.mean(model, "error") - cell.mean(best, "error"))[1:]
    difference = difference[np.isfinite(difference)]
    return best, float((1 + (difference <= 0).sum()) / (1 + len(difference)))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given.

    References:
        Holm, "A simple sequentially rejective multiple test procedure", 1979, https://www.jstor.org/stable/4615733.
    """
    order, out, least = np.argsort(p), [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(p) - rank) * p[i]))
        out[i] = least
    return out
