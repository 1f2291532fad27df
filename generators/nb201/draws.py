"""The random numbers of a run: initial weights, and the order, crop and mirroring of each epoch's training images.

Words are those of :mod:`nasbench_lc.seeding`; w >> 32 and w mod 2**32 are the high and low half of a word.

* INIT, layer L: value i is `(2 uniform(word i) - 1) / sqrt(fan_in)` in float64, rounded to float32; weights come first in the memory
  order of PyTorch's shape, then the linear map's bias. That is the distribution of PyTorch's defaults.
* SHUFFLE, epoch e (1-based): the order of the training images is the permutation of their number of words.
* CROP, epoch e: the image at position p of that order, with 4 zero pixels around it, is cropped from row `(9 (w >> 32)) >> 32` and column
  `(9 (w mod 2**32)) >> 32` on, both 0 .. 8; w is word p.
* FLIP, epoch e: the crop at position p is mirrored where the top bit of word p is set.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nasbench_lc.seeding import Purpose, Stream, permutation, uniform

__all__ = ["PADDING", "EpochDraw", "initial"]

PADDING = 4
"""Zero pixels on each side before the crop."""

_OFFSETS = np.uint64(2 * PADDING + 1)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def initial(stream: Stream, slot: int, size: int, fan_in: int) -> npt.NDArray[np.float32]:
    """The initial values of a layer, shape `(size,)`."""
    values = (2.0 * uniform(stream.words(size, Purpose.INIT, layer=slot)) - 1.0) / fan_in**0.5
    return values.astype(np.float32)


@dataclass(frozen=True, eq=False)
class EpochDraw:
    """What an epoch draws for `n` training images.

    Arguments:
        order: The image at each position, shape `(n,)`.
        row: The first row of its crop, shape `(n,)`.
        column: The first column, shape `(n,)`.
        flip: Whether it is mirrored, shape `(n,)`.
    """

    order: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    column: npt.NDArray[np.int64]
    flip: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, stream: Stream, epoch: int, n: int) -> "EpochDraw":
        """The draw of a 1-based epoch."""
        crop = stream.words(n, Purpose.CROP, epoch)
        return cls(
            order=permutation(stream.words(n, Purpose.SHUFFLE, epoch)),
            row=(((crop >> _HALF) * _OFFSETS) >> _HALF).astype(np.int64),
            column=(((crop & _LOW) * _OFFSETS) >> _HALF).astype(np.int64),
            flip=(stream.words(n, Purpose.FLIP, epoch) >> np.uint64(63)).astype(np.bool_),
        )
