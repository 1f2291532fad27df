"""Extremely randomised trees on everything observed: the simple model that papers leave out and that often wins."""

from dataclasses import dataclass
from typing import final

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.forest import forest_weights, weighted_future
from predictors.point import PointPredictor
from predictors.table import remember, tabulate

__all__ = ["ExtraTrees", "ExtraTreesConfig"]


@dataclass(frozen=True)
class ExtraTreesConfig:
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
class ExtraTrees(PointPredictor):
    """Forecasts how far a curve will move from its last observed value.

    A forest is grown on every stored metric of the prefix, the hyperparameters and the architecture (:mod:`predictors.features`).

    The forest belongs to one prefix length, so `fit` keeps the training table and `predict` grows the forest, always the same for one seed.

    Source: Geurts, Ernst and Wehenkel, "Extremely randomized trees", Machine Learning 2006, doi 10.1007/s10994-006-6226-1.
    """

    config: ExtraTreesConfig

    def __init__(self, config: ExtraTreesConfig | None = None) -> None:
        super().__init__(config or ExtraTreesConfig())

    def _learn(self, train: CurveSet) -> State:
        return remember(train)

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        table, c = tabulate(known, observed, t), self.config
        weights = forest_weights(table.train, table.query, table.change, c.trees, c.leaf, c.features, c.seed)
        mean, spread = weighted_future(weights, table.change)
        return table.start[:, None] + mean, spread + 0.01
