"""The futures of the training curves that began alike."""

from dataclasses import dataclass
from typing import final

import numpy as np

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.options import Options, number
from predictors.point import PointPredictor
from predictors.table import remember, tabulate

__all__ = ["KNN", "KNNConfig"]


@dataclass(frozen=True)
class KNNConfig(Options):
    """Hyperparameters of the nearest neighbours.

    Arguments:
        neighbours: How many training curves are averaged.
    """

    neighbours: int = number(10, 1, 1_000_000)


@final
class KNN(PointPredictor):
    """The weighted mean of how the nearest training curves went on, from the last observed value.

    Distances are Euclidean over standardised features (:mod:`predictors.features`), prefix and static features having equal total weight;
    a neighbour weighs the inverse of its squared distance.

    Source: Chandrashekaran and Lane, "Speeding up hyper-parameter optimization by extrapolation of learning curves using previous builds",
    ECML 2017, align previous curves in a like manner.
    """

    config: KNNConfig

    def __init__(self, config: KNNConfig | None = None) -> None:
        super().__init__(config or KNNConfig())

    def _learn(self, train: CurveSet) -> State:
        return remember(train)

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        table = tabulate(known, observed, t)
        deviation = table.train.std(0)
        varies = deviation > 1e-9
        static = np.arange(len(varies)) < np.asarray(known["static"]).shape[1]
        scale = varies / np.maximum(deviation, 1e-9)
        for block in (static, ~static):
            scale[block] /= np.sqrt(max(varies[block].sum(), 1))
        a, b = table.query * scale, table.train * scale
        distance = np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0.0)
        count = min(self.config.neighbours, len(b))
        near = np.argpartition(distance, count - 1, axis=1)[:, :count]
        w = 1.0 / (np.take_along_axis(distance, near, axis=1) + 1e-6)
        w /= w.sum(1, keepdims=True)
        futures = table.change[near]
        mean = np.einsum("nk,nkh->nh", w, futures)
        spread = np.sqrt(np.einsum("nk,nkh->nh", w, (futures - mean[:, None]) ** 2))
        return table.start[:, None] + mean, spread + 0.01
