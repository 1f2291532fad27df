"""VRNN: a recurrent network with a latent variable at every epoch.

Chung et al., "A recurrent latent variable model for sequential data", NeurIPS 2015, arXiv 1506.02216, with Gaussian output. The
observed epochs are read with the posterior; the others are rolled out from the prior, each draw fed back. Ours has a GRU, two-layer
maps, and time as an input.
"""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from predictors.batches import Future, Inputs, Prefix, Scales
from predictors.fitting import Network
from predictors.lstm import read_epochs
from predictors.neural import NeuralOptions, NeuralPredictor
from predictors.options import number
from predictors.paths import Paths, robust_nll
from predictors.posterior import MIN_SCALE, Clock, Gaussian, kl

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
        self.phi_x = nn.Sequential(nn.Linear(3, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.phi_z = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU())
        self.prior = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
        self.encoder = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
        self.decoder = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2))
        self.cell = nn.GRUCell(2 * hidden, hidden)
        self.start = nn.Parameter(torch.zeros(hidden))

    def loss(self, prefix: Prefix, future: Future, beta: float, generator: torch.Generator) -> Tensor:
        """The negative evidence lower bound per value of the whole curve; where the prefix ends does not matter to it."""
        values = torch.cat([prefix.values[:, :, 0], future.y], dim=1)
        seen = torch.cat([prefix.seen[:, :, 0], future.mask], dim=1)
        before, z, q = self._read(values, seen, torch.cat([prefix.epochs, future.t]), generator)
        information = kl(q, _split(self.prior(before))) * seen
        output = _split(self.decoder(torch.cat([self.phi_z(z), before], dim=-1)))
        paths = Paths(output.mean[:, None, :, 0], output.std[:, None, :, 0])
        return robust_nll(paths, values, seen) + beta * information.sum() / seen.sum().clamp(min=1)

    def forecast(self, prefix: Prefix, t: Tensor, paths: int, generator: torch.Generator) -> Paths:
        """Roll-outs of the prior under draws that all rows share."""
        n = len(prefix)
        h = self._state(prefix).unsqueeze(1).expand(n, paths, -1)
        steps = read_epochs(prefix.end, t)
        wanted = set(torch.searchsorted(steps, t.contiguous()).clamp(max=len(steps) - 1).tolist())
        means, scales = [], []
        ones = prefix.values.new_ones(n, paths, 1)
        for i, time in enumerate(self.clock(steps).tolist()):
            p = _split(self.prior(h))
            phi_z = self.phi_z(p.mean + p.std * torch.randn(1, paths, p.mean.shape[-1], generator=generator))
            x = _split(self.decoder(torch.cat([phi_z, h], dim=-1)))
            if i in wanted:
                means.append(x.mean[..., 0])
                scales.append(x.std[..., 0])
            draw = x.mean + x.std * torch.randn(1, paths, 1, generator=generator)
            phi_x = self.phi_x(torch.cat([draw, ones, ones * time], dim=-1))
            h = self.cell(torch.cat([phi_x, phi_z], dim=-1).flatten(0, 1), h.flatten(0, 1)).unflatten(0, (n, paths))
        return Paths(torch.stack(means, dim=-1), torch.stack(scales, dim=-1))

    def _state(self, prefix: Prefix) -> Tensor:
        """The recurrent state after the prefix under the posterior means, shape `(N, hidden)`."""
        h = self.start.expand(len(prefix), -1)
        if len(prefix.epochs):
            before, z, _ = self._read(prefix.values[:, :, 0], prefix.seen[:, :, 0], prefix.epochs, None)
            h = before[:, -1]
            token = torch.cat([prefix.values[:, -1, :1], prefix.seen[:, -1, :1], self.clock(prefix.epochs[-1:]).expand(len(h), 1)], dim=-1)
            h = self.cell(torch.cat([self.phi_x(token), self.phi_z(z[:, -1])], dim=-1), h)
        return h

    def _read(self, values: Tensor, seen: Tensor, epochs: Tensor, generator: torch.Generator | None) -> tuple[Tensor, Tensor, Gaussian]:
        """Walk along curves `(N, K)`: states before each epoch `(N, K, hidden)`, latents and their posterior `(N, K, D)`."""
        time = self.clock(epochs).expand(values.shape)
        phi_x = self.phi_x(torch.stack([values, seen, time], dim=-1))
        h = self.start.expand(len(values), -1)
        states, latents, means, stds = [], [], [], []
        for x in phi_x.unbind(1):
            q = _split(self.encoder(torch.cat([x, h], dim=-1)))
            z = q.mean if generator is None else q.mean + q.std * torch.randn(q.mean.shape, generator=generator)
            for kept, value in zip((states, latents, means, stds), (h, z, q.mean, q.std), strict=True):
                kept.append(value)
            h = self.cell(torch.cat([x, self.phi_z(z)], dim=-1), h)
        return torch.stack(states, 1), torch.stack(latents, 1), Gaussian(torch.stack(means, 1), torch.stack(stds, 1))


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
