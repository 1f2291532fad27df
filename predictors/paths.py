"""From the latent paths of a network to a forecast in the unit of the metric.

A network answers with `Z` equally likely paths and a scale of observation noise around each. The noise is not drawn but laid out:
the `Z` x `E` samples stand at the midpoints of equal slices of its distribution, each sample keeping its slice over the whole
curve. So quantiles are smooth with a few dozen samples, sampled curves look like curves, and a row depends on no random number of
another row.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nasbench_lc.curves import Floats
from nasbench_lc.forecast import LEVELS, Forecast, Mixture

__all__ = ["POINTS", "Paths", "forecast_from_paths", "noise_layout", "normal_crps", "robust_nll"]

KERNEL = 0.3
HUBER = 3.0
LOG_NORM = math.log(math.sqrt(2 * math.pi) * math.erf(HUBER / math.sqrt(2)) + 2 / HUBER * math.exp(-(HUBER**2) / 2))
POINTS = ("median", "relative")
SMALLEST = 1e-3
"""The smallest denominator of a relative error, as in the scores."""


@dataclass(frozen=True, eq=False)
class Paths:
    """Latent paths on the scale of the networks.

    Arguments:
        mean: Shape `(N, Z, H)`.
        scale: Standard deviation of the observation noise, positive, likewise.
    """

    mean: Tensor
    scale: Tensor

    def float(self) -> "Paths":
        """The same in single precision."""
        return Paths(self.mean.float(), self.scale.float())


def robust_nll(paths: Paths, y: Tensor, mask: Tensor) -> Tensor:
    """The negative log-likelihood of `y` `(N, H)`, averaged over paths and over what `mask` knows: a scalar, in nats per value.

    The density is Huber's (1964): normal within 3 deviations, exponential beyond, so that one exploded run has a bounded pull on a fit and on the
    choice of its best epoch.
    """
    error = ((y.unsqueeze(1) - paths.mean) / paths.scale).abs()
    inner = error.clamp(max=HUBER)
    nll = inner * (error - 0.5 * inner) + paths.scale.log() + LOG_NORM
    return (nll.mean(1) * mask).sum() / mask.sum().clamp(min=1)


def normal_crps(paths: Paths, y: Tensor, mask: Tensor) -> Tensor:
    """The continuous ranked probability score of the normal with the moments of the paths, averaged over what `mask` knows: a scalar.

    Gneiting and Raftery, "Strictly proper scoring rules, prediction, and estimation", JASA 2007, equation 21.
    """
    spread = (paths.scale.square().mean(1) + paths.mean.var(1, correction=0)).sqrt()
    z = (y - paths.mean.mean(1)) / spread
    density = torch.exp(-0.5 * z.square()) / math.sqrt(2 * math.pi)
    crps = spread * (z * torch.erf(z / math.sqrt(2)) + 2 * density - 1 / math.sqrt(math.pi))
    return (crps * mask).sum() / mask.sum().clamp(min=1)


def noise_layout(paths: int, strata: int) -> Tensor:
    """Standard normal quantiles, shape `(Z, E)`: all `Z` x `E` midpoints of equal slices, interleaved over the paths."""
    slot = torch.arange(strata) * paths + torch.arange(paths).unsqueeze(1)
    level = (slot.double() + 0.5) / (paths * strata)
    return (2**0.5 * torch.erfinv(2 * level - 1)).float()


def forecast_from_paths(t: Floats, paths: Paths, restore: Callable[[Tensor], Tensor], strata: int, point: str = "median") -> Forecast:
    """The forecast: `S` = `Z` x `E` samples, their quantiles, a point, and the density of a narrow normal around each of them.

    The point is the median, or with ``"relative"`` what minimises the expected absolute error relative to the truth: the median with each sample
    weighted by its inverse (Gneiting, "Making and evaluating point forecasts", JASA 2011, section 2.2). It lies below the median where a forecast is wide.
    The density convolves what the samples already spread (all but 0.3 of the noise) with the rest, linearised where each sample lies.
    """
    n, z, h = paths.mean.shape
    noise = noise_layout(z, strata)[None, :, :, None]
    mean, sigma = paths.mean.unsqueeze(2), paths.scale.unsqueeze(2)
    samples = restore(mean + sigma * noise).reshape(n, z * strata, h).numpy()
    centre = mean + sigma * noise * (1 - KERNEL**2) ** 0.5
    step = KERNEL * sigma
    width = (restore(centre + step) - restore(centre - step)) / 2
    density = Mixture(
        restore(centre).reshape(n, z * strata, h).double().numpy(),
        width.clamp(min=1e-6).reshape(n, z * strata, h).double().numpy(),
    )
    ordered = np.sort(np.ascontiguousarray(np.swapaxes(samples, 1, 2)), axis=-1)
    quantiles = _quantiles(ordered, LEVELS)
    centre_of_mass = quantiles[..., len(LEVELS) // 2] if point == "median" else _relative_median(ordered)
    return Forecast(t, centre_of_mass, LEVELS, quantiles, samples.astype(np.float64), density)


def _quantiles(ordered: Floats, levels: Floats) -> Floats:
    """`np.quantile(ordered, levels, axis=-1)` with the levels last, of samples that are in order."""
    place = levels * (ordered.shape[-1] - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, ordered.shape[-1] - 1)
    weight = (place - low).astype(ordered.dtype)
    below, above = ordered[..., low], ordered[..., high]
    return np.minimum(below + (above - below) * weight, above).astype(np.float64)  # never decreasing, not even by a rounding


def _relative_median(ordered: Floats) -> Floats:
    """The median of ordered samples `(N, H, S)` with weights 1 / max(sample, 0.001), interpolated between the samples."""
    weights = 1 / np.maximum(ordered, SMALLEST)
    middle = (np.cumsum(weights, axis=-1, dtype=np.float64) - weights / 2) / weights.sum(-1, dtype=np.float64, keepdims=True)
    after = np.clip((middle < 0.5).sum(-1, keepdims=True), 1, ordered.shape[-1] - 1)
    (low, high), (y0, y1) = (
        [np.take_along_axis(a, i, axis=-1)[..., 0].astype(np.float64) for i in (after - 1, after)] for a in (middle, ordered)
    )
    return y0 + (y1 - y0) * np.clip((0.5 - low) / np.maximum(high - low, 1e-12), 0, 1)
