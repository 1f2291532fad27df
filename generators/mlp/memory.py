"""The memory of a network under training: flat buffers, and views of them that a kernel makes once."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

__all__ = ["ALIGN", "Parameters", "padded", "rows_with_ones", "with_ones"]

ALIGN = 16
"""Rows and blocks start at multiples of this many elements: 64 bytes of float32, the same place in a cache line for every run."""


def padded(n: int, to: int = ALIGN) -> int:
    """The next multiple of `to`."""
    return -(-n // to) * to


def with_ones(rows: int, units: int, dtype: torch.dtype) -> Tensor:
    """A zero matrix `(rows, padded(units + 1))` whose column `units` is 1: the input that the bias multiplies."""
    matrix = torch.zeros(rows, padded(units + 1), dtype=dtype)
    matrix[:, units] = 1.0
    return matrix


def rows_with_ones(x: npt.NDArray[np.floating], dtype: torch.dtype) -> Tensor:
    """Inputs `(n, features)` beside a column of ones, in rows of aligned length."""
    matrix = with_ones(x.shape[0], x.shape[1], dtype)
    matrix[:, : x.shape[1]].copy_(torch.from_numpy(x))
    return matrix


class Parameters:
    """Weights and momentum of all layers, each in one flat buffer.

    The bias belongs to the weights as the row or column of input number `in`, which is always 1: one matrix product gives both their
    gradient. Hidden layers are stored inputs first, `(in + 1, out)`, the output layer outputs first, `(C, in + 1)`: so no product of a
    step has a narrow matrix on its right, where MKL is up to six times slower. The first layer has its inputs padded to a multiple of 8
    for the same reason. Elements outside these matrices stay 0.

    Arguments:
        layers: (inputs, outputs) of each linear map, the output layer last.
        dtype: float32, or float64 for comparisons.
    """

    def __init__(self, layers: tuple[tuple[int, int], ...], dtype: torch.dtype) -> None:
        *hidden, (fan_in, classes) = layers
        first = padded(layers[0][0] + 1, 8)
        shapes = [(fan + 1 if i else first, out) for i, (fan, out) in enumerate(hidden)]
        shapes.append((classes, fan_in + 1 if hidden else first))
        sizes = [rows * padded(columns) for rows, columns in shapes]
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        self.inputs = first
        """Columns of an input row that the first layer reads."""
        self.flat = torch.zeros(sum(sizes), dtype=dtype)
        """All weights."""
        self.momentum = torch.zeros_like(self.flat)
        """The momentum buffer, laid out like `flat`."""
        self.weights, self.momenta = (
            [
                flat[start : start + size].view(rows, -1)[:, :columns]
                for start, size, (rows, columns) in zip(starts, sizes, shapes, strict=True)
            ]
            for flat in (self.flat, self.momentum)
        )

    def load(self, layer: int, weight: npt.NDArray[np.floating], bias: npt.NDArray[np.floating]) -> None:
        """Set a layer: `weight` of shape `(out, in)`, `bias` of shape `(out,)`."""
        own = self.weights[layer] if layer == len(self.weights) - 1 else self.weights[layer].t()
        own[:, : weight.shape[1]].copy_(torch.from_numpy(weight))
        own[:, weight.shape[1]].copy_(torch.from_numpy(bias))
