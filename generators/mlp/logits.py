"""The logits of all steps of an epoch in one place, and what they measure."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generators.base import Task
from generators.mlp.spec import MLPSpec, class_weights

__all__ = ["EpochLogits", "StepViews", "score"]


class StepViews(NamedTuple):
    """What one step writes and reads, classes first: rows of equal meaning lie side by side, where a softmax over classes is fast."""

    z: Tensor
    slope: Tensor
    slope_np: npt.NDArray[np.floating]
    target_np: npt.NDArray[np.floating]
    row_weights: npt.NDArray[np.floating] | None
    alpha: float


class EpochLogits:
    """Logits `(C, batch)` of each step, the loss's gradient by them, and the one-hot labels, step after step in flat buffers.

    Arguments:
        spec: The run.
        task: Its task.
        dtype: That of the activations.
    """

    def __init__(self, spec: MLPSpec, task: Task, dtype: torch.dtype) -> None:
        self._y = task.y["train"]
        self._size, self._classes = spec.batch_size, spec.classes
        n = len(self._y)
        self._z = torch.zeros(spec.classes * n, dtype=dtype)
        self._slope, target = torch.zeros_like(self._z), torch.zeros_like(self._z)
        self._target = target.numpy()
        self._weights = class_weights(task).astype(self._target.dtype) if spec.weighted else None
        self._row_weights = np.ones(n, self._target.dtype)
        starts = np.arange(0, n, self._size)
        sizes = np.minimum(self._size, n - starts)
        step = np.arange(n) // self._size
        self._base = starts[step] * spec.classes + np.arange(n) - starts[step]
        self._stride = sizes[step]
        self._starts = starts
        self._labels = self._y
        self._index = self._base
        self.steps: list[StepViews] = []
        """One entry per step."""
        for a, size in zip(starts.tolist(), sizes.tolist(), strict=True):
            part = slice(a * spec.classes, (a + size) * spec.classes)
            shape = (spec.classes, size)
            slope = self._slope[part].view(shape)
            rows = self._row_weights[a : a + size] if spec.weighted else None
            views = StepViews(self._z[part].view(shape), slope, slope.numpy(), self._target[part].reshape(shape), rows, 1.0)
            self.steps.append(views._replace(alpha=1.0 / size) if rows is None else views)

    def shuffle(self, order: npt.NDArray[np.int64]) -> None:
        """Lay out labels and row weights in the order of an epoch."""
        self._labels = self._y[order]
        self._index = self._base + self._labels * self._stride
        self._target.fill(0)
        self._target[self._index] = 1
        if self._weights is not None:
            weights = self._weights[self._labels]
            sums = np.add.reduceat(weights, self._starts)
            np.divide(weights, np.repeat(sums, self._stride[self._starts]), out=self._row_weights)

    def measure(self) -> dict[str, float]:
        """Train loss and accuracy of the epoch: means over all its rows, each as its own step saw it."""
        whole = len(self._y) // self._size * self._size
        loss, hits = 0.0, 0
        for rows, size in ((slice(0, whole), self._size), (slice(whole, None), len(self._y) - whole)):
            if size == 0 or rows.start == rows.stop:
                continue
            part = slice(rows.start * self._classes, None if rows.stop is None else rows.stop * self._classes)
            z = self._z[part].view(-1, self._classes, size)
            total, right = score(z, self._slope[part].view(z.shape), self._labels[rows], self._index[rows] - part.start)
            loss, hits = loss + total, hits + right
        return {"train_loss": loss / len(self._y), "train_acc": hits / len(self._y)}


def score(z: Tensor, scratch: Tensor, labels: npt.NDArray[np.int64], index: npt.NDArray[np.int64]) -> tuple[float, int]:
    """Summed cross-entropy and number of hits.

    Arguments:
        z: Logits `(steps, C, batch)`.
        scratch: Room of the same shape for their log-softmax.
        labels: In the order of steps and rows, shape `(steps * batch,)`.
        index: Where each row's own class stands in the flat logits.
    """
    torch.log_softmax(z, 1, out=scratch)
    own = scratch.view(-1).numpy()[index]
    return -float(own.sum(dtype=np.float64)), int(np.count_nonzero(np.argmax(z.numpy(), 1).reshape(-1) == labels))
