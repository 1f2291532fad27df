"""Whether the best architectures are found: agreement of two rankings, and what a choice by forecast costs.

Every function takes the forecast and the true value at the horizon, both of shape `(N,)`. NaN policy: a curve without a truth is left out; a
forecast that is not finite makes the result NaN. A correlation of fewer than 2 curves, or with a constant side, is NaN: there is nothing to rank.
Ties in a choice are broken at random and the expectation is returned, so that a constant forecast scores as chance does.
"""

import numpy as np
from scipy import stats
from scipy.special import gammaln

from nasbench_lc.curves import Floats

__all__ = ["kendall", "pearson", "precision_at", "regret_at", "spearman", "top_overlap", "top_share"]


def pearson(predicted: Floats, truth: Floats) -> float:
    """Pearson's linear correlation, in [-1, 1].

    References:
        Pearson, "Note on regression and inheritance in the case of two parents", 1895, doi:10.1098/rspl.1895.0041.
    """
    x, y = _present(predicted, truth)
    if len(x) < 2 or _constant(x) or _constant(y):
        return float("nan")
    a, b = _unit(x), _unit(y)
    return float(np.clip(a @ b, -1.0, 1.0))


def spearman(predicted: Floats, truth: Floats) -> float:
    """Spearman's rank correlation, in [-1, 1]: Pearson's of the ranks, ties sharing their mean rank.

    References:
        Spearman, "The proof and measurement of association between two things", 1904, doi:10.2307/1412159.
    """
    x, y = _present(predicted, truth)
    if not np.isfinite(x).all():
        return float("nan")
    return pearson(stats.rankdata(x), stats.rankdata(y))


def kendall(predicted: Floats, truth: Floats) -> float:
    """Kendall's tau-b, in [-1, 1]: (concordant - discordant pairs) / sqrt(pairs untied in x * pairs untied in y).

    References:
        Kendall, "The treatment of ties in ranking problems", 1945, doi:10.1093/biomet/33.3.239.
    """
    x, y = _present(predicted, truth)
    if len(x) < 2 or _constant(x) or _constant(y):
        return float("nan")
    return float(np.asarray(stats.kendalltau(x, y)).flat[0])


def top_share(values: Floats, k: int, higher: bool) -> Floats:
    """The probability that each curve is among the best `k` when ties are broken at random, shape `(N,)`; sums to min(k, N)."""
    k = min(k, len(values))
    if k == 0:
        return np.zeros(len(values))
    quality = values if higher else -values
    edge = np.sort(quality)[::-1][k - 1]
    above, tied = quality > edge, quality == edge
    return above + tied * ((k - above.sum()) / tied.sum())


def top_overlap(predicted: Floats, truth: Floats, k: int, higher: bool) -> float:
    """The share of the true best `k` among the predicted best `k`, a fraction; `k` is at most `N`."""
    x, y = _present(predicted, truth)
    if not len(x) or not np.isfinite(x).all():
        return float("nan")
    return float(top_share(x, k, higher) @ top_share(y, k, higher) / min(k, len(x)))


def precision_at(predicted: Floats, truth: Floats, k: int, higher: bool, share: float = 0.1) -> float:
    """The share of the predicted best `k` that truly belong to the best 10 % (at least one curve), a fraction.

    References:
        White et al., "How powerful are performance predictors in neural architecture search?", NeurIPS 2021, arXiv:2104.01177.
    """
    x, y = _present(predicted, truth)
    if not len(x) or not np.isfinite(x).all():
        return float("nan")
    good = max(1, round(share * len(x)))
    return float(top_share(x, k, higher) @ top_share(y, good, higher) / min(k, len(x)))


def regret_at(predicted: Floats, truth: Floats, k: int, higher: bool) -> float:
    """How much worse the best of the predicted best `k` is than the best of all, in the unit of the metric, >= 0.

    It is the simple regret of training the `k` most promising architectures to the end and keeping the best.

    References:
        Bubeck et al., "Pure exploration in multi-armed bandits problems", 2009, doi:10.1007/978-3-642-04414-4_7.
    """
    x, y = _present(predicted, truth)
    if not len(x) or not np.isfinite(x).all():
        return float("nan")
    k = min(k, len(x))
    promise, quality = (x, y) if higher else (-x, -y)
    edge = np.sort(promise)[::-1][k - 1]
    sure = quality[promise > edge]
    tied = np.sort(quality[promise == edge])[::-1]
    best = np.maximum(tied, sure.max()) if len(sure) else tied
    chance = _best_of(len(tied), k - len(sure))
    # The differences, not the values, are averaged: a perfect choice then has a regret of exactly 0.
    return float((chance * (quality.max() - best)[: len(chance)]).sum())


def _best_of(m: int, j: int) -> Floats:
    """The probabilities that the best of `j` draws without replacement out of `m` is the 1st, 2nd, ... best of all."""
    if j == 1:
        return np.full(m, 1.0 / m)
    rank = np.arange(1, m - j + 2)
    log = gammaln(m - rank + 1) - gammaln(j) - gammaln(m - rank - j + 2) - (gammaln(m + 1) - gammaln(j + 1) - gammaln(m - j + 1))
    return np.exp(log)


def _present(predicted: Floats, truth: Floats) -> tuple[Floats, Floats]:
    keep = np.isfinite(truth)
    return np.asarray(predicted, dtype=np.float64)[keep], np.asarray(truth, dtype=np.float64)[keep]


def _constant(values: Floats) -> bool:
    return bool(not np.isfinite(values).all() or values.max() == values.min())


def _unit(values: Floats) -> Floats:
    # Scaled before squaring: diverged losses reach 1e300, whose square is infinite.
    centred = values - values.mean()
    centred = centred / np.abs(centred).max()
    return centred / np.sqrt(centred @ centred)
