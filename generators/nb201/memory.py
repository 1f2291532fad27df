"""All parameters of a network in one flat array, and the update of SGD on it."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

__all__ = ["Memory", "Parameter"]


class Parameter:
    """A view into a :class:`Memory`; its value and gradient exist once the memory is sealed."""

    def __init__(self, shape: Sequence[int], initial: npt.NDArray[np.float32]) -> None:
        self.shape = tuple(shape)
        self.initial = initial
        self.value = torch.empty(0)
        self.grad = torch.empty(0)


class Memory:
    """Values, gradients and momenta of all parameters, each in one array; and the running statistics.

    Arguments:
        dtype: Of all of them.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self._parameters: list[Parameter] = []
        self._statistics: list[Tensor] = []

    def add(self, shape: Sequence[int], initial: npt.NDArray[np.float32] | float) -> Parameter:
        """A parameter of this shape; a convolution's is kept with its channels last."""
        size = math.prod(shape)
        values = initial if isinstance(initial, np.ndarray) else np.full(size, initial, np.float32)
        self._parameters.append(Parameter(shape, values))
        return self._parameters[-1]

    def statistic(self, size: int, initial: float) -> Tensor:
        """An array that is no parameter, but kept from batch to batch."""
        self._statistics.append(torch.full((size,), initial, dtype=self.dtype))
        return self._statistics[-1]

    def state(self) -> dict[str, Tensor]:
        """All that a next step depends on, by name; views, to be read and written."""
        statistics = {f"statistic.{i}": s for i, s in enumerate(self._statistics)}
        return {"value": self._value, "momentum": self._momentum, **statistics}

    def seal(self) -> None:
        """Lay all parameters out and write their initial values."""
        n = sum(p.initial.size for p in self._parameters)
        self._value, self._grad, self._momentum = (torch.zeros(n, dtype=self.dtype) for _ in range(3))
        start = 0
        for p in self._parameters:
            part = slice(start, start + p.initial.size)
            p.value, p.grad = _view(self._value[part], p.shape), _view(self._grad[part], p.shape)
            p.value.copy_(torch.from_numpy(p.initial).view(p.shape))
            start = part.stop

    def step(self, lr: float, momentum: float, weight_decay: float) -> None:
        """One step of SGD with Nesterov momentum, in the arithmetic of torch.optim.SGD; spoils the gradients."""
        self._grad.add_(self._value, alpha=weight_decay)
        self._momentum.mul_(momentum).add_(self._grad)
        self._value.add_(self._grad.add_(self._momentum, alpha=momentum), alpha=-lr)


def _view(flat: Tensor, shape: tuple[int, ...]) -> Tensor:
    if len(shape) != 4:
        return flat.view(shape)
    out, in_, height, width = shape
    return flat.view(out, height, width, in_).permute(0, 3, 1, 2)
