"""What all point predictors share: conformal quantiles, checkpoints, and what happens beyond the epochs of the training curves."""

import abc
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import CurveSet, Floats, Observed
from nasbench_lc.errors import ConfigError, NotFittedError
from nasbench_lc.forecast import LEVELS, Forecast
from predictors.base import Predictor, State
from predictors.conformal import bounded, conformal_offsets, hold_out, value_range
from predictors.packing import align, pack, under, unpack
from predictors.prefix import last_value, wobble
from predictors.scale import from_scale, to_scale

__all__ = ["PointPredictor"]


class PointPredictor(Predictor):
    """Wraps a point forecast into a predictor with exact split-conformal quantiles.

    A subclass says what it learns and how it forecasts, both on the scale of :mod:`predictors.scale`. `fit` keeps a part of the curves
    apart (:func:`predictors.conformal.hold_out`); `predict` forecasts these beside the observed ones, from prefixes of the same length,
    and reads the quantiles off their residuals. No quantile leaves the range of the curves of `fit`: :mod:`predictors.conformal` says what that costs.

    Beyond the last epoch of the training curves the last offsets are held; where already the prefix reaches it, the forecast is the last
    observed value, calibrated one epoch ahead.
    """

    _known: State | None = None
    _calibration: CurveSet
    _span: Floats

    def __init__(self, config: Any) -> None:
        self.config = config

    @abc.abstractmethod
    def _learn(self, train: CurveSet) -> State:
        """What to remember of the training curves, as arrays."""

    def _tune(self, known: State, calibration: CurveSet) -> State:
        """What was learnt, with what is better chosen on curves that were not learnt from; a number or two, or quantiles are no longer right."""
        return known

    @abc.abstractmethod
    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats | None]:
        """Point forecasts on the scale, shape `(N, H)`, and how far off they may be, likewise and positive, or None if the model cannot tell.

        `t` may run beyond the training curves: a model that cannot extrapolate holds its last forecast.
        """

    @final
    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> Self:
        """Learn from `train`, less what calibration needs; see :class:`PointPredictor`.

        Raises:
            ConfigError: If there is no training curve, or none with a finite value of the metric.
        """
        if not np.isfinite(train.target).any():
            raise ConfigError(
                f"A predictor must be fitted to at least one finite value of {train.metric}; got {len(train)} curves without one. Give it more."
            )
        rest, calibration = hold_out(train, valid)
        if not np.isfinite(rest.target).any():
            rest = train
        self._known = _copies(self._tune(_copies(self._learn(rest)), calibration))
        self._calibration, self._span = calibration, value_range(rest, calibration)
        return self

    @final
    def predict(self, observed: Observed, t: Floats) -> Forecast:
        """Forecast by the point model, with conformal quantiles.

        Raises:
            NotFittedError: Before `fit` or `load_state`.
            ConfigError: If another metric is asked for than was learnt.
        """
        if self._known is None:
            raise NotFittedError("A predictor must be fitted before it predicts; got one that is not. Call fit or load_state first.")
        observed = align(observed, self._calibration)
        last = self._calibration.epochs
        k = min(len(observed.t), last - 1)
        prefix, target = self._calibration.observe(k)
        at = np.clip(t, k + 1, last)
        n = len(prefix)
        if len(observed.t) >= last:
            usual = self._usual_end()
            z, spread = _persist(observed, len(t), usual)
            z0, spread0 = _persist(prefix, len(t), usual)
        else:
            # Always all epochs: a forecast should not depend on which others are asked for.
            grid = np.union1d(np.arange(k + 1, last + 1), t)
            both, width = self._point(self._known, _concatenate(prefix, observed), grid)
            width = np.broadcast_to(wobble(_concatenate(prefix, observed))[:, None], both.shape) if width is None else width
            here, there = np.searchsorted(grid, at), np.searchsorted(grid, t)
            z, spread, z0, spread0 = both[n:, there], width[n:, there], both[:n, here], width[:n, here]
        # Interpolation may undershoot: what no curve ever was below, and 0 where none was negative, no forecast is.
        least = min(0.0, float(self._span[0]))
        z, z0 = np.maximum(z, least), np.maximum(z0, least)
        truth = to_scale(target.y, observed.metric)[:, at.astype(np.int64) - 1 - k]
        offsets = conformal_offsets((truth - z0) / spread0, groups=self._calibration.group)
        shown = to_scale(observed.target, observed.metric)
        quantiles = bounded(z[..., None] + spread[..., None] * offsets, self._span, shown, z)
        return Forecast(t, from_scale(z, observed.metric), LEVELS, from_scale(quantiles, observed.metric))

    def _usual_end(self) -> float:
        """Where calibration curves end on average, on the scale; 0 where none has a value."""
        z = to_scale(self._calibration.target, self._calibration.metric)
        ends = last_value(z, np.full(len(z), np.nan))
        ends = ends[np.isfinite(ends)]
        return float(ends.mean()) if len(ends) else 0.0

    @final
    def state(self) -> State:
        """What was learnt, the calibration curves, and the range of all values.

        Raises:
            NotFittedError: Before `fit` or `load_state`.
        """
        if self._known is None:
            raise NotFittedError("A predictor must be fitted before its state is read; got one that is not. Call fit first.")
        known = {f"known.{k}": v for k, v in self._known.items()}
        return known | {f"calibration.{k}": v for k, v in pack(self._calibration).items()} | {"range": self._span}

    @final
    def load_state(self, state: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """The inverse of `state`."""
        self._known = _copies(under("known.", state))
        self._calibration = unpack(under("calibration.", state))
        self._span = np.array(state["range"], dtype=np.float64)
        return self


def _copies(known: State) -> State:
    """The arrays in C order in memory of their own, as a checkpoint gives them back: matrix products round by layout and alignment."""
    return {name: np.array(value, order="C") for name, value in known.items()}


def _persist(observed: Observed, horizon: int, default: float) -> tuple[Floats, Floats]:
    """The last observed value at every epoch, `default` where there is none, and the default difficulty."""
    z = last_value(to_scale(observed.target, observed.metric), np.full(len(observed), default))
    return np.repeat(z[:, None], horizon, 1), np.repeat(wobble(observed)[:, None], horizon, 1)


def _concatenate(a: Observed, b: Observed) -> Observed:
    """The curves of both, which share metrics, hyperparameters and observed epochs."""
    return replace(
        b,
        architectures=a.architectures + b.architectures,
        hyperparameters=np.concatenate([a.hyperparameters, b.hyperparameters]),
        y=np.concatenate([a.y, b.y]),
        n_params=np.concatenate([a.n_params, b.n_params]),
        n_macs=np.concatenate([a.n_macs, b.n_macs]),
    )
