"""The trunk of the latent-ODE predictors: prefix -> q(z0) -> dz/dt = f(z, u) -> decoder.

The variational latent ODE of Rubanova et al. 2019 (arXiv 1907.03907) with the conditional dynamics of LC-GODE (arXiv 2412.15554): u, the
embedding of architecture and hyperparameters, does not depend on time, so its share of the first layer of f is computed once per curve.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from predictors.batches import Future, Prefix, Scales
from predictors.fitting import Network
from predictors.graph_encoder import GraphEncoder
from predictors.neural import NeuralOptions
from predictors.ode import SOLVERS, rk4, solve
from predictors.options import choice, number
from predictors.paths import Paths, robust_nll
from predictors.posterior import CLOCKS, MIN_SCALE, Clock, Gaussian, Posterior, PrefixEncoder, kl
from predictors.sequence_encoder import ENCODERS

__all__ = ["LatentODE", "LatentOptions"]


@dataclass(frozen=True)
class LatentOptions(NeuralOptions):
    """The trunk.

    Arguments:
        latent: `D`, the width of z and u.
        hidden: The width of the hidden layer of f.
        encoder: How the prefix is read: ``"attention"``, ``"gru"`` or ``"lstm"``.
        encoder_width: The width of that encoder.
        clock: Time of the ODE: epochs over `T` (``"linear"``), or their logarithm (``"log"``).
        solver: ``"rk4"`` or ``"torchdiffeq"``, see :func:`predictors.ode.solve`.
        steps: Steps of ``rk4`` over the length of the training curves.
        samples: Draws of z0 per curve in training.
        anchor: Whether the decoder adds to what is known: the last observed value, either kept as it is or kept at its distance from the
            mean training curve. How much of each is decoded from the state, epoch by epoch.
    """

    latent: int = number(16, 1, 4096)
    hidden: int = number(64, 1, 65536)
    encoder: str = choice("attention", ENCODERS)
    encoder_width: int = number(32, 4, 4096)
    clock: str = choice("linear", CLOCKS)
    solver: str = choice("rk4", SOLVERS)
    steps: int = number(12, 1, 10_000)
    samples: int = number(3, 1, 1000)
    anchor: bool = False


class LatentODE(Network):
    """The network of LC-GODE, of its ablations, and of NODE.

    Arguments:
        options: The trunk.
        scales: What the training curves look like.
        graph: The encoder of architectures, of width `D`; None to do without.
    """

    def __init__(self, options: LatentOptions, scales: Scales, graph: GraphEncoder | None) -> None:
        super().__init__()
        self.options = options
        self.clock = Clock(options.clock, scales.epochs)
        d, features = options.latent, len(scales.features.names)
        width = d * (graph is not None) + features
        context = d if width else 0
        self.graph = graph
        self.mix = nn.Sequential(nn.Linear(width, 2 * d), nn.GELU(), nn.Linear(2 * d, d)) if features else None
        encoder = PrefixEncoder(options.encoder, len(scales.metrics), options.encoder_width, self.clock)
        self.posterior = Posterior(encoder, context, d)
        self.constant = nn.Linear(context, options.hidden, bias=False) if context else None
        self.inner = nn.Linear(d, options.hidden)
        self.outer = nn.Linear(options.hidden, d)
        self.decoder = nn.Linear(d, 2 + options.anchor)
        self.scales = scales

    def loss(self, prefix: Prefix, future: Future, beta: float, generator: torch.Generator) -> Tensor:
        """The negative evidence lower bound per future value."""
        u = self.context(prefix)
        q = self.posterior(prefix, u)
        shape = (len(prefix), self.options.samples, self.options.latent)
        paths = self._decode(prefix, q.sample(torch.randn(shape, generator=generator)), u, future.t)
        information = kl(q, Gaussian(torch.zeros(()), torch.ones(())))
        known = future.mask.sum().clamp(min=1)
        return robust_nll(paths, future.y, future.mask) + beta * (information * future.mask.amax(1)).sum() / known

    def forecast(self, prefix: Prefix, t: Tensor, paths: int, generator: torch.Generator) -> Paths:
        """Paths from draws of z0 in antithetic pairs, the same for every row."""
        u = self.context(prefix)
        half = torch.randn(1, (paths + 1) // 2, self.options.latent, generator=generator)
        draws = torch.cat([half, -half], dim=1)[:, :paths]
        return self._decode(prefix, self.posterior(prefix, u).sample(draws), u, t)

    def context(self, prefix: Prefix) -> Tensor | None:
        """u, shape `(N, D)`, or None where the network reads neither graph nor features."""
        parts = [] if self.graph is None or prefix.graphs is None else [self.graph(prefix.graphs)]
        if self.mix is not None:
            return self.mix(torch.cat([*parts, prefix.features], dim=-1))
        return parts[0] if parts else None

    def dynamics(self, u: Tensor | None) -> Callable[[Tensor, Tensor], Tensor]:
        """f(t, z) of states `(N, Z, D)` for the context `u`, whose share is computed here, once."""
        if self.constant is None or u is None:
            return lambda t, z: self.outer(nn.functional.gelu(self.inner(z)))
        share = (self.constant(u) + self.inner.bias).unsqueeze(1)
        return lambda t, z: self.outer(nn.functional.gelu(z @ self.inner.weight.T + share))

    @torch.no_grad()
    def solver_error(self, prefix: Prefix, t: Tensor) -> float:
        """By how much the decoded mean path changes, at most, when the solver takes twice the steps; on the networks' scale."""
        u = self.context(prefix)
        z0, start, times = self.posterior(prefix, u).mean, self.clock.of(prefix.end), self.clock(t)
        f = self.dynamics(u)
        paths = [rk4(f, z0.unsqueeze(1), start, float(times[-1]), n) for n in (self._steps(start, times), 2 * self._steps(start, times))]
        coarse, fine = (path.map(lambda z: z @ self.decoder.weight[:1].T, self.decoder.bias[:1]).at(times) for path in paths)
        return float((coarse - fine).abs().max())

    def _steps(self, start: float, times: Tensor) -> int:
        return max(4, math.ceil(self.options.steps * (float(times[-1]) - start)))

    def _decode(self, prefix: Prefix, z0: Tensor, u: Tensor | None, t: Tensor) -> Paths:
        start, times = self.clock.of(prefix.end), self.clock(t)
        trajectory = solve(self.dynamics(u), z0, start, times, self._steps(start, times), self.options.solver)
        decoded = trajectory.map(lambda z: z @ self.decoder.weight.T, self.decoder.bias).at(times)
        mean, raw, *gate = decoded.permute(3, 1, 2, 0)
        if self.options.anchor:
            shown = prefix.shown
            observed = (shown > 0).float()[:, None, None]
            mean = mean + prefix.last[:, 0, None, None] + observed * torch.sigmoid(gate[0]) * self.scales.hold(shown, t)[:, None]
        return Paths(mean, nn.functional.softplus(raw) + MIN_SCALE)
