"""NSDE: the latent stochastic differential equation.

Li, Wong, Chen, Duvenaud 2020 (arXiv 2001.01328) in the form that LC-GODE compares with (dingyanna/LC-GODE, `latent_sde`): the prior
is an Ornstein-Uhlenbeck process started from its stationary law, h = -z, g constant; the posterior drift is a two-layer network.
Ours differs in that g is learned, one value a dimension, and that the drift sees the encoded prefix besides the state.
"""

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from predictors.batches import Future, Inputs, Prefix, Scales
from predictors.fitting import Network
from predictors.interpolation import linear_weights
from predictors.neural import NeuralOptions, NeuralPredictor
from predictors.options import choice, number
from predictors.paths import Paths, robust_nll
from predictors.posterior import CLOCKS, MIN_SCALE, Clock, Gaussian, Posterior, PrefixEncoder, kl
from predictors.sde import euler_maruyama
from predictors.sequence_encoder import ENCODERS

__all__ = ["NSDE", "LatentSDE", "NSDEOptions"]


@dataclass(frozen=True)
class NSDEOptions(NeuralOptions):
    """The latent SDE.

    Arguments:
        latent: `D`.
        hidden: The width of the hidden layer of the drift.
        encoder: How the prefix is read.
        encoder_width: The width of that encoder.
        clock: See :class:`predictors.posterior.Clock`.
        steps: Euler-Maruyama steps over the length of the training curves.
        samples: Paths per curve in training.
        diffusion: Where g starts.
    """

    latent: int = number(16, 1, 4096)
    hidden: int = number(64, 1, 65536)
    encoder: str = choice("attention", ENCODERS)
    encoder_width: int = number(32, 4, 4096)
    clock: str = choice("linear", CLOCKS)
    steps: int = number(50, 1, 10_000)
    samples: int = number(3, 1, 1000)
    diffusion: float = number(0.5, 1e-3, 100.0)


class LatentSDE(Network):
    """The network of NSDE.

    Arguments:
        options: Its shape.
        scales: What the training curves look like.
    """

    def __init__(self, options: NSDEOptions, scales: Scales) -> None:
        super().__init__()
        self.options = options
        self.clock = Clock(options.clock, scales.epochs)
        encoder = PrefixEncoder(options.encoder, len(scales.metrics), options.encoder_width, self.clock)
        self.posterior = Posterior(encoder, 0, options.latent)
        self.inner = nn.Linear(2 * options.latent, options.hidden)
        self.outer = nn.Linear(options.hidden, options.latent)
        self.log_g = nn.Parameter(torch.full((options.latent,), math.log(options.diffusion)))
        self.decoder = nn.Linear(options.latent, 2)

    def loss(self, prefix: Prefix, future: Future, beta: float, generator: torch.Generator) -> Tensor:
        """The negative evidence lower bound per future value; its KL is that of the initial states plus that of the paths."""
        end = float(future.t[-1])
        d, z, steps = self.options.latent, self.options.samples, self._steps(prefix, end)
        first = torch.randn(len(prefix), z, d, generator=generator)
        noise = torch.randn(steps, len(prefix), z, d, generator=generator)
        q = self.posterior(prefix, None)
        paths, path_kl = self._run(prefix, q, future.t, end, first, noise)
        information = kl(q, Gaussian(torch.zeros(()), self._g() / 2**0.5)) + path_kl.mean(1)
        known = future.mask.sum().clamp(min=1)
        return robust_nll(paths, future.y, future.mask) + beta * (information * future.mask.amax(1)).sum() / known

    def forecast(self, prefix: Prefix, t: Tensor, paths: int, generator: torch.Generator) -> Paths:
        """Paths of the posterior process under Brownian motions that all rows share; to the last epoch, whichever ones are asked for."""
        end = max(float(t[-1]), self.clock.epochs)
        first = torch.randn(1, paths, self.options.latent, generator=generator)
        noise = torch.randn(self._steps(prefix, end), 1, paths, self.options.latent, generator=generator)
        return self._run(prefix, self.posterior(prefix, None), t, end, first, noise)[0]

    def _g(self) -> Tensor:
        return self.log_g.exp() + MIN_SCALE

    def _steps(self, prefix: Prefix, end: float) -> int:
        span = self.clock.of(end) - self.clock.of(prefix.end)
        return max(4, math.ceil(self.options.steps * span))

    def _run(self, prefix: Prefix, q: Gaussian, t: Tensor, end: float, first: Tensor, noise: Tensor) -> tuple[Paths, Tensor]:
        d = self.options.latent
        share = (q.mean @ self.inner.weight[:, d:].T + self.inner.bias).unsqueeze(1)
        start, times = self.clock.of(prefix.end), self.clock(t)
        path = euler_maruyama(
            lambda z: self.outer(nn.functional.gelu(z @ self.inner.weight[:, :d].T + share)),
            torch.neg,
            self._g(),
            q.sample(first),
            start,
            self.clock.of(end),
            noise,
        )
        decoded = self.decoder(path.z)
        decoded = (linear_weights(path.grid, times) @ decoded.flatten(1)).unflatten(1, decoded.shape[1:])
        mean, raw = decoded.permute(3, 1, 2, 0)
        return Paths(mean, nn.functional.softplus(raw) + MIN_SCALE), path.kl


@final
class NSDE(NeuralPredictor):
    """The prefix of the metric itself, and nothing else."""

    config: NSDEOptions

    def __init__(self, config: NSDEOptions = NSDEOptions()) -> None:
        self.config = config

    def inputs(self) -> Inputs:
        """Nothing but the metric."""
        return Inputs(centred=self.config.centred)

    def build(self, scales: Scales) -> Network:
        """A fresh :class:`LatentSDE`."""
        return LatentSDE(self.config, scales)
