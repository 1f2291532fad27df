"""VRNN: a recurrent network with a latent variable at every epoch.

Chung et al., "A recurrent latent variable model for sequential data", NeurIPS 2015, arXiv 1506.02216, with Gaussian output. The
observed epochs are read with the posterior; the others are rolled out from the prior, each draw fed back. Ours has a GRU, two-layer
maps, and time as an input, and its sequence is the curve at the rungs of :mod:`predictors.ladder`; between rungs forecasts are straight.
"""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from predictors.batches import Future, Inputs, Prefix, Scales
from predictors.fitting import Network
from predictors.interpolation import linear_weights
from predictors.ladder import walk
from predictors.neural import NeuralOptions, NeuralPredictor
from predictors.options import number
from predictors.paths import Paths, robust_nll
from predictors.posterior import FAR, MIN_SCALE, Clock, Gaussian, kl

__all__ = ["VRNN", "VRNNOptions", "VariationalRNN"]


@dataclass(frozen=True)
class VRNNOptions(NeuralOptions):
    """The network.

    Arguments:
        latent: `D`, latent dimensions at every epoch.
        hidden: The width of the recurrent state and of every map.
        paths: Roll-outs of the prior; the paper's comparison averages 30 or more.
        strata: Slices of the noise of the last step of a roll-out.
    """

    latent: int = number(16, 1, 4096)
    hidden: int = number(64, 1, 65536)
    paths: int = number(32, 1, 10_000)
    strata: int = number(2, 1, 10_000)


class VariationalRNN(Network):
    """The network of VRNN.

    Arguments:
        latent: `D`.
        hidden: The width of the recurrent state and of every map.
        scales: What the training curves look like.
    """

    def __init__(self, latent: int, hidden: int, scales: Scales) -> None:
        super().__init__()
        self.clock = Clock("linear", scales.epochs)
        self.phi_x = nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.phi_z = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU())
        self.prior = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
        self.encoder = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
        self.decoder = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2))
        self.cell = nn.GRUCell(2 * hidden, hidden)
        self.start = nn.Parameter(torch.zeros(hidden))

    def loss(self, prefix: Prefix, future: Future, beta: float, generator: torch.Generator) -> Tensor:
        """The negative evidence lower bound per value of the whole curve; where the prefix ends decides only which epochs are rungs."""
        way = walk(self.clock.epochs, prefix.end, float(future.t[-1]))
        rungs = torch.isin(torch.cat([prefix.epochs, future.t]), torch.cat([way.past, way.ahead]))
        values = torch.cat([prefix.values[:, :, 0], future.y], dim=1)[:, rungs]
        seen = torch.cat([prefix.seen[:, :, 0], future.mask], dim=1)[:, rungs]
        before, z, q, _ = self._read(values, seen, way.times(self.clock), generator)
        # A rung that shows nothing is walked through on a draw of the posterior; what comes after it must pay for what that draw knows.
        walked = seen.flip(1).cummax(1).values.flip(1)
        information = kl(q, _split(self.prior(before))) * walked
        output = _split(self.decoder(torch.cat([self.phi_z(z), before], dim=-1)))
        paths = Paths(output.mean[:, None, :, 0], output.std[:, None, :, 0])
        return robust_nll(paths, values, seen) + beta * information.sum() / seen.sum().clamp(min=1)

    def forecast(self, prefix: Prefix, t: Tensor, paths: int, generator: torch.Generator) -> Paths:
        """Roll-outs of the prior under draws that all rows share, after the prefix was read with the means of the posterior."""
        n, way = len(prefix), walk(self.clock.epochs, prefix.end, float(t[-1]))
        times, k = way.times(self.clock).to(prefix.values), len(way.past)
        read = torch.isin(prefix.epochs, way.past.to(prefix.epochs))
        h = self._read(prefix.values[:, read, 0], prefix.seen[:, read, 0], times[:k], None)[-1] if k else self.start.expand(n, -1)
        h = h.repeat_interleave(paths, 0)
        ones, means, scales = h.new_ones(len(h), 1), [], []
        for pair in times[k:]:
            p = _split(self.prior(h))
            phi_z = self.phi_z(p.mean + p.std * _shared(n, paths, p.mean.shape[1], generator))
            x = _split(self.decoder(torch.cat([phi_z, h], dim=-1)))
            means.append(x.mean)
            scales.append(x.std)
            draw = (x.mean + x.std * _shared(n, paths, 1, generator)).clamp(-FAR, FAR)
            phi_x = self.phi_x(torch.cat([draw, ones, pair.expand(len(h), 2)], dim=-1))
            h = self.cell(torch.cat([phi_x, phi_z], dim=-1), h)
        weights = linear_weights(way.ahead.to(t), t).T
        mean, std = (torch.cat(steps, dim=-1) @ weights for steps in (means, scales))
        return Paths(mean.unflatten(0, (n, paths)), std.unflatten(0, (n, paths)))

    def _read(
        self, values: Tensor, seen: Tensor, times: Tensor, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor, Gaussian, Tensor]:
        """Walk along `K` > 0 rungs of curves `(N, K)` whose times are `(K, 2)`; without a generator along the means of the posterior.

        Returns:
            States before each rung `(N, K, hidden)`, latents and their posterior `(N, K, D)`, and the state after the last `(N, hidden)`.
        """
        n, k = values.shape
        phi_x = self.phi_x(torch.cat([torch.stack([values.clamp(-FAR, FAR), seen], dim=-1), times.expand(n, k, 2)], dim=-1))
        h = self.start.expand(n, -1)
        states, latents, means, stds = [], [], [], []
        for x in phi_x.unbind(1):
            q = _split(self.encoder(torch.cat([x, h], dim=-1)))
            z = q.mean if generator is None else q.mean + q.std * torch.randn(q.mean.shape, generator=generator)
            for kept, value in zip((states, latents, means, stds), (h, z, q.mean, q.std), strict=True):
                kept.append(value)
            h = self.cell(torch.cat([x, self.phi_z(z)], dim=-1), h)
        return torch.stack(states, 1), torch.stack(latents, 1), Gaussian(torch.stack(means, 1), torch.stack(stds, 1)), h


def _shared(n: int, paths: int, width: int, generator: torch.Generator) -> Tensor:
    """Standard normal draws `(N * Z, width)`, the same for every row."""
    return torch.randn(paths, width, generator=generator).repeat(n, 1)


def _split(parameters: Tensor) -> Gaussian:
    mean, raw = parameters.chunk(2, dim=-1)
    return Gaussian(mean, nn.functional.softplus(raw) + MIN_SCALE)


@final
class VRNN(NeuralPredictor):
    """The prefix of the metric itself, and nothing else."""

    config: VRNNOptions

    def __init__(self, config: VRNNOptions = VRNNOptions()) -> None:
        self.config = config

    def inputs(self) -> Inputs:
        """Nothing but the metric."""
        return Inputs(centred=self.config.centred)

    def build(self, scales: Scales) -> Network:
        """A fresh :class:`VariationalRNN`."""
        return VariationalRNN(self.config.latent, self.config.hidden, scales)
