"""From a metric to the rising curves in [0, 1] that LC-PFN knows, and back.

The source's own transformation (`utils.pfn_normalize` of its code; the text of the LC-GODE paper misprints it). With soft bounds
l_s < u_s between which typical values lie and hard bounds l = 0 and u = infinity, L(y) = 2 (y - l_s) / (u_s - l_s) - 1 and
g(y) = a sigmoid(L(y)) + b, where a and b make g(l) = 0 and g(u) = 1; a loss becomes 1 - g. Accuracies lie in [0, 1] already and stay
what they are.
"""

from dataclasses import dataclass

import numpy as np

from nasbench_lc.curves import Floats, higher_is_better

__all__ = ["Normaliser", "normaliser_of"]

EDGE = 1e-5
"""Forecasts this close to the ends of (0, 1) are moved inside before the transformation is undone."""


@dataclass(frozen=True)
class Normaliser:
    """The transformation of one metric.

    Arguments:
        metric: Its name.
        low: The soft lower bound l_s of a loss.
        high: The soft upper bound u_s of a loss, above `low`.
    """

    metric: str
    low: float = 0.0
    high: float = 1.0

    def forward(self, y: Floats) -> Floats:
        """Values to about [0, 1], rising with quality; NaN stays NaN."""
        if higher_is_better(self.metric):
            return np.clip(y, 0.0, 1.0)
        b = self._offset()
        return 1 - ((1 - b) * _sigmoid(self._line(np.maximum(y, 0.0))) + b)

    def inverse(self, g: Floats) -> Floats:
        """The inverse of :meth:`forward`, after clipping to what it can have made."""
        if higher_is_better(self.metric):
            return np.clip(g, 0.0, 1.0)
        b = self._offset()
        p = (np.clip(1 - g, 0.0, 1 - EDGE) - b) / (1 - b)
        return np.maximum(self.low + (self.high - self.low) * (np.log(p / (1 - p)) + 1) / 2, 0.0)

    def _line(self, y: Floats) -> Floats:
        return 2 * (y - self.low) / (self.high - self.low) - 1

    def _offset(self) -> float:
        """b = -a / (1 + exp(-L(0))) with a = 1 + exp(L(0)) is -exp(L(0)), and a + b = 1."""
        return -float(np.exp(self._line(np.zeros(()))))


def normaliser_of(values: Floats, metric: str) -> Normaliser:
    """Soft bounds from training values of any shape: the quantiles 0.05 and 0.95 of the finite ones."""
    finite = values[np.isfinite(values)]
    low, high = np.quantile(finite, [0.05, 0.95]) if finite.size else (0.0, 1.0)
    return Normaliser(metric, float(low), float(max(high, low + 0.05 * abs(low) + 1e-6)))


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(x, -500, 500)))
