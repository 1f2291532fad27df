"""The error that MAPE scores, as a loss of standardised forecasts."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from nasbench_lc.curves import CurveSet
from predictors.scaling import MetricScale
from predictors.standard_curves import StandardCurves

__all__ = ["SMALLEST", "RelativeError"]

SMALLEST = 1e-3
"""The smallest denominator of a relative error."""
MOST = 5.0
"""How many times as much as the median value one may count."""
STEP = 1e-3


@dataclass(frozen=True, eq=False)
class RelativeError:
    """|f - y| / |y| of forecasts of training curves, logarithmic where it is above 1.

    A loss that is forecast three times too high costs 2, one that is forecast three times too low 2/3, and where both may come the lower is the better
    forecast. An absolute error on a logarithmic scale knows no such difference. What lies beyond 1 is a run that broke away and counts as 1 + log.

    Arguments:
        scale: Of the metric.
        mean: What a standardised value deviates from, on the scale, shape `(T,)`.
        spread: In what units, shape `(T,)`.
        truth: In the unit of the metric, 0 where missing, shape `(N, T)`.
        weight: What an error counts: such that the loss changes as an absolute error of standardised values does at the median truth, and nowhere more
            than 5 times as fast; shape `(N, T)`, 0 where the truth is missing.
    """

    scale: MetricScale
    mean: Tensor
    spread: Tensor
    truth: Tensor
    weight: Tensor

    @classmethod
    def of(cls, curves: StandardCurves, train: CurveSet) -> Self:
        """Of the `N` curves `train`."""
        scale, mean, spread = curves.scale, torch.from_numpy(curves.mean[:, 0]), torch.from_numpy(curves.spread[:, 0])
        truth = torch.from_numpy(np.where(np.isfinite(train.target), train.target, np.nan))
        x = scale.forward(truth)
        slope = (scale.inverse(x + STEP) - scale.inverse(x - STEP)) / (2 * STEP)
        steep = slope * spread / truth.abs().clamp(min=SMALLEST)
        weight = (MOST / steep).clamp(max=1 / steep.nanmedian().clamp(min=1e-6))
        return cls(scale, mean.float(), spread.float(), truth.float().nan_to_num(0.0), weight.float().nan_to_num(0.0))

    def __call__(self, z: Tensor, rows: Tensor) -> Tensor:
        """Of the standardised forecasts `z` `(..., T)` of the curves number `rows` `(...)`."""
        truth = self.truth[rows]
        error = (self.scale.inverse(self.mean + z * self.spread) - truth).abs() / truth.abs().clamp(min=SMALLEST)
        return self.weight[rows] * torch.where(error <= 1, error, 1 + error.clamp(min=1).log())
