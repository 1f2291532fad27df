"""From one uniform number to one quantity of a search space.

Every quantity of a sample owns one word of the plan's stream, drawn whether it is used or not. So fixing or ignoring one quantity
never shifts another, and sample i of a plan is the same however long the plan is.
"""

import math

import numpy as np
import numpy.typing as npt

from nasbench_lc.errors import ConfigError
from nasbench_lc.seeding import Purpose, Stream, uniform

__all__ = [
    "check_momentum",
    "draw",
    "linear",
    "log_integer",
    "log_real",
    "round_float",
    "sampled_dropout",
    "sampled_momentum",
    "uniform_integer",
]


def draw(seed: int, index: int, n: int) -> npt.NDArray[np.float64]:
    """The `n` uniform numbers in [0, 1) of sample `index` of the plan with this seed, shape `(n,)`."""
    return uniform(Stream.of_plan(seed).words(n, Purpose.SAMPLE, epoch=index))


def round_float(x: float) -> float:
    """`x` to 6 significant digits, far coarser than what two maths libraries differ by."""
    return float(f"{x:.6g}")


def linear(u: float, low: float, high: float) -> float:
    """Uniform in [low, high)."""
    return round_float(low + float(u) * (high - low))


def log_real(u: float, low: float, high: float) -> float:
    """Log-uniform in [low, high)."""
    return round_float(low * math.exp(float(u) * math.log(high / low)))


def log_integer(u: float, low: int, high: int) -> int:
    """Log-uniform among the integers low .. high: k has probability log((k + 1) / k) / log((high + 1) / low)."""
    return min(high, math.floor(low * math.exp(float(u) * math.log((high + 1) / low))))


def uniform_integer(u: float, low: int, high: int) -> int:
    """Uniform among the integers low .. high."""
    return low + math.floor(float(u) * (high - low + 1))


def sampled_dropout(u: float) -> float:
    """Uniform in [0, 0.999999]: a draw next to 1 rounds to 1, where 1 / (1 - dropout) has no value."""
    return min(linear(u, 0.0, 1.0), 0.999999)


def sampled_momentum(u: float, fixed: float | None) -> float:
    """Uniform in [0.1, 0.99), or the fixed value where there is one."""
    return linear(u, 0.1, 0.99) if fixed is None else float(fixed)


def check_momentum(momentum: float | None) -> None:
    """A fixed momentum must lie in [0, 1).

    Raises:
        ConfigError: If it does not.
    """
    if momentum is not None and not 0.0 <= momentum < 1.0:
        raise ConfigError(
            f"The momentum must lie in 0 <= momentum < 1; got {momentum}. Leave it out to sample it, or give 0 for plain SGD."
        )
