"""What a predictor answers: a distribution for every curve and future epoch."""

from dataclasses import dataclass, replace

import numpy as np

from nasbench_lc.curves import Floats
from nasbench_lc.errors import ConfigError

__all__ = ["LEVELS", "Forecast", "Mixture"]

LEVELS: Floats = np.array([q / 40 for q in range(1, 40)], dtype=np.float64)
"""The quantile levels that every forecast answers: 0.025, 0.05 ... 0.975, shape `(39,)`."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """An equally weighted mixture of normal distributions, the density of a forecast.

    Arguments:
        mean: Shape `(N, S, H)`.
        std: Shape `(N, S, H)`, positive.
    """

    mean: Floats
    std: Floats


@dataclass(frozen=True, eq=False)
class Forecast:
    """Forecasts of `N` curves at `H` epochs.

    Arguments:
        t: The epochs, shape `(H,)`.
        mean: The point forecast, shape `(N, H)`.
        levels: Increasing levels in (0, 1), shape `(Q,)`.
        quantiles: Non-decreasing along the last axis, shape `(N, H, Q)`; NaN where the predictor cannot tell.
        samples: Whole-curve draws, shape `(N, S, H)`, or None.
        density: The predictive density where the model has one, or None.
    """

    t: Floats
    mean: Floats
    levels: Floats
    quantiles: Floats
    samples: Floats | None = None
    density: Mixture | None = None

    @classmethod
    def from_point(cls, t: Floats, mean: Floats, levels: Floats = LEVELS) -> "Forecast":
        """A forecast without uncertainty: its quantiles are NaN."""
        return cls(t, mean, levels, np.full((*mean.shape, len(levels)), np.nan))

    @classmethod
    def from_samples(
        cls, t: Floats, samples: Floats, mean: Floats | None = None, density: Mixture | None = None, levels: Floats = LEVELS
    ) -> "Forecast":
        """Quantiles and mean from draws of shape `(N, S, H)`; `mean` replaces their average where the model knows better."""
        quantiles = np.moveaxis(np.quantile(samples, levels, axis=1), 0, -1)
        return cls(t, samples.mean(1) if mean is None else mean, levels, quantiles, samples, density)

    def quantile(self, level: float) -> Floats:
        """The quantile at a level, shape `(N, H)`, interpolated linearly between the stored levels.

        Raises:
            ConfigError: If the level lies outside the stored ones: no forecast invents its tails.
        """
        low, high = float(self.levels[0]), float(self.levels[-1])
        if not low - 1e-12 <= level <= high + 1e-12:
            raise ConfigError(f"A quantile level must lie in {low} .. {high}; got {level}. Choose one inside.")
        right = int(np.clip(np.searchsorted(self.levels, level - 1e-12), 0, len(self.levels) - 1))
        if abs(self.levels[right] - level) < 1e-12 or right == 0:
            return self.quantiles[..., right]
        weight = (level - self.levels[right - 1]) / (self.levels[right] - self.levels[right - 1])
        return (1 - weight) * self.quantiles[..., right - 1] + weight * self.quantiles[..., right]

    def interval(self, coverage: float) -> tuple[Floats, Floats]:
        """The central interval that should hold a fraction `coverage` of the truths: two arrays of shape `(N, H)`."""
        return self.quantile((1 - coverage) / 2), self.quantile((1 + coverage) / 2)

    def until(self, horizon: float) -> "Forecast":
        """The same forecast, cut after epoch `horizon`."""
        keep = self.t <= horizon
        return replace(
            self,
            t=self.t[keep],
            mean=self.mean[:, keep],
            quantiles=self.quantiles[:, keep],
            samples=None if self.samples is None else self.samples[:, :, keep],
            density=None if self.density is None else Mixture(self.density.mean[:, :, keep], self.density.std[:, :, keep]),
        )
