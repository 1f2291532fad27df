"""From typed columns to what a network reads. Everything that is learnt from data is learnt from the training rows.

The arrays are equal to the byte on every machine and numpy version: sums are exact (``math.fsum``), all else is one rounded operation at a
time in float64, and float32 comes last.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from generators.table import Column, Numbers
from nasbench_lc.errors import ConfigError

__all__ = ["ENCODING", "encode"]

#: The name of this encoding in recipes; another encoding is another name.
ENCODING = "one-hot, standard numbers 1"


def encode(names: Sequence[str], columns: Sequence[Column], train: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """All rows encoded, float32 `(n, features)`.

    A number becomes `(x - mean) / std` with the training rows' mean and standard deviation (of the population, as in scikit-learn's
    ``StandardScaler``); a missing one becomes the training mean, so 0. A category becomes one 0/1 input per level of the table; a column
    with gaps has one more input for "missing". LCBench's Auto-PyTorch does
    the same: it standardises numbers, imputes means, one-hot encodes categories and passes those on as 0 and 1.

    The width depends on the table only, never on the split: an input that does not vary over the training rows is kept and is 0 in every
    row, since a network could learn nothing of it.

    Raises:
        ConfigError: If a number is too far from the training rows' range for float32.
    """
    parts = [_standardise(c.values, train) if isinstance(c, Numbers) else _one_hot(c.codes, len(c.levels), train) for c in columns]
    for name, part in zip(names, parts, strict=True):
        if not np.isfinite(part).all():
            raise ConfigError(f"The numbers of a column must be of one scale; got a value far outside the others in {name!r}. Check it.")
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def _standardise(values: npt.NDArray[np.float64], train: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    known = values[train][~np.isnan(values[train])]
    if len(known) == 0 or known.min() == known.max():
        return np.zeros((len(values), 1), dtype=np.float32)
    # A power of two scales without rounding, and keeps the sums of the largest numbers finite.
    unit = math.ldexp(1.0, math.frexp(float(np.abs(known).max()))[1] - 1)
    scaled = known / unit
    mean = math.fsum(scaled.tolist()) / len(scaled)
    std = math.sqrt(math.fsum(((scaled - mean) * (scaled - mean)).tolist()) / len(scaled))
    with np.errstate(over="ignore"):
        z = ((values / unit - mean) / std).astype(np.float32)
    return np.where(np.isnan(values), np.float32(0.0), z)[:, None]


def _one_hot(codes: npt.NDArray[np.int64], levels: int, train: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    gaps = bool((codes < 0).any())
    encoded = np.zeros((len(codes), levels + gaps), dtype=np.float32)
    encoded[np.arange(len(codes)), np.where(codes < 0, levels, codes)] = 1.0
    varies = encoded[train].min(axis=0) < encoded[train].max(axis=0)
    return encoded * varies.astype(np.float32)
