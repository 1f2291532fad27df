"""What all neural sequence predictors share: scales, the fit, forecasts in chunks, and what a checkpoint holds.

Networks are fitted and stored in single precision and asked in double: the scale of an exploded run magnifies rounding, which in
single precision depends on how many rows are computed together.

One factor fitted on validation curves widens their samples (:mod:`predictors.stretch`); where there are 39 such groups, the quantiles are
conformal (:mod:`predictors.recalibration`).
"""

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt
import torch

from nasbench_lc.curves import CurveSet, Floats, Observed
from nasbench_lc.errors import ConfigError, NotFittedError
from nasbench_lc.forecast import Forecast, Mixture
from predictors.base import Predictor, State
from predictors.batches import Inputs, Scales
from predictors.conformal import ENOUGH, value_range
from predictors.fitting import FitOptions, Network, cut_validation, fit
from predictors.options import choice, number
from predictors.packing import check_metric, pack_json, unpack_json
from predictors.paths import POINTS, forecast_from_paths
from predictors.recalibration import Recalibration, tried_lengths
from predictors.stretch import stretch, stretch_factor

__all__ = ["NeuralOptions", "NeuralPredictor"]

CHUNK = 2048
"""Paths per pass of a network: what a step of 2048 needs stays in the cache of a processor."""
STATISTICS, STRETCH = "scales.json", "stretch"


@dataclass(frozen=True)
class NeuralOptions(FitOptions):
    """The budget, and how a forecast is sampled.

    Arguments:
        centred: Whether networks see deviations from the mean training curve.
        paths: `Z`, latent paths of a forecast.
        strata: `E`, slices of the observation noise around each path; `S` = `Z` x `E`.
        point: The point forecast: ``"median"``, or ``"relative"``, the least expected relative error.
    """

    centred: bool = True
    paths: int = number(8, 1, 10_000)
    strata: int = number(5, 1, 10_000)
    point: str = choice("relative", POINTS)


class NeuralPredictor(Predictor, abc.ABC):
    """A predictor around a :class:`predictors.fitting.Network`; a subclass says what it reads and builds the network."""

    config: NeuralOptions
    _scales: Scales | None = None
    _network: Network | None = None
    _stretch: float = 1.0
    _calibration: Recalibration | None = None

    @abc.abstractmethod
    def inputs(self) -> Inputs:
        """What the network reads besides the metric."""

    @abc.abstractmethod
    def build(self, scales: Scales) -> Network:
        """The network, with fresh weights from torch's current seed."""

    @final
    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> Self:
        """Learn from whole curves.

        Raises:
            ConfigError: If no training curve has a value of the metric, or all are shorter than two epochs.
        """
        if train.epochs < 2 or not np.isfinite(train.target).any():
            raise ConfigError(
                f"A neural predictor needs a training curve with values at two epochs or more; got {len(train)} curves "
                f"of {train.epochs} epochs without. Choose another metric or file."
            )
        scales = Scales.fit(train, self.inputs())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.seed)
            network = self.build(scales)
        held_out = scales.whole(valid) if valid is not None and len(valid) and valid.epochs > 1 else None
        fit(network, scales.whole(train), held_out, self.config)
        cuts = cut_validation(held_out, self.config.prefix) if held_out is not None else []
        self._stretch = stretch_factor(network, cuts, self.config.paths, self.config.seed)
        self._scales, self._network = scales, network.eval().double()
        self._calibration = None
        if valid is not None and len(valid) >= ENOUGH and held_out is not None:
            one = self.config.prefix
            lengths = np.array([min(one, valid.epochs - 1)]) if one else tried_lengths(valid.epochs)
            self._calibration = Recalibration.learn(self._ask, valid, lengths, value_range(train, valid))
        return self

    @final
    def predict(self, observed: Observed, t: Floats) -> Forecast:
        """Forecast; see :meth:`predictors.base.Predictor.predict`.

        Raises:
            NotFittedError: Before `fit` or `load_state`.
            ConfigError: If another metric is asked for than was learnt.
        """
        check_metric(observed, self.fitted()[0].metrics[0])
        if not len(observed):
            return Forecast.from_point(t, np.empty((0, len(t))))
        own = self._ask(observed, t)
        return own if self._calibration is None else self._calibration.apply(own, observed)

    @torch.no_grad()
    def _ask(self, observed: Observed, t: Floats) -> Forecast:
        """What the samples of the network say."""
        scales, network = self.fitted()
        times = torch.as_tensor(t, dtype=torch.float64)
        parts = []
        rows = max(1, CHUNK // self.config.paths)
        for start in range(0, len(observed), rows):
            generator = torch.Generator().manual_seed(self.config.seed)
            prefix = scales.prefix(observed.subset(slice(start, start + rows))).double()
            paths = stretch(network.forecast(prefix, times, self.config.paths, generator), self._stretch).float()
            parts.append(forecast_from_paths(t, paths, lambda x: scales.restore(t, x), self.config.strata, self.config.point))
        return _stack(parts)

    @final
    def state(self) -> State:
        """Weights under their names, the statistics of the training curves as the bytes of a JSON text, the stretch, and the calibration."""
        scales, network = self.fitted()
        weights: State = {name: value.float().numpy() for name, value in network.state_dict().items()}
        calibration = {} if self._calibration is None else self._calibration.state()
        return {STATISTICS: pack_json(scales.raw()), STRETCH: np.array([self._stretch]), **calibration, **weights}

    @final
    def load_state(self, state: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """The inverse of :meth:`state`."""
        scales = Scales.from_raw(unpack_json(state[STATISTICS]))
        with torch.random.fork_rng(devices=[]):
            network = self.build(scales)
        weights: dict[str, Any] = {name: torch.from_numpy(np.array(state[name])) for name in network.state_dict()}
        network.load_state_dict(weights)
        self._calibration = Recalibration.part_of(state)
        self._scales, self._network, self._stretch = scales, network.eval().double(), float(np.asarray(state[STRETCH])[0])
        return self

    @final
    def fitted(self) -> tuple[Scales, Network]:
        """The statistics of the training curves and the network.

        Raises:
            NotFittedError: Before `fit` or `load_state`.
        """
        if self._scales is None or self._network is None:
            raise NotFittedError("A predictor must be fitted before it is used; got a fresh one. Call fit or load_state.")
        return self._scales, self._network


def _stack(parts: list[Forecast]) -> Forecast:
    if len(parts) == 1:
        return parts[0]
    samples = np.concatenate([p.samples for p in parts if p.samples is not None])
    densities = [p.density for p in parts if p.density is not None]
    density = Mixture(np.concatenate([d.mean for d in densities]), np.concatenate([d.std for d in densities]))
    first = parts[0]
    mean, quantiles = np.concatenate([p.mean for p in parts]), np.concatenate([p.quantiles for p in parts])
    return Forecast(first.t, mean, first.levels, quantiles, samples, density)
