"""Extremely randomised trees on everything observed: the simple model that papers leave out and that often wins."""

from typing import final

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.forest import ForestConfig, forest_forecast
from predictors.point import PointPredictor
from predictors.table import remember, tabulate

__all__ = ["ExtraTrees"]


@final
class ExtraTrees(PointPredictor):
    """The mean of two forests: of how far curves move from their last observed value, and of where they go.

    Both are grown on every stored metric of the prefix, the hyperparameters and the architecture (:mod:`predictors.features`).

    The forests belong to one prefix length, so `fit` keeps the training table and `predict` grows them, always the same for one seed.

    Source: Geurts, Ernst and Wehenkel, "Extremely randomized trees", Machine Learning 2006, doi 10.1007/s10994-006-6226-1.
    """

    config: ForestConfig

    def __init__(self, config: ForestConfig | None = None) -> None:
        super().__init__(config or ForestConfig())

    def _learn(self, train: CurveSet) -> State:
        return remember(train)

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        return forest_forecast(tabulate(known, observed, t), self.config)
