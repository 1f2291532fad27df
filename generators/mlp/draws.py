"""The random numbers of a training run, read from its streams (:mod:`nasbench_lc.seeding`)."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from generators.mlp.spec import LANES, MLPSpec
from nasbench_lc.curves import Floats
from nasbench_lc.seeding import Purpose, Stream, permutation

__all__ = ["Draws"]


class Draws:
    """Initial weights, orders of the rows, dropout masks of one run.

    Arguments:
        spec: The run.
        rows: `n`, the number of training rows.
    """

    def __init__(self, spec: MLPSpec, rows: int) -> None:
        self._spec = spec
        self.rows = rows
        self._stream = Stream.of_run(spec.seed)
        self._parted = Stream.of_run(spec.seed, spec.branch)

    def initial(self, layer: int) -> tuple[Floats, Floats]:
        """Weights `(out, in)` and biases `(out,)` of a linear map: uniform within +-1/sqrt(in), as torch.nn.Linear starts.

        The words of stream (INIT, layer), weights row by row and then biases; the top 24 bits u of a word give (2u - 1) / sqrt(in).
        """
        fan_in, out = self._spec.layers[layer]
        words = self._stream.words(out * fan_in + out, Purpose.INIT, layer=layer)
        values = ((words >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1.0) / np.sqrt(fan_in)
        return values[: out * fan_in].reshape(out, fan_in), values[out * fan_in :]

    def order(self, epoch: int) -> npt.NDArray[np.int64]:
        """The order in which an epoch (1-based) walks through the training rows, shape `(n,)`."""
        return permutation(self._at(epoch).words(self.rows, Purpose.SHUFFLE, epoch=epoch))

    def kept(self, epoch: int, layer: int, rows: int) -> Iterator[npt.NDArray[np.bool_]]:
        """Which units of a hidden layer an epoch keeps, `rows` positions of its order at a time, each of shape `(rows, units)`.

        The last piece is shorter where `rows` does not divide `n`. The element at position p and unit u owns lane p * units + u.

        Raises:
            ValueError: If a piece does not end with a whole word (4 lanes).
        """
        units, rate = self._spec.widths[layer], self._spec.rates[layer]
        if rows < self.rows and rows * units % 4:
            raise ValueError(f"pieces of {rows} x {units} lanes do not end with a word")
        generator = self._at(epoch).open(Purpose.DROPOUT, epoch=epoch, layer=layer)
        for start in range(0, self.rows, rows):
            piece = min(rows, self.rows - start)
            if rate == LANES:
                yield np.zeros((piece, units), bool)
                continue
            words = np.asarray(generator.random_raw(-(-piece * units // 4)), dtype="<u8")
            lanes = words.view("<i2")[: piece * units]
            yield (lanes >= np.int16(rate - LANES // 2)).reshape(piece, units)

    def _at(self, epoch: int) -> Stream:
        return self._parted if epoch > self._spec.branch_epoch else self._stream
