"""Whether the uncertainty of forecasts can be believed, and how sharp it is.

Quantiles have shape `(N, H, Q)` at levels `(Q,)`, truths `(N, H)`. NaN policy: as in :mod:`evaluation.accuracy`; a forecast without quantiles
(NaN) or without a density has a NaN score, never a made-up one.
"""

import numpy as np
from scipy.special import logsumexp

from evaluation.accuracy import mean_present
from nasbench_lc.curves import Floats
from nasbench_lc.forecast import Forecast, Mixture

__all__ = ["coverage", "crps", "crps_median", "nll", "pinball", "pit_histogram", "reliability", "width"]


def pinball(quantiles: Floats, levels: Floats, truth: Floats) -> Floats:
    """Pinball (quantile) loss ``max(q (y - f), (q - 1) (y - f))``, shape `(N, H, Q)`, in the unit of the metric.

    References:
        Koenker and Bassett, "Regression quantiles", 1978, doi:10.2307/1913643.
    """
    error = truth[..., None] - quantiles
    return np.maximum(levels * error, (levels - 1) * error)


def crps(quantiles: Floats, levels: Floats, truth: Floats) -> Floats:
    """Continuous ranked probability score of each curve, in the unit of the metric, shape `(N,)`.

    Twice the mean pinball loss over the levels, averaged over the epochs: the integral over levels that defines the CRPS, as a sum. It is
    proper for the stored quantiles; a point mass scores its absolute error where levels are symmetric.

    References:
        Gneiting and Raftery, "Strictly proper scoring rules, prediction, and estimation", 2007, doi:10.1198/016214506000001437.
    """
    return mean_present(2 * pinball(quantiles, levels, truth).mean(-1), truth)


def crps_median(quantiles: Floats, levels: Floats, truth: Floats) -> float:
    """The median over curves of :func:`crps`, in the unit of the metric: one exploded curve decides the mean, whoever forecasts it."""
    values = crps(quantiles, levels, truth)[np.isfinite(truth).any(-1)]
    return float(np.median(values)) if len(values) else float("nan")


def nll(density: Mixture | None, truth: Floats) -> Floats:
    """Negative log density of the truth of each curve, mean over epochs, in nats, shape `(N,)`; NaN without a density.

    The density at an epoch is the mixture ``1/S sum_s N(y; mean_s, std_s^2)``.

    References:
        Good, "Rational decisions", 1952, doi:10.1111/j.2517-6161.1952.tb00104.x.
    """
    if density is None:
        return np.full(len(truth), np.nan)
    z = (truth[:, None, :] - density.mean) / density.std
    log = -0.5 * z**2 - np.log(density.std) - 0.5 * np.log(2 * np.pi)
    return mean_present(-(logsumexp(log, axis=1) - np.log(density.mean.shape[1])), truth)


def coverage(forecast: Forecast, truth: Floats, level: float) -> Floats:
    """The fraction of each curve's epochs inside the central interval of probability `level`, shape `(N,)`; ideal is `level`.

    References:
        Christoffersen, "Evaluating interval forecasts", 1998, doi:10.2307/2527341.
    """
    low, high = forecast.interval(level)
    inside = ((truth >= low) & (truth <= high)).astype(np.float64)
    return mean_present(np.where(np.isnan(low) | np.isnan(high), np.nan, inside), truth)


def width(forecast: Forecast, truth: Floats, level: float) -> Floats:
    """Sharpness: the mean width of each curve's central interval, in the unit of the metric, shape `(N,)`.

    References:
        Gneiting, Balabdaoui and Raftery, "Probabilistic forecasts, calibration and sharpness", 2007, doi:10.1111/j.1467-9868.2007.00587.x.
    """
    low, high = forecast.interval(level)
    return mean_present(high - low, truth)


def reliability(quantiles: Floats, truth: Floats) -> Floats:
    """The fraction of truths at or below each quantile, shape `(Q,)`; ideal is the level itself.

    References:
        Kuleshov, Fenner and Ermon, "Accurate uncertainties for deep learning using calibrated regression", 2018, arXiv:1807.00263.
    """
    present = np.isfinite(truth)
    if not present.any() or np.isnan(quantiles[present]).any():
        return np.full(quantiles.shape[-1], np.nan)
    return (truth[present][:, None] <= quantiles[present]).mean(0)


def pit_histogram(forecast: Forecast, truth: Floats, bins: int = 10) -> Floats:
    """The histogram of the probability integral transform, shape `(bins,)`, fractions that sum to 1; flat is calibrated.

    Bin b counts the truths between the quantiles of level b / bins and (b + 1) / bins; a hump means too wide, a bowl too narrow.

    References:
        Dawid, "Statistical theory: the prequential approach", 1984, doi:10.2307/2981683.
    """
    inner = np.stack([forecast.quantile(b / bins) for b in range(1, bins)], -1)
    below = np.concatenate([[0.0], reliability(inner, truth), [1.0]])
    return np.diff(below)
