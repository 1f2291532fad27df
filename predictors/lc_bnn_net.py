"""The network of LC-BNN: a small trunk whose outputs are the parameters and weights of three basis curves."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["LCNet", "log_joint"]

UNITS, SHAPES, BASES = 50, 9, 3
START_LOG_VARIANCE = math.log(1e-3)
"""Where the log variance of the noise starts."""
PRIOR_LOG_VARIANCE = math.log(1e-6)
"""The prior mean of the log variance; its prior variance is 0.01."""


@dataclass(frozen=True)
class LCNet:
    """The architecture for so many inputs; its parameters are one vector, so that a sampler can move them.

    Arguments:
        inputs: Hyperparameters and time.
    """

    inputs: int

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the weights and biases of the trunk and the three heads, then the log variance of the noise."""
        pairs = [(self.inputs, UNITS), (UNITS, UNITS), (UNITS, UNITS), (UNITS, SHAPES), (UNITS, BASES), (UNITS, 1)]
        return [shape for a, b in pairs for shape in ((a, b), (b,))] + [(1,)]

    def split(self, vector: Tensor) -> list[Tensor]:
        """The parameters as tensors of their shapes."""
        parts = torch.split(vector, [math.prod(s) for s in self.shapes])
        return [part.view(s) for part, s in zip(parts, self.shapes, strict=True)]

    def start(self, generator: torch.Generator) -> Tensor:
        """Initial parameters, double precision: He's normal weights, zero biases."""
        out = [
            torch.randn(s, generator=generator, dtype=torch.float64).mul((2 / s[0]) ** 0.5).flatten()
            if len(s) == 2
            else torch.zeros(s, dtype=torch.float64)
            for s in self.shapes
        ]
        out[-1] += START_LOG_VARIANCE
        return torch.cat(out)

    def mean(self, parameters: list[Tensor], x: Tensor) -> Tensor:
        """The predicted value of every row `(..., inputs)`, whose last column is t in (0, 1]."""
        w = parameters
        hidden = x
        for i in range(0, 6, 2):
            hidden = torch.tanh(hidden @ w[i] + w[i + 1])
        u = (torch.tanh(hidden @ w[6] + w[7]) + 1) / 2
        weight = torch.softmax(hidden @ w[8] + w[9], -1)
        asymptote = torch.sigmoid(hidden @ w[10] + w[11])[..., 0]
        return asymptote + torch.tanh((weight * _basis(u, x[..., -1:])).sum(-1))


def _basis(u: Tensor, t: Tensor) -> Tensor:
    """Vapour pressure, logarithm and Hill-3 curves at t, with shapes u in (0, 1), `(..., 9)` to `(..., 3)`."""
    a, b, c = (u[..., i : i + 3] for i in (0, 3, 6))
    log_t = torch.log(t[..., 0])
    t = t[..., 0]
    vapour = torch.exp(-a[..., 0] - a[..., 1] / 10 / (t + 1e-5) - a[..., 2] / 10 * log_t) - torch.exp(a[..., 0] + a[..., 1] / 10)
    logarithm = (10 * b[..., 2] + 5 * b[..., 0] * torch.log(b[..., 1] * t + 1e-10)) / 10
    hill = c[..., 0] / ((c[..., 2] / 100 / t + 1e-5) ** c[..., 1] + 1)
    return torch.stack([vapour, logarithm, hill], -1)


def log_joint(net: LCNet, parameters: list[Tensor], x: Tensor, y: Tensor, rows: int) -> Tensor:
    """The loss of a batch: the source's negative log posterior, divided by the number of rows of the whole training table.

    Arguments:
        net: The network.
        parameters: Its parameters.
        x: Batch inputs, shape `(B, inputs)`.
        y: Batch values, shape `(B,)`.
        rows: Of the training table.
    """
    log_variance = parameters[-1][0]
    fit = ((y - net.mean(parameters, x)) ** 2 / (2 * log_variance.exp()) + log_variance / 2).mean()
    noise_prior = -((log_variance - PRIOR_LOG_VARIANCE) ** 2) / (2 * 0.01) - 0.5 * math.log(0.01)
    weights = parameters[:-1]
    weight_prior = sum((-(w**2) / 2).sum() for w in weights) / sum(w.numel() for w in weights)
    return fit - (noise_prior + weight_prior) / rows
