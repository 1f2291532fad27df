"""The shapes that parametric learning-curve models are made of: y = c + a h(x; theta), with theta positive.

Sources: Domhan et al., "Speeding up automatic hyperparameter optimization of deep neural networks by extrapolation of learning curves",
IJCAI 2015; Mohr et al., "LCDB 1.0", ECML 2022; Cazacu, TU Delft 2025, finds pow4 and mmf4 the best of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nasbench_lc.curves import Floats

__all__ = ["FAMILIES", "Family"]

Shape = Callable[[Floats, Floats], tuple[Floats, list[Floats]]]


@dataclass(frozen=True)
class Family:
    """One shape, with what is believed of its parameters.

    Arguments:
        shape: From epochs `(K,)` and phi = log theta `(N, P)` to h, shape `(N, K)`, and its derivatives by each phi, likewise.
        mean: The prior mean of phi; a parameter that is a time is counted from the logarithm of the planned length of the run.
        std: The prior standard deviation of phi, shape `(P,)`.
        time: Which parameter is a time, or None.
    """

    shape: Shape
    mean: tuple[float, ...]
    std: tuple[float, ...]
    time: int | None = None

    def prior(self, epochs: int) -> Floats:
        """The prior mean for runs of so many epochs, shape `(P,)`."""
        mean = np.array(self.mean, dtype=np.float64)
        if self.time is not None:
            mean[self.time] += np.log(epochs)
        return mean


def _pow3(x: Floats, phi: Floats) -> tuple[Floats, list[Floats]]:
    """x^-alpha."""
    u = np.exp(phi[:, :1]) * np.log(x)
    h = np.exp(-np.minimum(u, 700))
    return h, [-u * h]


def _pow4(x: Floats, phi: Floats) -> tuple[Floats, list[Floats]]:
    """(1 + x / d)^-alpha."""
    u, alpha = x / np.exp(phi[:, :1]), np.exp(phi[:, 1:])
    h = np.exp(-alpha * np.log1p(u))
    return h, [alpha * h * u / (1 + u), -alpha * np.log1p(u) * h]


def _mmf4(x: Floats, phi: Floats) -> tuple[Floats, list[Floats]]:
    """1 / (1 + (x / d)^delta)."""
    delta = np.exp(phi[:, 1:])
    log_u = np.log(x) - phi[:, :1]
    h = 1 / (1 + np.exp(np.clip(delta * log_u, -60, 60)))
    return h, [delta * h * (1 - h), -delta * log_u * h * (1 - h)]


def _wbl4(x: Floats, phi: Floats) -> tuple[Floats, list[Floats]]:
    """exp(-(x / d)^delta), which is Janoschek's with k = d^-delta."""
    delta = np.exp(phi[:, 1:])
    log_u = np.log(x) - phi[:, :1]
    u = np.exp(np.clip(delta * log_u, -60, 30))
    h = np.exp(-np.minimum(u, 700))
    return h, [delta * u * h, -delta * log_u * u * h]


def _exp3(x: Floats, phi: Floats) -> tuple[Floats, list[Floats]]:
    """exp(-x / d)."""
    u = x / np.exp(phi[:, :1])
    h = np.exp(-np.minimum(u, 700))
    return h, [u * h]


def _ilog2(x: Floats, phi: Floats) -> tuple[Floats, list[Floats]]:
    """1 / log(x + 1)."""
    return np.tile(1 / np.log(x + 1), (len(phi), 1)), []


FAMILIES: dict[str, Family] = {
    "pow3": Family(_pow3, (-0.7,), (1.0,)),
    "pow4": Family(_pow4, (-3.0, -0.3), (1.5, 1.0), time=0),
    "mmf4": Family(_mmf4, (-2.0, 0.0), (1.5, 0.5), time=0),
    "wbl4": Family(_wbl4, (-2.0, -0.5), (1.5, 0.5), time=0),
    "exp3": Family(_exp3, (-2.0,), (1.2,), time=0),
    "ilog2": Family(_ilog2, (), ()),
}
"""The families by the names of LCDB; Janoschek's curve is the Weibull curve under another name and stands here once."""
