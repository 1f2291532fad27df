"""How much the forecasts of another model count beside one's own: as much as is known to help on the calibration curves.

Networks fitted to a few hundred curves are sure of what the architecture promises even where a prefix says otherwise; trees are not. Where curves are many
and smooth the networks are better by far. One number for each prefix length tells the two cases apart: the weight with the least error. Neighbouring
lengths have a say in it, since a few dozen curves, of which one explodes, say little. Where there are fewer, few were learnt from too, and the trees
count for half, or less where nothing is observed.
"""

from collections.abc import Callable

import numpy as np

from nasbench_lc.curves import Bools, CurveSet, Floats, Observed
from predictors.conformal import ENOUGH
from predictors.recalibration import tried_lengths
from predictors.relative_error import SMALLEST
from predictors.scale import from_scale

__all__ = ["learn_weights", "weight_at"]

WEIGHTS = np.linspace(0.0, 0.8, 9)
"""The weights that are tried. On seven datasets, split seeds 100 and 101, the least error does as well as the least weight within a standard error of it
up to two observed epochs, and better from five on (by 13, 2 and 2 % at 5, 10 and 20)."""
BLIND = (0.2, 0.5)
"""The weights before the first epoch, and from the second tried length on, where too few curves are there to tell. Chosen on 25 and 50 curves of
mlp-car and mlp-segment, splits 100 to 102: the error of the networks alone falls by 0 to 4 % at 0 observed epochs, -1 to 6 % at 1, 9 to 13 % at 10."""
WORST = 1.0
"""The relative error of a curve counts no more: one run that explodes should not decide."""

Ask = Callable[[Observed, Floats], tuple[Floats, Floats]]


def learn_weights(ask: Ask, calibration: CurveSet, counts: Bools) -> Floats:
    """Prefix lengths, increasing, and the weight of the second forecast at each, shape `(2, L)`.

    Arguments:
        ask: From prefixes and a horizon to both forecasts on the scale of :mod:`predictors.scale`, shape `(N, H)`.
        calibration: `n` curves that neither model has learnt from; fewer than 39 groups decide nothing.
        counts: Which of them the two models forecast in the end, shape `(n,)`.
    """
    lengths = tried_lengths(calibration.epochs)
    known = calibration.subset(np.flatnonzero(counts))
    if len(set(calibration.group)) < ENOUGH or not np.isfinite(known.target).any():
        return np.stack([lengths.astype(np.float64), np.where(lengths == 0, *BLIND)])
    errors = [_errors(ask, known, int(k)) for k in lengths]
    before, after = errors[:1] + errors[:-1], errors[1:] + errors[-1:]
    chosen = [int(np.nanmean(a + 2 * b + c, axis=1).argmin()) for a, b, c in zip(before, errors, after, strict=True)]
    return np.stack([lengths.astype(np.float64), WEIGHTS[chosen]])


def weight_at(weights: Floats, k: int) -> float:
    """The weight after `k` observed epochs."""
    return float(np.interp(np.log1p(k), np.log1p(weights[0]), weights[1]))


def _errors(ask: Ask, calibration: CurveSet, k: int) -> Floats:
    """Relative errors at each weight, in units of the least mean, shape `(W, n)`; a curve without a future is NaN."""
    observed, target = calibration.observe(k)
    first, second = ask(observed, target.t)
    off = np.stack([np.abs(from_scale(first + w * (second - first), observed.metric) - target.y) for w in WEIGHTS])
    known = np.isfinite(target.y)
    if not known.any():
        return np.zeros((len(WEIGHTS), len(calibration)))
    total = np.where(known, off / np.maximum(np.abs(target.y), SMALLEST), 0.0).sum(-1)
    error = np.minimum(total / np.where(known.any(-1), known.sum(-1), np.nan), WORST)
    return error / max(float(np.nanmean(error, axis=1).min()), 1e-12)
