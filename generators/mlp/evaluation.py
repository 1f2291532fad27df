"""Loss and accuracy of a network on a part of its task that it is not trained on."""

import numpy as np
import torch

from generators.base import Task
from generators.mlp.logits import score
from generators.mlp.memory import Parameters, rows_with_ones, with_ones
from generators.mlp.spec import MLPSpec

__all__ = ["Evaluation"]

_ROWS = 512
"""Rows of one pass: wide layers' activations stay in the cache."""


class Evaluation:
    """Evaluates one part, in eval mode.

    Arguments:
        parameters: The network's.
        spec: The run.
        task: Its task.
        split: ``"val"`` or ``"test"``.
        dtype: That of the activations.
    """

    def __init__(self, parameters: Parameters, spec: MLPSpec, task: Task, split: str, dtype: torch.dtype) -> None:
        self._split, self._y = split, task.y[split]
        self._forward = parameters.weights[:-1]
        self._output = parameters.weights[-1]
        self._x = rows_with_ones(task.x[split], dtype)[:, : parameters.inputs]
        n = len(self._y)
        self._hidden = [with_ones(min(_ROWS, n), w, dtype) for w in spec.widths]
        self._z = torch.zeros(1, spec.classes, n, dtype=dtype)
        self._scratch = torch.zeros_like(self._z)
        self._index = self._y * n + np.arange(n)

    def measure(self) -> dict[str, float]:
        """Loss and accuracy of the part with the present weights."""
        n = len(self._y)
        for start in range(0, n, _ROWS):
            stop = min(start + _ROWS, n)
            h = self._x[start:stop]
            for weight, buffer in zip(self._forward, self._hidden, strict=True):
                units = weight.shape[1]
                torch.mm(h, weight, out=buffer[: stop - start, :units])
                h = buffer[: stop - start].relu_()[:, : units + 1]
            torch.mm(self._output, h.t(), out=self._z[0, :, start:stop])
        loss, hits = score(self._z, self._scratch, self._y, self._index)
        return {f"{self._split}_loss": loss / n, f"{self._split}_acc": hits / n}
