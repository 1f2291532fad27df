"""Graphs whose input does not reach their output: whatever they are trained on, they compute a constant, and their curve is flat at chance."""

import numpy as np

from nasbench_lc.curves import Bools, CurveSet, Floats, Observed, higher_is_better
from predictors.live_paths import LivePaths
from predictors.prefix import held, last_value
from predictors.robust import over_curves
from predictors.scale import to_scale

__all__ = ["chance", "computes_constant", "flat"]


def computes_constant(data: CurveSet | Observed) -> Bools:
    """Which networks have no path from input to output once operations that pass nothing on are left out, shape `(N,)`."""
    known: dict[str, bool] = {}
    for a in data.architectures:
        if a.key not in known:
            known[a.key] = LivePaths.of(a).count == 0
    return np.array([known[a.key] for a in data.architectures], dtype=np.bool_)


def chance(train: CurveSet, constant: Bools) -> Floats:
    """What a constant scores at each epoch on the scale of :mod:`predictors.scale`, shape `(T,)`.

    The mean of the training curves of constants; where there is none, the worst that any network scored after its first epoch, since it
    was the nearest to knowing nothing.
    """
    z = to_scale(train.target, train.metric)
    if constant.any():
        level = over_curves(np.nanmean, z[constant])
    else:
        worst = np.nanmin if higher_is_better(train.metric) else np.nanmax
        level = np.full(train.epochs, over_curves(worst, z[:, :1])[0])
    return held(level)


def flat(observed: Observed, level: Floats, t: Floats) -> Floats:
    """The last observed value at every epoch of `t`, shape `(N, H)`; where there is none, what a constant scores."""
    expected = level[np.minimum(t.astype(np.int64), len(level)) - 1]
    shown = last_value(to_scale(observed.target, observed.metric), np.full(len(observed), np.nan))
    return np.where(np.isfinite(shown)[:, None], np.nan_to_num(shown)[:, None], expected)
