"""Where every random number of a training run comes from: specification 1 of the random streams.

A stream is the sequence of 64-bit words of Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011)
as NumPy's ``Philox.random_raw`` gives it, which NumPy guarantees not to change (NEP 19). It is addressed, never consumed in passing,
so what a run draws depends on nothing but the run:

* key: the first 16 bytes of sha256("nasbench-lc/streams/1/" + name), as two little-endian words. The name of a run's streams is
  "run/SEED"; the name of the sampler's streams is "plan/SEED". A run whose recipe says that it leaves another's path after some epoch reads that
  other's streams up to it, and from then on those named "run/SEED/branch/B".
* counter: the four words (0, epoch, layer, purpose). The first counts blocks of four words within the stream.

From words to numbers, whatever the machine:

* uniform in [0, 1), float32: the top 24 bits times 2**-24; float64: the top 53 bits times 2**-53;
* permutation of n: the stable argsort of n words;
* dropout: each word holds four little-endian signed 16-bit lanes; the element at position p of the epoch's order and unit u of a
  layer of w units owns lane p * w + u and is dropped where lane < round(65536 * rate) - 32768.

Every layer of a run, whatever kernel trains it, reads these same words: fused, lean and reference training see equal masks.
Golden values in the tests pin this page; a change of it is specification 2, kept beside 1.
"""

import hashlib
from enum import IntEnum

import numpy as np
import numpy.typing as npt

__all__ = ["STREAMS_VERSION", "Purpose", "Stream", "child_seed", "permutation", "uniform"]

STREAMS_VERSION = 1


class Purpose(IntEnum):
    """What a stream is for; the values are part of the specification and never reused."""

    SAMPLE = 1
    CHILD_SEED = 2
    INIT = 3
    SHUFFLE = 4
    DROPOUT = 5
    CROP = 6
    FLIP = 7
    SPLIT = 8


class Stream:
    """All streams under one name; random access by (purpose, epoch, layer).

    Arguments:
        name: Whose streams these are, such as ``"run/123"``.
    """

    def __init__(self, name: str) -> None:
        raw = hashlib.sha256(f"nasbench-lc/streams/{STREAMS_VERSION}/{name}".encode()).digest()[:16]
        self._key = np.frombuffer(raw, dtype="<u8").astype(np.uint64)

    @classmethod
    def of_run(cls, seed: int, branch: int = 0) -> "Stream":
        """The streams of a training run with this seed; of a branch from 1 on, those that it reads after it has parted."""
        return cls(f"run/{seed}/branch/{branch}" if branch else f"run/{seed}")

    @classmethod
    def of_plan(cls, seed: int) -> "Stream":
        """The streams of the sampler with this seed."""
        return cls(f"plan/{seed}")

    def open(self, purpose: Purpose, epoch: int = 0, layer: int = 0) -> np.random.Philox:
        """The bit generator at the head of a stream; successive ``random_raw`` calls walk along it."""
        counter = np.array([0, epoch, layer, int(purpose)], dtype=np.uint64)
        return np.random.Philox(key=self._key, counter=counter)

    def words(self, n: int, purpose: Purpose, epoch: int = 0, layer: int = 0) -> npt.NDArray[np.uint64]:
        """The first `n` words of a stream, shape `(n,)`."""
        return np.asarray(self.open(purpose, epoch, layer).random_raw(n), dtype=np.uint64)


def uniform(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Words to float64 in [0, 1): the top 53 bits times 2**-53."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Words to a permutation of their number: the stable argsort."""
    return np.argsort(words, kind="stable").astype(np.int64)


def child_seed(master: int, index: int, repeat: int) -> int:
    """The seed of repetition `repeat` of sample `index` under a master seed: a non-negative 63-bit integer."""
    word = Stream.of_plan(master).words(1, Purpose.CHILD_SEED, epoch=index, layer=repeat)[0]
    return int(word >> np.uint64(1))
