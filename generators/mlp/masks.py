"""Dropout masks as matrices to multiply by, made for many steps at a time."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from generators.mlp.draws import Draws
from generators.mlp.memory import with_ones
from generators.mlp.spec import MLPSpec

__all__ = ["Masks"]

_ELEMENTS = 1 << 15
"""Elements to make at a time: enough to hide the calls, few enough to stay in the cache."""


class Masks:
    """The masks of one hidden layer: 0 where a unit is dropped, its scale where it is kept, 1 in the column of ones.

    Arguments:
        draws: The run's random numbers.
        spec: The run.
        layer: Which hidden layer, from 0.
        dtype: That of the activations.
    """

    def __init__(self, draws: Draws, spec: MLPSpec, layer: int, dtype: torch.dtype) -> None:
        self._draws, self._layer = draws, layer
        self._size, self._units, self._scale = spec.batch_size, spec.widths[layer], spec.scales[layer]
        whole = 4 // math.gcd(4, self._size * self._units)
        steps = whole * max(1, _ELEMENTS // (self._size * self._units * whole))
        self._rows = self._size * min(steps, -(-draws.rows // self._size))
        self._matrix = with_ones(self._rows if spec.rates[layer] else 0, self._units, dtype).numpy()

    def walk(self, epoch: int) -> Iterator[npt.NDArray[np.floating]]:
        """The masks of the epoch's steps in order, each flat: rows times `padded(units + 1)` elements."""
        matrix, size, units = self._matrix, self._size, self._units
        for kept in self._draws.kept(epoch, self._layer, self._rows):
            rows = len(kept)
            np.copyto(matrix[:rows, :units], kept)
            np.multiply(matrix, self._scale, out=matrix)
            matrix[:, units] = 1.0
            for start in range(0, rows, size):
                yield matrix[start : min(start + size, rows)].reshape(-1)
