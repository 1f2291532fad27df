"""Training values that no exploding curve can spoil."""

import warnings
from collections.abc import Callable

import numpy as np

from nasbench_lc.curves import Floats

__all__ = ["centre_and_reach", "limits", "over_curves", "tame"]

CLIP = 5.0
"""Values further than this many robust standard deviations from their column's median are moved there ..."""
FAR = 2.0
"""... but none that is closer than this, on the scale of comparison: a loss within a factor of 7, and every accuracy, is what it is."""


def tame(table: Floats) -> Floats:
    """The values of training curves, shape `(n, ...)`, with those far from their column's median moved towards it; NaN stays NaN.

    An exploding run is one in a hundred, and no average in which it counts in full is of use to the others.
    """
    return np.clip(table, *limits(table))


def limits(table: Floats) -> Floats:
    """Between which values :func:`tame` keeps each column of `(n, ...)`, shape `(2, ...)`; the same bounds serve to read an observed prefix.

    Infinite where a column has no finite value: nothing is known of what is usual there.
    """
    centre, reach, _ = centre_and_reach(table)
    reach = np.where(np.isfinite(table).any(0), reach, np.inf)
    return np.stack([centre - reach, centre + reach])


def over_curves(statistic: Callable[..., Floats], table: Floats) -> Floats:
    """What a statistic that leaves NaN out, such as `numpy.nanmean`, says of every column over the first axis; NaN where there is no value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without a value is no news here
        return statistic(table, axis=0)


def centre_and_reach(table: Floats) -> tuple[Floats, Floats, Floats]:
    """Median, reach and robust standard deviation (at least 1e-3) of every column over the first axis; 0, 2 and 1e-3 where it has no finite value."""
    centre = _median(table)
    width = np.maximum(1.4826 * _median(np.abs(table - centre)), 1e-3)
    return centre, np.maximum(CLIP * width, FAR), width


def _median(table: Floats) -> Floats:
    """The median of the finite values over the first axis, 0 where there is none."""
    flat = table.reshape(len(table), -1)
    some = np.isfinite(flat).any(0)
    out = np.zeros(flat.shape[1])
    if some.any():
        out[some] = np.nanmedian(flat[:, some], axis=0)
    return out.reshape(table.shape[1:])
