"""LC-BNN: a Bayesian neural network over hyperparameters and time, with learning curves built into its last layer."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from scipy.special import ndtri
from torch import Tensor

from nasbench_lc.curves import CurveSet, Floats, Observed, higher_is_better
from nasbench_lc.forecast import LEVELS, Forecast, Mixture
from predictors.base import State
from predictors.features import hyperparameter_features, vocabulary
from predictors.lc_bnn_net import LCNet, log_joint
from predictors.options import number
from predictors.packing import columns
from predictors.remembering import RememberingOptions, RememberingPredictor
from predictors.sghmc import sghmc

__all__ = ["LCBNN", "LCBNNConfig"]

ROWS = 4096
"""Rows per pass of the network when it predicts."""
KNOTS = 24
"""At so many epochs, geometrically spaced, the network is evaluated; what lies between is a cubic spline in log t."""


@dataclass(frozen=True)
class LCBNNConfig(RememberingOptions):
    """Hyperparameters of LC-BNN; the defaults are the source's.

    Arguments:
        steps: Steps of the sampler, burn-in included.
        burn_in: Steps of burn-in; never more than 3/13 of all.
        keep_every: A set of weights is kept after so many steps: 99 of them by default.
        batch_size: Rows per step.
        lr: Step size.
        seed: Of the initial weights, the batches and the injected noise.
    """

    steps: int = number(13_000, 1, 10_000_000)
    burn_in: int = number(3_000, 0, 10_000_000)
    keep_every: int = number(100, 1, 1_000_000)
    batch_size: int = number(20, 1, 100_000)
    lr: float = number(1e-2, 1e-7, 1.0)
    seed: int = number(0, 0, 2**62)


@final
class LCBNN(RememberingPredictor):
    """Weights sampled by adaptive stochastic-gradient Hamiltonian Monte Carlo; the forecast is normal with the mean and variance of the samples.

    A row of its table is (hyperparameters, t / T) and one value of a training curve. Hyperparameters are standardised; those that do not
    vary, which the source divides by zero, are 0, so where nothing varies the network sees time alone. It knows neither the architecture
    nor the observed prefix. The source puts the prefixes of the curves to forecast among the training rows; here it is fitted to training
    curves only, because `predict` never learns. Its curves rise within [0, 1]: accuracies enter as they are, losses as 1 - y / s with s
    what 95 % of the training values lie below.

    Beyond the training curves the last epoch is held. The variance of a forecast is that between the samples plus their mean noise.
    13,000 steps cost about 25 s of one core whatever the number of curves.

    Source: Klein et al., "Learning curve prediction with Bayesian neural networks", ICLR 2017, in the form of pybnn's LCNet (three basis
    functions, 50 units, one noise level), which differs from the paper's.
    """

    config: LCBNNConfig

    def __init__(self, config: LCBNNConfig | None = None) -> None:
        self.config = config or LCBNNConfig()

    def _learn(self, train: CurveSet) -> tuple[dict[str, Any], State]:
        there = np.isfinite(train.target)
        words = vocabulary(train)
        hp = hyperparameter_features(train.hyperparameters, words)
        spread = hp.std(0)
        unit = 1.0 if higher_is_better(train.metric) else max(float(np.quantile(train.target[there], 0.95)), 1e-9)
        known: State = {"centre": hp.mean(0), "spread": np.where(spread > 1e-9, spread, np.inf)}
        curve, epoch = np.nonzero(there)
        x = torch.from_numpy(np.column_stack([((hp - known["centre"]) / known["spread"])[curve], train.t[epoch] / train.epochs]))
        y = torch.from_numpy(_forward(train.target[there], train.metric, unit))
        facts = {"unit": unit, "log": words["log"], "usual": words["usual"], "names": list(train.hyperparameter_names)}
        return facts, known | {"samples": self._sample(x, y).numpy()}

    def _sample(self, x: Tensor, y: Tensor) -> Tensor:
        """Parameters of the kept samples, one per row."""
        c = self.config
        net, rows = LCNet(x.shape[1]), len(y)
        generator = torch.Generator().manual_seed(c.seed)

        def gradient(theta: Tensor) -> Tensor:
            batch = torch.randint(rows, (c.batch_size,), generator=generator)
            leaf = theta.detach().requires_grad_()
            loss = log_joint(net, net.split(leaf), x[batch], y[batch], rows)
            return rows * torch.autograd.grad(loss, leaf)[0]

        burn_in = min(c.burn_in, c.steps * 3 // 13)
        kept: list[Tensor] = []
        walk = sghmc(net.start(generator), gradient, c.steps, burn_in, c.lr, generator)
        for step, theta in enumerate(walk, start=1):
            due = step > burn_in and (step - burn_in) % c.keep_every == 0 and step < c.steps
            if due or (step == c.steps and not kept):
                kept.append(theta)
        return torch.stack(kept)

    def _forecast(self, facts: dict[str, Any], arrays: State, observed: Observed, t: Floats) -> Forecast:
        hp = columns(observed.hyperparameters, observed.hyperparameter_names, tuple(facts["names"]))
        inputs = (hyperparameter_features(hp, facts) - arrays["centre"]) / arrays["spread"]
        time = np.minimum(t, facts["epochs"]) / facts["epochs"]
        net, samples = LCNet(inputs.shape[1] + 1), torch.from_numpy(np.array(arrays["samples"]))
        centre, variance = _moments_at(net, samples, torch.from_numpy(inputs), time, 1 / facts["epochs"])
        std = np.sqrt(variance) * facts["unit"]
        centre = centre if higher_is_better(observed.metric) else (1 - centre) * facts["unit"]
        top = 1.0 if higher_is_better(observed.metric) else np.inf
        quantiles = np.clip(centre[..., None] + std[..., None] * ndtri(LEVELS), 0.0, top)
        return Forecast(t, np.clip(centre, 0.0, top), LEVELS, quantiles, density=Mixture(centre[:, None], std[:, None]))


def _forward(y: Floats, metric: str, unit: float) -> Floats:
    """Values as the network sees them: rising, typically in [0, 1]; an exploding loss is -1 at worst."""
    return np.clip(y if higher_is_better(metric) else 1 - y / unit, -1.0, 1.0)


def _moments_at(net: LCNet, samples: Tensor, inputs: Tensor, time: Floats, first: float) -> tuple[Floats, Floats]:
    """Mean and variance of the forecasts of curves `(N, P)` at the times `(H,)` in `first` .. 1: two arrays of shape `(N, H)`."""
    knots = np.geomspace(first, 1.0, KNOTS if first < 1 else 1)
    table = torch.cat([inputs.repeat_interleave(len(knots), 0), torch.from_numpy(knots).repeat(len(inputs))[:, None]], dim=1)
    moments = [m.reshape(len(inputs), len(knots)) for m in _moments(net, samples.float(), table.float())]
    if len(knots) > 1:
        between = CubicSpline(np.log(knots), np.eye(len(knots)))(np.log(time)).T
        moments = [m @ between for m in moments]
    mean, variance = moments
    noise = float(samples[:, -1].exp().mean())
    return mean, np.maximum(variance, 0.0) + noise


def _moments(net: LCNet, samples: Tensor, x: Tensor) -> tuple[Floats, Floats]:
    """Mean and variance over the samples of what the network says of every row: two arrays of shape `(rows,)`."""
    means, variances = [torch.empty(0)], [torch.empty(0)]
    sets = [net.split(theta) for theta in samples]
    with torch.no_grad():
        for part in x.split(ROWS):
            mu = torch.stack([net.mean(p, part) for p in sets])
            means.append(mu.mean(0))
            variances.append(mu.var(0, unbiased=False))
    return torch.cat(means).double().numpy(), torch.cat(variances).double().numpy()
