"""From a prefix to a normal distribution over the latent state at its end: the encoder of every latent model here."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from predictors.batches import Prefix
from predictors.sequence_encoder import ENCODERS

__all__ = ["CLOCKS", "FAR", "MIN_SCALE", "Clock", "Gaussian", "Posterior", "PrefixEncoder", "kl"]

CLOCKS = ("linear", "log")
MIN_SCALE = 1e-3
FAR = 6.0
"""Networks read values beyond so many deviations, those of a run that explodes, as this."""


@dataclass(frozen=True)
class Clock:
    """From epochs to the time of the networks: 0 at epoch 0 and 1 at the last epoch of the training curves.

    Arguments:
        kind: ``"linear"``, or ``"log"``, as curves move fast early.
        epochs: `T`.
    """

    kind: str
    epochs: int

    def __call__(self, t: Tensor) -> Tensor:
        """Epochs to time, any shape."""
        if self.kind == "linear":
            return t / self.epochs
        unit = max(self.epochs / 20, 1.0)
        return torch.log1p(t / unit) / math.log1p(self.epochs / unit)

    def of(self, epoch: float) -> float:
        """One epoch to time, in the same arithmetic."""
        return float(self(torch.tensor([epoch], dtype=torch.float64))[0])


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Independent normals of the same shape, `std` positive."""

    mean: Tensor
    std: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """Reparameterised draws for standard normal noise `(N or 1, Z, D)`: shape `(N, Z, D)`."""
        return self.mean.unsqueeze(1) + self.std.unsqueeze(1) * noise


def kl(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q || p) summed over the last axis, in nats."""
    ratio = q.std / p.std
    return (0.5 * (ratio.square() + ((q.mean - p.mean) / p.std).square() - 1) - ratio.log()).sum(-1)


class PrefixEncoder(nn.Module):
    """Prefixes to vectors `(N, width + 2 M + 2)`: the sequence encoder's answer, and what it should not have to memorise.

    That is the last known values, their change since the middle of the prefix, the time, and whether anything was observed. Values beyond
    6 deviations, those of a run that explodes, are read as 6.

    Arguments:
        kind: A name of :data:`predictors.sequence_encoder.ENCODERS`.
        metrics: `M`.
        width: The width of the sequence encoder.
        clock: Time as the network sees it.
    """

    def __init__(self, kind: str, metrics: int, width: int, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.sequence = ENCODERS[kind](2 * metrics + 1, width)
        self.width = width + 2 * metrics + 2

    def forward(self, prefix: Prefix) -> Tensor:
        """Encode."""
        n, k, _ = prefix.values.shape
        values, last = prefix.values.clamp(-FAR, FAR), prefix.last.clamp(-FAR, FAR)
        time = self.clock(prefix.epochs).expand(n, k).unsqueeze(-1)
        any_seen = prefix.seen.amax(-1) > 0
        encoded = self.sequence(torch.cat([values, prefix.seen, time], dim=-1), any_seen)
        half = values[:, (k - 1) // 2] if k else last
        now = torch.full((n, 1), self.clock.of(prefix.end))
        return torch.cat([encoded, last, last - half, now, any_seen.any(1, keepdim=True).float()], dim=-1)


class Posterior(nn.Module):
    """q(z0 | prefix, context).

    Arguments:
        encoder: How prefixes are read.
        context: The width of what else is known of a curve, 0 for nothing.
        latent: `D`.
    """

    def __init__(self, encoder: PrefixEncoder, context: int, latent: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential(nn.Linear(encoder.width + context, 4 * latent), nn.GELU(), nn.Linear(4 * latent, 2 * latent))

    def forward(self, prefix: Prefix, context: Tensor | None) -> Gaussian:
        """The distribution of z0, shape `(N, D)`."""
        encoded = self.encoder(prefix)
        mean, raw = self.head(encoded if context is None else torch.cat([encoded, context], dim=-1)).chunk(2, dim=-1)
        return Gaussian(mean, nn.functional.softplus(raw) + MIN_SCALE)
