"""Stratified splits that never change: each row's place is decided by one word of the task's own stream."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nasbench_lc.errors import ConfigError
from nasbench_lc.seeding import Purpose, Stream, permutation

__all__ = ["TEST_FRACTION", "allot", "stratified_split"]

#: 1,296 / 432 rows of car and 1,732 / 578 of segment, as in the supplement of arXiv:2412.15554.
TEST_FRACTION = 0.25


def allot(counts: Sequence[int], total: int) -> list[int]:
    """Share `total` among classes of `counts` members in proportion (largest remainders, ties to the first class).

    No class is emptied: a share lies in 0 .. count - 1. What proportion leaves open goes to classes without a share first, so that as many
    classes as possible give one.
    """
    n = sum(counts)
    shares = [min(count - 1, total * count // n) for count in counts]
    left = total - sum(shares)
    # A class without a share comes first, then the larger remainder of the exact share.
    by_need = sorted(range(len(counts)), key=lambda c: (shares[c] > 0, shares[c] - total * counts[c] / n, c))
    while left > 0:
        open_classes = [c for c in by_need if shares[c] < counts[c] - 1]
        if not open_classes:
            break
        for c in open_classes[:left]:
            shares[c] += 1
            left -= 1
    return shares


def stratified_split(data: str, labels: npt.NDArray[np.int64], val_fraction: float) -> dict[str, npt.NDArray[np.int64]]:
    """Row numbers of ``"train"``, ``"test"`` and, where `val_fraction` is not 0, ``"val"``.

    Row i owns word i of the split stream of ``"task/DATA"``; the rows are ordered by their words, and of each class in that order the
    first are test, the next val, the others train. So holding out a validation part never changes the test part. The test part has
    `ceil(0.25 n)` rows, the validation part `ceil(val_fraction n_train)`, shared among the classes by :func:`allot`; a class, which must have
    2 rows or more, always keeps one in train.

    Raises:
        ConfigError: If `val_fraction` is not in [0, 1).
    """
    if not 0.0 <= val_fraction < 1.0:
        raise ConfigError(f"The held-out fraction must be at least 0 and less than 1; got {val_fraction}. Give 0 for no validation split.")
    order = permutation(Stream(f"task/{data}").words(len(labels), Purpose.SPLIT))
    counts = np.bincount(labels)
    n_test = _ceil(TEST_FRACTION * len(labels))
    test = allot(counts.tolist(), n_test)
    rest = [c - t for c, t in zip(counts.tolist(), test, strict=True)]
    val = allot(rest, _ceil(val_fraction * sum(rest)))
    rank = np.empty(len(labels), dtype=np.int64)
    for c in range(len(counts)):
        members = order[labels[order] == c]
        rank[members] = np.arange(len(members))
    test_end = np.array(test)[labels]
    val_end = test_end + np.array(val)[labels]
    place = np.where(rank < test_end, 2, np.where(rank < val_end, 1, 0))[order]
    parts = {"train": order[place == 0], "val": order[place == 1], "test": order[place == 2]}
    return parts if val_fraction else {name: rows for name, rows in parts.items() if name != "val"}


def _ceil(x: float) -> int:
    """The whole number from `x` up, forgiving what a product of decimals adds; only 0 gives 0."""
    return max(1, math.ceil(x - 1e-9)) if x else 0
