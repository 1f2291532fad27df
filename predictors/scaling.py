"""From the units of metrics and hyperparameters to numbers that a network learns well from, and back.

Losses are positive and heavy-tailed, and one run in a hundred explodes to 1e5; accuracies live in [0, 1] and crowd at its ends. A
metric is taken to a scale on which relative errors count (logarithm) or on which the ends are far (logit), standardised with the
median and the spread of the training curves, and its tails are bent: beyond three spreads the scale turns logarithmic. So a
diverged run stays what it is, finite and invertible, but pulls on a fit with 8 spreads instead of 15. Works for rising and falling
curves alike.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nasbench_lc.curves import Floats, higher_is_better

__all__ = ["FeatureScale", "MetricScale", "bend", "unbend"]

KNEE, TAIL = 3.0, 3.0
LOSS_FLOOR = 1e-3
ACCURACY_MARGIN = 0.05
FAR = 40.0


def bend(x: Tensor) -> Tensor:
    """The identity within [-3, 3], logarithmic beyond; odd, increasing, continuously differentiable."""
    excess = (x.abs() - KNEE).clamp(min=0)
    return torch.where(x.abs() <= KNEE, x, x.sign() * (KNEE + TAIL * torch.log1p(excess / TAIL)))


def unbend(x: Tensor) -> Tensor:
    """The inverse of :func:`bend`; arguments beyond what any float could have come from are clipped."""
    outside = x.abs() > KNEE
    if not bool(outside.any()):
        return x
    tail = x[outside]
    return x.masked_scatter(outside, tail.sign() * (KNEE + TAIL * torch.expm1(((tail.abs() - KNEE) / TAIL).clamp(max=5.0))))


@dataclass(frozen=True)
class MetricScale:
    """An increasing map from the unit of a metric to the scale of the networks, and its inverse.

    Arguments:
        kind: ``"log"`` for non-negative metrics, ``"logit"`` for fractions, ``"linear"`` for others.
        centre: The median of the mapped training values.
        spread: Their spread, positive: that of a normal with their 5 % and 95 % quantiles, which one exploded run in a hundred does not move.
        top: Mapped values above this are brought back as this, one spread above the greatest value of the training curves that are finite
            throughout. A new one rises above all `n` of them with probability 1 / (n + 1), and without a bound a wide forecast ends where the
            exponential takes it, at 1e17. A loss needs no bound below, nor an accuracy any: 0 and 1 bound them.
    """

    kind: str
    centre: float
    spread: float
    top: float

    @classmethod
    def fit(cls, values: Floats, metric: str) -> "MetricScale":
        """The scale of a metric from its training values, shape `(..., T)`; those that are not finite are left out."""
        finite = values[np.isfinite(values)]
        if higher_is_better(metric) and np.all((finite >= 0) & (finite <= 1)):
            kind = "logit"
        else:
            kind = "log" if np.all(finite >= 0) else "linear"
        raw = cls(kind, 0.0, 1.0, FAR)._raw(torch.as_tensor(finite)).numpy()
        if not raw.size:
            return cls(kind, 0.0, 1.0, FAR)
        low, centre, high = map(float, np.quantile(raw, [0.05, 0.5, 0.95]))
        whole = values[np.isfinite(values).all(-1)]
        most = float(cls(kind, 0.0, 1.0, FAR)._raw(torch.as_tensor(whole)).max()) if whole.size else float(raw.max())
        spread = max((high - low) / 3.29, 0.05)
        return cls(kind, centre, spread, most + spread if kind == "linear" else min(most + spread, FAR))

    def _raw(self, y: Tensor) -> Tensor:
        if self.kind == "log":
            return torch.log(y.clamp(min=0) + LOSS_FLOOR)
        if self.kind == "logit":
            p = (y.clamp(0, 1) + ACCURACY_MARGIN) / (1 + 2 * ACCURACY_MARGIN)
            return torch.log(p) - torch.log1p(-p)
        return y

    def forward(self, y: Tensor) -> Tensor:
        """From the unit of the metric to the scale of the networks, any shape; NaN stays NaN."""
        return bend((self._raw(y) - self.centre) / self.spread)

    def inverse(self, x: Tensor) -> Tensor:
        """Back to the unit of the metric: non-negative and bounded for losses, within [0, 1] for accuracies, finite for every finite `x`."""
        raw = self.centre + self.spread * unbend(x)
        if self.kind == "logit":
            return (torch.sigmoid(raw) * (1 + 2 * ACCURACY_MARGIN) - ACCURACY_MARGIN).clamp(0, 1)
        raw = raw.clamp(max=self.top)
        return (torch.exp(raw) - LOSS_FLOOR).clamp(min=0) if self.kind == "log" else raw


@dataclass(frozen=True)
class FeatureScale:
    """Columns to mean 0 and deviation 1 on the training rows; logarithmic where a positive column spans a factor of 4 and is less skewed that way.

    Arguments:
        names: `P` names.
        logarithmic: Which columns are taken to logarithms, shape `(P,)`.
        mean: Shape `(P,)`.
        std: Shape `(P,)`, 0 where a column was constant: it then says nothing, whatever a new row holds.
    """

    names: tuple[str, ...]
    logarithmic: tuple[bool, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def fit(cls, values: Floats, names: tuple[str, ...]) -> "FeatureScale":
        """From the training rows, shape `(N, P)`; NaN is left out."""
        logarithmic, mean, std = [], [], []
        for column in values.T:
            x = column[np.isfinite(column)]
            use_log = bool(x.size and x.min() > 0 and x.max() / x.min() >= 4 and abs(_skew(np.log(x))) <= abs(_skew(x)) + 1e-9)
            x = np.log(x) if use_log else x
            logarithmic.append(use_log)
            mean.append(float(x.mean()) if x.size else 0.0)
            std.append(float(x.std()) if x.size and x.std() > 1e-9 * (1 + abs(x.mean())) else 0.0)
        return cls(names, tuple(logarithmic), tuple(mean), tuple(std))

    def forward(self, values: Floats, names: tuple[str, ...]) -> Floats:
        """The scaled columns, shape `(N, P)`: matched by name, 0 where absent or missing, clipped to 4 deviations."""
        out = np.zeros((len(values), len(self.names)))
        for j, name in enumerate(self.names):
            if name in names and self.std[j] > 0:
                x = values[:, names.index(name)]
                with np.errstate(divide="ignore", invalid="ignore"):
                    x = ((np.log(x) if self.logarithmic[j] else x) - self.mean[j]) / self.std[j]
                out[:, j] = np.clip(np.nan_to_num(x, nan=0.0, posinf=4.0, neginf=-4.0), -4.0, 4.0)
        return out


def _skew(x: Floats) -> float:
    deviation = x - x.mean()
    return float(np.mean(deviation**3) / max(np.mean(deviation**2), 1e-300) ** 1.5)
