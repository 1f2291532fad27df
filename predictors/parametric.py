"""Parametric curves, fitted to the prefix alone and averaged."""

from dataclasses import dataclass
from typing import final

import numpy as np

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.mean_curve import mean_curve, mean_curve_at
from predictors.options import Options, number
from predictors.parametric_families import FAMILIES
from predictors.parametric_fit import fit_family
from predictors.point import PointPredictor
from predictors.prefix import fill, last_value
from predictors.robust import limits
from predictors.scale import to_scale

__all__ = ["Parametric", "ParametricConfig"]

LEAST_RANGE, MOST_RANGE = 0.02, 3.0
"""A prefix that moves less than this on the scale is treated as if it moved so much, its shape being noise; likewise one that exploded."""
ROWS = 256
"""Curves per batch, so that memory does not grow with their number."""


@dataclass(frozen=True)
class ParametricConfig(Options):
    """Hyperparameters of the parametric fits.

    Arguments:
        asymptote: Prior standard deviation of the asymptote around the last value, in ranges of the prefix.
        amplitude: Prior standard deviation of the amplitude, likewise.
    """

    asymptote: float = number(1.0, 1e-3, 1e3)
    amplitude: float = number(3.0, 1e-3, 1e3)


@final
class Parametric(PointPredictor):
    """Fits pow3, pow4, mmf4, wbl4, exp3 and ilog2 to every prefix, on the scale of comparison, and averages them.

    The fits are robust and multi-started (:mod:`predictors.parametric_families`,
    :mod:`predictors.parametric_fit`), with weak priors in the unit of the prefix's range; each
    family counts by its Laplace evidence. The noise of a curve is read off its second differences. The spread that scales the conformal
    intervals joins noise, parameter uncertainty, and disagreement of the families. It extrapolates beyond the training curves. Of these
    it uses nothing but their mean, for curves of which nothing was observed.

    Source: Domhan et al., IJCAI 2015, whose MCMC over a weighted sum this replaces by Laplace's approximation.
    """

    config: ParametricConfig

    def __init__(self, config: ParametricConfig | None = None) -> None:
        super().__init__(config or ParametricConfig())

    def _learn(self, train: CurveSet) -> State:
        return {"mean": mean_curve(train), "limits": limits(to_scale(train.target, train.metric))}

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        z = np.clip(to_scale(observed.target, observed.metric), *known["limits"][:, : len(observed.t)])
        mean = np.tile(mean_curve_at(known["mean"], t), (len(z), 1))
        spread = np.ones_like(mean)
        seen = np.flatnonzero(np.isfinite(z).any(1))
        for start in range(0, len(seen), ROWS):
            rows = seen[start : start + ROWS]
            mean[rows], spread[rows] = self._extrapolate(observed.t, z[rows], t, observed.epochs)
        return mean, spread

    def _extrapolate(self, x: Floats, z: Floats, t: Floats, epochs: int) -> tuple[Floats, Floats]:
        """Averaged forecasts and their standard deviations, each `(N, H)`, of prefixes `(N, K)` with at least one value each."""
        last = last_value(z, np.zeros(len(z)))
        size = np.clip(np.nanmax(z, axis=1) - np.nanmin(z, axis=1), LEAST_RANGE, MOST_RANGE)
        y = (z - last[:, None]) / size[:, None]
        noise = _noise(y)
        fits = []
        for family in FAMILIES.values():
            phi = family.prior(epochs)
            prior = np.tile(np.concatenate([[0.0, 0.0], phi]), (len(z), 1))
            std = np.tile(np.array([self.config.asymptote, self.config.amplitude, *family.std]), (len(z), 1))
            fits.append(fit_family(family, x, y, noise, prior, std))
        evidence = np.stack([f.evidence for f in fits])
        weight = np.exp(evidence - evidence.max(0))
        weight /= weight.sum(0)
        values, variances = (np.stack(parts) for parts in zip(*(f.predict(t) for f in fits), strict=True))
        mean = np.einsum("fn,fnh->nh", weight, values)
        variance = np.einsum("fn,fnh->nh", weight, variances + (values - mean) ** 2) + noise[:, None] ** 2
        return last[:, None] + size[:, None] * mean, size[:, None] * np.sqrt(variance)


def _noise(y: Floats) -> Floats:
    """The standard deviation of the noise of each prefix, robustly from its second differences; at least 0.02 of its range."""
    if y.shape[1] < 5:
        return np.full(len(y), 0.1)
    second = np.abs(np.diff(fill(y, np.zeros(y.shape[1])), 2, axis=1))
    return np.clip(1.4826 * np.median(second, axis=1) / np.sqrt(6), 0.02, 0.5)
