"""What the architecture and the hyperparameters alone say: no epoch of the curve is looked at."""

from typing import final

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.forest import ForestConfig, forest_forecast
from predictors.point import PointPredictor
from predictors.table import remember, tabulate

__all__ = ["ArchOnly"]


@final
class ArchOnly(PointPredictor):
    """The forest of :class:`predictors.extra_trees.ExtraTrees` with the observed prefix hidden: its forecast does not depend on it."""

    config: ForestConfig

    def __init__(self, config: ForestConfig | None = None) -> None:
        super().__init__(config or ForestConfig())

    def _learn(self, train: CurveSet) -> State:
        return remember(train)

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        return forest_forecast(tabulate(known, observed, t, prefix=False), self.config)
