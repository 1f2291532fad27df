"""What a value on one task is on another, where some configurations are known on both.

A configuration trained on two tasks gives two curves, and what the one is at an epoch stands beside what the other is there. To these pairs, over all
epochs and all such configurations, an increasing function is fitted by isotonic regression (Barlow and Brunk, "The isotonic regression problem and its
dual", JASA 67, 1972), on the scale of :mod:`predictors.scale`. It is smoothed, its slope is bounded, and it is put where the weighted median of what is
left is 0. A pair at epoch `t` weighs 1 / `t`: curves change early, and late epochs say the same over and over.
"""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from scipy.ndimage import gaussian_filter1d
from sklearn.isotonic import IsotonicRegression

from nasbench_lc.curves import Floats
from predictors.robust import limits
from predictors.scale import from_scale, to_scale

__all__ = ["SLOPES", "LevelMap", "level_map"]

SLOPES = 0.2, 2.0
"""Differences become no smaller and no larger than this. On mlp-car half of the runs stay at one value and do not on mlp-segment, where the regression
alone would draw differences of no meaning eight times as far apart: the error of `lc-gode-x` rose by 27 % (split 100)."""
POINTS, SMOOTH, EDGE = 200, 0.03, 0.01
"""Points of the function, the standard deviation of the smoothing as a share of its range, and the share of the pairs beyond each end of it."""


@final
@dataclass(frozen=True, eq=False)
class LevelMap:
    """An increasing function of the values of one metric, linear between points; beyond them differences stay as they are.

    Arguments:
        metric: Of which metric the values are.
        at: Points on the scale, ascending, shape `(P,)`.
        to: Where they come to lie, ascending, shape `(P,)`.
        pairs: To how many pairs of curves it was fitted.
    """

    metric: str
    at: Floats
    to: Floats
    pairs: int

    def __call__(self, y: Floats) -> Floats:
        """Values as they would be on the other task, same shape; what is not finite stays as it is."""
        return np.where(np.isfinite(y), from_scale(self.on_scale(to_scale(y, self.metric)), self.metric), y)

    def on_scale(self, z: Floats) -> Floats:
        """The same of values on the scale, to values on the scale."""
        return np.interp(z, self.at, self.to) + z - np.clip(z, self.at[0], self.at[-1])


def level_map(here: Floats, there: Floats, metric: str) -> LevelMap | None:
    """The function that brings values of one task to those of another; None where no pair has a value on both.

    Arguments:
        here: Curves of `n` configurations on the one task, shape `(n, T)`; NaN where missing.
        there: Theirs on the other, same shape.
        metric: Of what.
    """
    x, y = to_scale(here, metric), to_scale(there, metric)
    known = np.isfinite(x) & np.isfinite(y)
    pairs = int(known.any(axis=1).sum())
    if not pairs:
        return None
    weight = np.broadcast_to(1 / np.arange(1.0, x.shape[1] + 1), x.shape)[known]
    # No exploded run shall stretch the range, or lift all to its right; nothing falls as far.
    x, y = (np.minimum(z, limits(z)[1]) for z in (x[known], y[known]))
    low, high = np.quantile(x, EDGE), np.quantile(x, 1 - EDGE)
    at = np.linspace(low, high, POINTS)
    steps = IsotonicRegression(out_of_bounds="clip").fit(x, y, sample_weight=weight).predict(at)
    rises = np.diff(gaussian_filter1d(steps, SMOOTH * POINTS, mode="nearest"))
    rises = np.clip(rises, SLOPES[0] * np.diff(at), SLOPES[1] * np.diff(at))
    rough = LevelMap(metric, at, np.concatenate([[0.0], np.cumsum(rises)]), pairs)
    return replace(rough, to=rough.to + _weighted_median(y - rough.on_scale(x), weight))


def _weighted_median(values: Floats, weight: Floats) -> float:
    """The least value up to which half of the weight lies, with no part of the next as in :func:`evaluation.noise_floor.weighted_median`."""
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(mass, mass[-1] / 2)])
