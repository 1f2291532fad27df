"""Conformal quantiles for generative models, learnt once when they are fitted.

Networks are too sure of themselves at some prefix lengths and leads, not enough at others, and may be off to one side, which no single factor
on their spread puts right. So their own median and half the distance between their quantiles 0.1 and 0.9, both on the scale of
:mod:`predictors.scale`, take the places of the point forecast and the difficulty in :mod:`predictors.conformal`, with validation curves
to calibrate on. These are forecast at a few prefix lengths only, so that a forecast of one curve need not forecast them all; a
prefix in between takes offsets between those of the neighbouring lengths, at the same part of the way to the last epoch, and then the
coverage is near, not exact. Nor is it quite exact where
the validation curves also told a fit when to stop.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import CurveSet, Floats, Observed
from nasbench_lc.forecast import LEVELS, Forecast
from predictors.base import State
from predictors.conformal import bounded, conformal_offsets
from predictors.scale import from_scale, to_scale

__all__ = ["Recalibration", "tried_lengths"]

_NAME = "calibration."
PARTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7)


def tried_lengths(epochs: int) -> npt.NDArray[np.int64]:
    """The prefix lengths at which calibration curves are forecast once and for all, increasing and below `T` = `epochs`."""
    return np.unique([round(part * (epochs - 1)) for part in PARTS])


@dataclass(frozen=True, eq=False)
class Recalibration:
    """What makes quantiles exact.

    Arguments:
        lengths: Prefix lengths `K`, increasing, shape `(L,)`.
        offsets: In units of the difficulty, shape `(L, T, Q)`; NaN for epochs up to `K` and where too few curves are known.
        span: The range of :func:`predictors.conformal.value_range`.
    """

    lengths: npt.NDArray[np.int64]
    offsets: Floats
    span: Floats

    @classmethod
    def learn(
        cls, ask: Callable[[Observed, Floats], Forecast], calibration: CurveSet, lengths: npt.NDArray[np.int64], span: Floats
    ) -> Self:
        """From curves that the model behind `ask`, from prefixes and a horizon to a forecast, never saw."""
        offsets = np.full((len(lengths), calibration.epochs, len(LEVELS)), np.nan)
        for row, k in zip(offsets, lengths, strict=True):
            prefix, target = calibration.observe(int(k))
            centre, spread = _centre_and_spread(ask(prefix, target.t), calibration.metric)
            residuals = (to_scale(target.y, calibration.metric) - centre) / spread
            row[k:] = conformal_offsets(residuals, groups=calibration.group)
        return cls(lengths, offsets, span)

    def apply(self, own: Forecast, observed: Observed) -> Forecast:
        """The model's own forecast with other quantiles; mean, samples and density stay, and so do quantiles of epochs without an offset for every level.

        Epochs beyond the calibration curves take the offsets of their last epoch.
        """
        offsets = self._offsets(len(observed.t), own.t)
        centre, spread = _centre_and_spread(own, observed.metric)
        shown = to_scale(observed.target, observed.metric)
        z = bounded(centre[..., None] + spread[..., None] * offsets, self.span, shown, centre)
        known = np.isfinite(offsets).all(axis=1, keepdims=True)
        quantiles = np.where(known, from_scale(z, observed.metric), own.quantiles)
        return Forecast(own.t, own.mean, LEVELS, quantiles, own.samples, own.density)

    def _offsets(self, k: int, t: Floats) -> Floats:
        """For a prefix of `k` epochs, shape `(H, Q)`."""
        epochs = self.offsets.shape[1]
        way = np.clip((t - k - 1) / max(epochs - k - 1, 1), 0.0, 1.0)
        place = float(np.interp(np.log1p(k), np.log1p(self.lengths), np.arange(len(self.lengths))))
        low, high = (
            self.offsets[i, np.rint(self.lengths[i] + way * (epochs - self.lengths[i] - 1)).astype(np.int64)]
            for i in (math.floor(place), math.ceil(place))
        )
        return low + (place - math.floor(place)) * (high - low)

    def state(self) -> State:
        """As arrays among the others of a checkpoint."""
        return {_NAME + f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def part_of(cls, state: Mapping[str, npt.NDArray[Any]]) -> Self | None:
        """That of a checkpoint, the inverse of :meth:`state`; None where it has none."""
        names = [_NAME + f.name for f in fields(cls)]
        return cls(*(np.array(state[name]) for name in names)) if names[0] in state else None

    @staticmethod
    def left_out_of(state: Mapping[str, npt.NDArray[Any]]) -> State:
        """The other arrays of a checkpoint."""
        return {name: value for name, value in state.items() if not name.startswith(_NAME)}


def _centre_and_spread(forecast: Forecast, metric: str) -> tuple[Floats, Floats]:
    centre, low, high = (to_scale(forecast.quantile(level), metric) for level in (0.5, 0.1, 0.9))
    return centre, (high - low) / 2 + 1e-6
