"""Support vector regression of whole futures, in the manner of the learning-curve SVR."""

from dataclasses import dataclass
from typing import final

import numpy as np
from sklearn.svm import SVR as SupportVectorRegression

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.options import Options, number
from predictors.point import PointPredictor
from predictors.table import remember, tabulate

__all__ = ["SVR", "SVRConfig"]


@dataclass(frozen=True)
class SVRConfig(Options):
    """Hyperparameters of the support vector machines.

    Arguments:
        c: The cost of an error, in standard deviations of the target.
        epsilon: The width of the tube, likewise.
        components: How many principal components of the futures are regressed, one machine each.
    """

    c: float = number(3.0, 1e-6, 1e6)
    epsilon: float = number(0.05, 0.0, 100.0)
    components: int = number(6, 1, 10_000)


@final
class SVR(PointPredictor):
    """One support vector machine with a Gaussian kernel per principal component of how far curves move from their last observed value.

    Its inputs are the standardised features of :mod:`predictors.features`, bounded at 5 standard deviations. The machines belong to one
    prefix length, so `fit` keeps the training table and `predict` trains them.

    Source: Baker et al., "Accelerating neural architecture search using performance prediction", ICLR workshop 2018, arXiv 1705.10823, who regress the
    final value alone on (architecture, hyperparameters, prefix, first and second differences).
    """

    config: SVRConfig

    def __init__(self, config: SVRConfig | None = None) -> None:
        super().__init__(config or SVRConfig())

    def _learn(self, train: CurveSet) -> State:
        return remember(train)

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, None]:
        table, c = tabulate(known, observed, t), self.config
        centre, width = table.train.mean(0), table.train.std(0)
        useful = width > 1e-9
        x, q = (np.clip(((f - centre) / np.where(useful, width, 1.0))[:, useful], -5, 5) for f in (table.train, table.query))
        mean = table.change.mean(0)
        u, s, v = np.linalg.svd(table.change - mean, full_matrices=False)
        z = table.start[:, None] + np.tile(mean, (len(q), 1))
        for i in range(min(c.components, len(s))):
            scores = u[:, i] * s[i]
            unit = scores.std()
            if x.shape[1] and unit > 1e-9:
                machine = SupportVectorRegression(C=c.c, epsilon=c.epsilon, gamma=1.0 / x.shape[1])
                before = np.random.get_state()  # its fit draws a seed that it does not use
                machine.fit(x, scores / unit)
                np.random.set_state(before)
                z += unit * machine.predict(q)[:, None] * v[i]
        return z, None
