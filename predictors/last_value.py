"""The last observed value, for ever: what every forecast must beat."""

from dataclasses import dataclass
from typing import final

import numpy as np

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.mean_curve import mean_curve, mean_curve_at
from predictors.point import PointPredictor
from predictors.prefix import last_value
from predictors.scale import to_scale

__all__ = ["LastValue", "LastValueConfig"]


@dataclass(frozen=True)
class LastValueConfig:
    """Nothing can be set."""


@final
class LastValue(PointPredictor):
    """Forecasts that a curve stays where it was last seen; the mean training curve where nothing of it was seen.

    Source: Kielhöfer et al., "Learning curve extrapolation methods across extrapolation settings", IDA 2024, find it hard to beat once
    several values were observed.
    """

    config: LastValueConfig

    def __init__(self, config: LastValueConfig | None = None) -> None:
        super().__init__(config or LastValueConfig())

    def _learn(self, train: CurveSet) -> State:
        return {"mean": mean_curve(train)}

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, None]:
        unseen = np.tile(mean_curve_at(known["mean"], t), (len(observed), 1))
        last = last_value(to_scale(observed.target, observed.metric), np.full(len(observed), np.nan))[:, None]
        return np.where(np.isfinite(last), last, unseen), None
