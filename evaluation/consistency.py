"""Whether forecasts continue the curve they were given: errors by epoch, jumps, impossible values.

Forecasts and truths have shape `(N, H)`; NaN policy as in :mod:`evaluation.accuracy`. :func:`excess_jump` and :func:`violations` are definitions of
this project.
"""

import numpy as np

from evaluation.accuracy import ape, mean_present
from nasbench_lc.curves import Floats

__all__ = ["error_by_epoch", "excess_jump", "violations"]


def error_by_epoch(mean: Floats, truth: Floats) -> Floats:
    """The mean over curves of the absolute relative error at every epoch, a fraction, shape `(H,)`.

    References:
        Hyndman and Athanasopoulos, "Forecasting: principles and practice", 3rd edition, 2021, section 5.10, https://otexts.com/fpp3/tscv.html.
    """
    return mean_present(ape(mean, truth).T, truth.T)


def excess_jump(last: Floats, mean: Floats, truth: Floats) -> float:
    """How much farther the first forecast epoch is from the last observed value than the truth is, in the unit of the metric.

    The median over curves of ``|f_{K+1} - y_K|`` less that of ``|y_{K+1} - y_K|``: near 0 for a forecast that continues the curve.
    `last` has shape `(N,)`. NaN where a forecast is, or without any curve.
    """
    keep = np.isfinite(last) & np.isfinite(truth[:, 0])
    if not keep.any():
        return float("nan")
    return float(np.median(np.abs(mean[:, 0] - last)[keep]) - np.median(np.abs(truth[:, 0] - last)[keep]))


def violations(mean: Floats, bounded: bool) -> float:
    """The fraction of forecasts that cannot be: below 0, or above 1 for a `bounded` metric (an accuracy); NaN forecasts count too."""
    possible = (mean >= 0) & ((mean <= 1) | (not bounded))
    return float(1 - possible.mean()) if mean.size else float("nan")
