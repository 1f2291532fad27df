"""How far point forecasts are from the truth.

Every function takes forecasts and truths of shape `(N, H)`. NaN policy of this module: a missing (NaN) truth is skipped, a NaN forecast where
there is a truth makes the result NaN, and so does a curve, or a set, without any truth. No forecast gains by not answering.
"""

import numpy as np

from nasbench_lc.curves import Floats

__all__ = ["FLOOR", "ape", "log_mae", "mae_final", "mape", "mape_median", "mean_present", "rmse", "smape"]

FLOOR = 1e-3
"""The smallest denominator of a relative error."""


def mean_present(values: Floats, truth: Floats) -> Floats:
    """The mean of `values` over the last axis where `truth` is present; NaN where it is nowhere present. Shape `(N,)`."""
    present = np.isfinite(truth)
    count = present.sum(-1)
    total = np.where(present, values, 0.0).sum(-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def ape(mean: Floats, truth: Floats) -> Floats:
    """Absolute relative errors ``|f - y| / max(|y|, 1e-3)``, shape `(N, H)`, a fraction."""
    return np.abs(mean - truth) / np.maximum(np.abs(truth), FLOOR)


def mape(mean: Floats, truth: Floats) -> Floats:
    """Mean absolute percentage error of each curve, as a fraction, shape `(N,)`: the mean of :func:`ape` over its epochs.

    References:
        Hyndman and Koehler, "Another look at measures of forecast accuracy", 2006, doi:10.1016/j.ijforecast.2006.03.001.
    """
    return mean_present(ape(mean, truth), truth)


def mape_median(mean: Floats, truth: Floats) -> float:
    """The median over curves of :func:`mape`, a fraction: what the typical curve suffers, whatever a few do.

    References:
        Armstrong and Collopy, "Error measures for generalizing about forecasting methods", 1992, doi:10.1016/0169-2070(92)90008-W.
    """
    values = mape(mean, truth)[np.isfinite(truth).any(-1)]
    return float(np.median(values)) if len(values) else float("nan")


def smape(mean: Floats, truth: Floats) -> Floats:
    """Symmetric error of each curve, a fraction in [0, 2], shape `(N,)`: the mean of ``|f - y| / max((|f| + |y|) / 2, 1e-3)``.

    References:
        Makridakis, "Accuracy measures: theoretical and practical concerns", 1993, doi:10.1016/0169-2070(93)90079-3.
    """
    return mean_present(np.abs(mean - truth) / np.maximum((np.abs(mean) + np.abs(truth)) / 2, FLOOR), truth)


def rmse(mean: Floats, truth: Floats) -> float:
    """Root mean squared error, pooled over curves and epochs, in the unit of the metric: ``sqrt(mean((f - y)^2))``.

    References:
        Hyndman and Koehler, 2006, doi:10.1016/j.ijforecast.2006.03.001.
    """
    present = np.isfinite(truth)
    return float(np.sqrt(np.mean((mean - truth)[present] ** 2))) if present.any() else float("nan")


def log_mae(mean: Floats, truth: Floats) -> Floats:
    """Mean absolute error of the logarithms of each curve, in nats, shape `(N,)`; both sides are clipped below at 1e-3.

    The mean of ``|ln max(f, 1e-3) - ln max(y, 1e-3)|``: the logarithm of the accuracy ratio, symmetric in over- and underestimation.

    References:
        Tofallis, "A better measure of relative prediction accuracy", 2015, doi:10.1057/jors.2014.103.
    """
    return mean_present(np.abs(np.log(np.maximum(mean, FLOOR)) - np.log(np.maximum(truth, FLOOR))), truth)


def mae_final(mean: Floats, truth: Floats) -> Floats:
    """Absolute error at the horizon, in the unit of the metric, shape `(N,)`: ``|f_H - y_H|``.

    References:
        Willmott and Matsuura, "Advantages of the mean absolute error (MAE) over the root mean square error (RMSE) in assessing average model
        performance", 2005, doi:10.3354/cr030079.
    """
    return np.abs(mean[:, -1] - truth[:, -1])
