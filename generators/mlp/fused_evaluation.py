"""Loss and accuracy of all networks of a fused group on a part of their task that they are not trained on."""

import numpy as np
import torch
from torch import Tensor

from generators.base import Task
from generators.mlp.cost import Shape
from generators.mlp.memory import ALIGN, padded, rows_with_ones

__all__ = ["FusedEvaluation"]

_ROWS = 128
"""Rows of one pass, at most."""


class FusedEvaluation:
    """Evaluates one part, in eval mode, some rows of all `G` networks at a time.

    Arguments:
        task: The task.
        split: ``"val"`` or ``"test"``.
        group: `G`.
        shape: The padded shape of the networks.
        dtype: That of the activations.
    """

    def __init__(self, task: Task, split: str, group: int, shape: Shape, dtype: torch.dtype) -> None:
        self._split, self._y = split, task.y[split]
        n = len(self._y)
        passes = -(-n // _ROWS)
        rows = padded(-(-n // passes), ALIGN)
        inputs = padded(shape.inputs + 1, 8)
        self._x = torch.zeros(passes, rows, inputs, dtype=dtype)
        self._x.view(-1, inputs)[:n] = rows_with_ones(task.x[split], dtype)[:, :inputs]
        self._labels = np.zeros((passes, 1, 1, rows), np.int64)
        self._labels.reshape(-1)[:n] = self._y
        self._hidden = [torch.zeros(group, rows, shape.columns, dtype=dtype) for _ in range(shape.depth)]
        self._z = torch.zeros(passes, group, shape.classes, rows, dtype=dtype)

    def measure(self, weights: list[Tensor]) -> list[dict[str, float]]:
        """Loss and accuracy of each network with these weights, laid out as in training, their column of ones copied by 1."""
        group, n = self._z.shape[1], len(self._y)
        for x, z in zip(self._x, self._z, strict=True):
            h = x.expand(group, -1, -1)
            for weight, hidden in zip(weights[:-1], self._hidden, strict=True):
                torch.bmm(h, weight, out=hidden)
                h = hidden.relu_()
            torch.bmm(weights[-1], h.transpose(1, 2), out=z)
        own = np.take_along_axis(torch.log_softmax(self._z, 2).numpy(), self._labels, 2)[:, :, 0]
        right = np.argmax(self._z.numpy(), 2) == self._labels[:, 0]
        return [
            {
                f"{self._split}_loss": -float(own[:, k].reshape(-1)[:n].sum(dtype=np.float64)) / n,
                f"{self._split}_acc": int(np.count_nonzero(right[:, k].reshape(-1)[:n])) / n,
            }
            for k in range(group)
        ]
