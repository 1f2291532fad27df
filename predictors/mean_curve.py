"""The average training curve, whatever was observed."""

from dataclasses import dataclass
from typing import final

import numpy as np

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.point import PointPredictor
from predictors.prefix import held
from predictors.robust import tame
from predictors.scale import to_scale

__all__ = ["MeanCurve", "MeanCurveConfig", "mean_curve", "mean_curve_at"]


@dataclass(frozen=True)
class MeanCurveConfig:
    """Nothing can be set."""


@final
class MeanCurve(PointPredictor):
    """Forecasts the mean of the training curves on the scale of comparison: of losses their geometric mean."""

    config: MeanCurveConfig

    def __init__(self, config: MeanCurveConfig | None = None) -> None:
        super().__init__(config or MeanCurveConfig())

    def _learn(self, train: CurveSet) -> State:
        return {"mean": mean_curve(train)}

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        z = np.tile(mean_curve_at(known["mean"], t), (len(observed), 1))
        return z, np.ones_like(z)


def mean_curve(train: CurveSet) -> Floats:
    """The mean of the finite values of each epoch on the scale, shape `(T,)`; an epoch without any takes its neighbour's."""
    z = tame(to_scale(train.target, train.metric))
    there = np.isfinite(z)
    mean = np.where(there, z, 0.0).sum(0) / np.maximum(there.sum(0), 1)
    return held(np.where(there.any(0), mean, np.nan))


def mean_curve_at(mean: Floats, t: Floats) -> Floats:
    """The mean curve at the epochs `t`, shape `(H,)`, its last value beyond its end."""
    return mean[np.clip(t.astype(np.int64) - 1, 0, len(mean) - 1)]
