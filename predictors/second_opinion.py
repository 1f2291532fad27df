"""How much the forecasts of another model count beside one's own: as much as would have been best on the calibration curves.

Networks fitted to a few hundred curves are sure of what the architecture promises even where a prefix says otherwise; trees are not. Where curves are many
and smooth the networks are better by far. One number for each prefix length tells the two cases apart.
"""

from collections.abc import Callable

import numpy as np

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.conformal import ENOUGH
from predictors.scale import from_scale

__all__ = ["learn_weights", "weight_at"]

LENGTHS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
"""The prefix lengths that are tried, as parts of `T`."""
WEIGHTS = np.linspace(0.0, 0.6, 7)
WORST = 1.0
"""A relative error counts no more: one run that explodes should not decide."""
LEAST = 1e-3

Ask = Callable[[Observed, Floats], tuple[Floats, Floats]]


def learn_weights(ask: Ask, calibration: CurveSet) -> Floats:
    """Prefix lengths, increasing, and the weight of the second forecast at each, shape `(2, L)`.

    Arguments:
        ask: From prefixes and a horizon to both forecasts on the scale of :mod:`predictors.scale`, shape `(N, H)`.
        calibration: Curves that neither model has learnt from; of fewer than 39 groups none, and the weight is 0.
    """
    last = calibration.epochs - 1
    lengths = np.unique([round(part * last) for part in LENGTHS])
    if len(set(calibration.group)) < ENOUGH or not np.isfinite(calibration.target).any():
        return np.stack([lengths.astype(np.float64), np.zeros(len(lengths))])
    loss = np.stack([_loss(ask, calibration, int(k)) for k in lengths])
    beside = np.concatenate([loss[:1], loss, loss[-1:]])  # neighbours have a say: 39 curves and more are still few
    smooth = (beside[:-2] + 2 * loss + beside[2:]) / 4
    return np.stack([lengths.astype(np.float64), WEIGHTS[np.argmin(smooth, axis=1)]])


def weight_at(weights: Floats, k: int) -> float:
    """The weight after `k` observed epochs."""
    return float(np.interp(np.log1p(k), np.log1p(weights[0]), weights[1]))


def _loss(ask: Ask, calibration: CurveSet, k: int) -> Floats:
    """The mean relative error at each weight, as part of the least."""
    observed, target = calibration.observe(k)
    first, second = ask(observed, target.t)
    errors = [np.abs(from_scale(first + w * (second - first), observed.metric) - target.y) for w in WEIGHTS]
    relative = np.minimum(np.stack(errors) / np.maximum(np.abs(target.y), LEAST), WORST)
    mean = np.nanmean(relative.reshape(len(WEIGHTS), -1), axis=1)
    return mean / max(float(mean.min()), 1e-12)
