"""Small curve sets and predictors with known behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.curves import CurveSet, Floats, Observed, Status
from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import LEVELS, Forecast, Mixture
from predictors.base import Predictor, State


def chain(units: int) -> Architecture:
    return Architecture("mlp", (Node("input"), Node.of("linear", units=units), Node("output")), ((0, 1), (1, 2)), str(units))


def toy_curves(n: int = 24, epochs: int = 12, seed: int = 0, repeats: int = 1, metric: str = "test_loss") -> CurveSet:
    """Exponential decays to a random floor; runs of one architecture share a group."""
    rng = np.random.default_rng(seed)
    t = np.arange(1, epochs + 1)
    floor, start, rate = rng.uniform(0.1, 1, n), rng.uniform(1, 2, n), rng.uniform(0.05, 0.6, n)
    loss = floor[:, None] + start[:, None] * np.exp(-rate[:, None] * t) + rng.normal(0, 0.005, (n, epochs))
    units = [8 + i // repeats for i in range(n)]
    return CurveSet(
        architectures=tuple(chain(u) for u in units),
        hyperparameters=np.stack([rate, start], 1),
        hyperparameter_names=("lr", "momentum"),
        y=np.stack([loss * 0.9, loss, 1 / (1 + loss)], -1),
        metrics=("train_loss", "test_loss", "test_acc"),
        metric=metric,
        uid=tuple(f"{seed}-{i:03d}" for i in range(n)),
        group=tuple(f"group-{u}" for u in units),
        status=(Status.OK,) * n,
        seconds=rng.uniform(0.5, 1.5, (n, 1)) * np.ones((n, epochs)),
        n_params=np.array(units, dtype=np.float64),
    )


@dataclass(frozen=True)
class ToyConfig:
    offset: float = 0.0
    prefix: int | None = None
    seed: int = 0


class Last(Predictor):
    """The last value, with quantiles and a density from how far train curves move after it."""

    def __init__(self, config: ToyConfig | None = None) -> None:
        self.config = config or ToyConfig()
        self.std = np.ones(1)
        self.fits = 0

    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> Self:
        self.std = np.nanstd(train.target[:, -1] - train.target[:, 0], keepdims=True)
        self.fits += 1
        return self

    def predict(self, observed: Observed, t: Floats) -> Forecast:
        if not len(observed.t):
            raise ConfigError("The last value needs at least 1 observed epoch; got 0. Choose --observe 1 or more.")
        mean = np.repeat(observed.target[:, -1:], len(t), 1) + self.config.offset
        z = np.linspace(-2, 2, len(LEVELS))
        density = Mixture(mean[:, None], np.full_like(mean[:, None], self.std[0]))
        return Forecast(t, mean, LEVELS, mean[..., None] + self.std[0] * z, density=density)

    def state(self) -> State:
        return {"std": self.std}

    def load_state(self, state: Mapping[str, Any]) -> Self:
        self.std = np.asarray(state["std"])
        return self


class Mean(Last):
    """The mean train curve, without any uncertainty; it cannot do without a train curve."""

    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> Self:
        self.std = np.nanmean(train.target, 0)
        return self

    def predict(self, observed: Observed, t: Floats) -> Forecast:
        return Forecast.from_point(t, np.repeat(self.std[t.astype(int) - 1][None], len(observed), 0))


class Peek(Last):
    """Forecasts the last value plus what the valid curves do on average: fair on a fair split, a leak where valid is test."""

    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> Self:
        assert valid is not None
        self.std = np.nanmean(valid.target, 0)
        return self

    def predict(self, observed: Observed, t: Floats) -> Forecast:
        last = observed.target[:, -1:] if len(observed.t) else np.full((len(observed), 1), self.std[0])
        drift = self.std[t.astype(int) - 1] - self.std[max(len(observed.t) - 1, 0)]
        return Forecast.from_point(t, last + drift)
