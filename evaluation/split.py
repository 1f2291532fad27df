"""The one split of every command: by group, keyed by a hash, so that it depends on nothing but the seed and the labels.

Groups are ordered by the sha256 of ``"SEED:group"``. Of `G` groups the first 25 % are test; of the rest the first 15 % are valid and the
others train. Both counts round to the nearest whole number of groups, halves up, and are at least 1. Within a part, runs stand in
the order of their group and, inside a group, of their uid; so the order of the rows in the file changes nothing.

A train size of `N` runs takes the first 15 % of `N` (rounded likewise, at least 1 from `N` = 2 on) from valid and the others from train; where one of
them is too small the other makes up for it. Smaller sizes are prefixes of larger ones, and test never changes.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from nasbench_lc.curves import CurveSet
from nasbench_lc.errors import ConfigError

__all__ = ["TEST_SHARE", "VALID_SHARE", "Few", "Split", "split"]

TEST_SHARE = 0.25
"""The share of all groups that is test."""

VALID_SHARE = 0.15
"""The share of the other groups that is valid."""


@dataclass(frozen=True, eq=False)
class Few:
    """What is known of the task at hand, and of another (:mod:`predictors.few_shot`).

    Arguments:
        own: The curves of the task at hand, train and valid.
        others: Those of the other task, likewise, and all of them.
    """

    own: tuple[CurveSet, CurveSet]
    others: tuple[CurveSet, CurveSet]


@dataclass(frozen=True, eq=False)
class Split:
    """Three parts that share no group.

    Arguments:
        train: What predictors learn from.
        valid: What they stop early and calibrate on.
        test: What they are scored on, once.
        few: What of train and valid is of the task that is scored and what is of another; None where all is of one.
    """

    train: CurveSet
    valid: CurveSet
    test: CurveSet
    few: Few | None = None

    @property
    def learnt(self) -> tuple[CurveSet, ...]:
        """All that a fit sees. Of another task that can be more than train and valid hold: what does not carry over is learnt from apart."""
        return (self.train, self.valid) if self.few is None else (*self.few.own, *self.few.others)


def split(curves: CurveSet, seed: int, train_size: int | None = None) -> Split:
    """Split curves by group; see the head of this module for the rule.

    Arguments:
        curves: `N` curves.
        seed: Which of the possible splits.
        train_size: How many runs train and valid hold together; None for all.

    Raises:
        ConfigError: If there are fewer than 3 groups, or `train_size` is not in 1 .. the runs that train and valid have.
    """
    order = _ordered_rows(curves, seed)
    labels = sorted(set(curves.group), key=lambda g: _hash(seed, g))
    if len(labels) < 3:
        raise ConfigError(f"A split needs at least 3 groups of curves; got {len(labels)}. Generate more runs.")
    n_test = max(1, _share(TEST_SHARE, len(labels)))
    n_valid = max(1, _share(VALID_SHARE, len(labels) - n_test))
    part = {g: 0 if i < n_test else 1 if i < n_test + n_valid else 2 for i, g in enumerate(labels)}
    test, valid, train = ([i for i in order if part[curves.group[i]] == p] for p in range(3))
    if train_size is not None:
        train, valid = _first(train, valid, train_size)
    train, valid, test = (curves.subset(np.asarray(rows, dtype=np.int64)) for rows in (train, valid, test))
    return Split(train, valid, test)


def _hash(seed: int, group: str) -> str:
    return hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()


def _ordered_rows(curves: CurveSet, seed: int) -> list[int]:
    hashes = {g: _hash(seed, g) for g in set(curves.group)}
    return sorted(range(len(curves)), key=lambda i: (hashes[curves.group[i]], curves.uid[i]))


def _share(share: float, n: int) -> int:
    # Rounded to 1e-9 first: 0.15 * 30 is 4.499999... in binary, and the rule means 4.5.
    return math.floor(round(share * n, 9) + 0.5)


def _first(train: list[int], valid: list[int], size: int) -> tuple[list[int], list[int]]:
    if not 1 <= size <= len(train) + len(valid):
        raise ConfigError(f"The train size must lie in 1 .. {len(train) + len(valid)} runs; got {size}. Choose another --train-size.")
    n_valid = min(max(_share(VALID_SHARE, size), int(size > 1)), len(valid))
    n_train = min(size - n_valid, len(train))
    return train[:n_train], valid[: size - n_train]
