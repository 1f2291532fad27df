"""From uint8 images to the batches that a network sees: float, normalised, channels last."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

from generators.base import Task
from generators.nb201.draws import PADDING, EpochDraw
from generators.pixels import normalisation
from nasbench_lc.seeding import Stream

__all__ = ["Batches"]


class Batches:
    """The batches of a task.

    Arguments:
        task: Its images and labels.
        dtype: Of the batches.
    """

    def __init__(self, task: Task, dtype: torch.dtype = torch.float32) -> None:
        self._task, self._dtype = task, dtype
        mean, std = normalisation(task)
        width = task.input_shape[1]
        # One long row for each image row: a broadcast over three channels alone would run over vectors of three.
        self._scale = torch.from_numpy(1.0 / std).to(dtype).repeat(width)
        self._shift = torch.from_numpy(-mean / std).to(dtype).repeat(width)
        height, width, colours = task.input_shape
        side = ((0, 0), (PADDING, PADDING), (PADDING, PADDING), (0, 0))
        padded = np.pad(task.x["train"], side)
        n, s = len(padded), padded.strides
        offsets = 2 * PADDING + 1
        self._windows = as_strided(
            padded, (n, offsets, offsets, height, width, colours), (s[0], s[1], s[2], s[1], s[2], s[3]), writeable=False
        )

    def train(self, stream: Stream, epoch: int, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The augmented batches of a 1-based epoch: images `(b, h, w, c)`, labels `(b,)`; the last may be smaller."""
        draw = EpochDraw.of(stream, epoch, len(self._windows))
        labels = self._task.y["train"]
        for start in range(0, len(labels), batch_size):
            part = slice(start, start + batch_size)
            x = self._windows[draw.order[part], draw.row[part], draw.column[part]]
            flip = draw.flip[part]
            x[flip] = x[flip, :, ::-1]
            yield self._normalise(x), torch.from_numpy(labels[draw.order[part]])

    def plain(self, split: str, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The images of a split as they are, in order."""
        x, y = self._task.x[split], self._task.y[split]
        for start in range(0, len(y), batch_size):
            part = slice(start, start + batch_size)
            yield self._normalise(x[part]), torch.from_numpy(y[part])

    def _normalise(self, x: np.ndarray) -> Tensor:
        flat = torch.from_numpy(x).view(-1, self._scale.numel()).to(self._dtype)
        return torch.addcmul(self._shift, flat, self._scale, out=flat).view(x.shape)
