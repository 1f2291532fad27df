"""What the architecture and the hyperparameters alone say: no epoch of the curve is looked at."""

from dataclasses import dataclass
from typing import final

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.forest import forest_weights, weighted_future
from predictors.point import PointPredictor
from predictors.table import remember, tabulate

__all__ = ["ArchOnly", "ArchOnlyConfig"]


@dataclass(frozen=True)
class ArchOnlyConfig:
    """Hyperparameters of the forest.

    Arguments:
        trees: Number of trees.
        leaf: Fewest training curves in a leaf.
        features: The fraction of features tried at each split.
        seed: Of the forest.
    """

    trees: int = 200
    leaf: int = 2
    features: float = 0.5
    seed: int = 0


@final
class ArchOnly(PointPredictor):
    """The forest of :class:`predictors.extra_trees.ExtraTrees` with the observed prefix hidden: its forecast does not depend on it."""

    config: ArchOnlyConfig

    def __init__(self, config: ArchOnlyConfig | None = None) -> None:
        super().__init__(config or ArchOnlyConfig())

    def _learn(self, train: CurveSet) -> State:
        return remember(train)

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        table, c = tabulate(known, observed, t, prefix=False), self.config
        weights = forest_weights(table.train, table.query, table.change, c.trees, c.leaf, c.features, c.seed)
        mean, spread = weighted_future(weights, table.change)
        return mean, spread + 0.01
