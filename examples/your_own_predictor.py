"""A predictor of your own beside those that ship: it learns by how much curves still fall, and the wrapper gives it honest intervals.

python examples/your_own_predictor.py [datasets/mlp-car.h5]
"""

import sys
from dataclasses import dataclass
from typing import final

import numpy as np

import nasbench_lc
from evaluation.scoring import score
from evaluation.split import split
from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import Predictor, State
from predictors.extra_trees import ExtraTrees
from predictors.last_value import LastValue
from predictors.point import PointPredictor
from predictors.prefix import last_value
from predictors.scale import to_scale


@dataclass(frozen=True)
class MedianDropConfig:
    """Nothing can be set."""


@final
class MedianDrop(PointPredictor):
    """The last observed value, moved as the median training curve moves from there on."""

    config: MedianDropConfig

    def __init__(self, config: MedianDropConfig | None = None) -> None:
        super().__init__(config or MedianDropConfig())

    def _learn(self, train: CurveSet) -> State:
        return {"curves": to_scale(train.target, train.metric)}

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats | None]:
        curves, k = known["curves"], len(observed.t)
        at = np.minimum(t.astype(int), curves.shape[1]) - 1
        start = curves[:, k - 1] if k else np.zeros(len(curves))
        moved = np.nanmedian(curves[:, at] - start[:, None], axis=0)
        return last_value(to_scale(observed.target, observed.metric), np.zeros(len(observed)))[:, None] + moved, None


data = nasbench_lc.open(sys.argv[1] if len(sys.argv) > 1 else "datasets/mlp-car.h5")
parts = split(data.curves("test_loss"), seed=0)
observed, future = parts.test.observe(10)
models: list[Predictor] = [MedianDrop(), LastValue(), ExtraTrees()]
for model in models:
    forecast = model.fit(parts.train, parts.valid).predict(observed, future.t)
    s = score(forecast, observed, future, parts.test.epochs)
    print(f"{type(model).__name__:12} MAPE {s['mape']:.3f}  tau {s['kendall']:.3f}  80 % intervals cover {s['coverage_80']:.2f}")
