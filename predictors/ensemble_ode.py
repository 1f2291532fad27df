"""Several conditional latent ODEs fitted at once: every weight has a leading axis of members, every layer is one batched product.

A network of this size is bound by the overhead of its operations, not by arithmetic; five of them at once cost little more than one.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from predictors.ode import rk4

__all__ = ["EnsembleODE", "Question", "Shape"]

MIN_SCALE = 1e-2


@dataclass(frozen=True)
class Shape:
    """The sizes of the networks.

    Arguments:
        members: `B`.
        static: Width of what is known before a run begins.
        told: So many of these columns, the first, no training step leaves out: what they say, no other column does.
        prefix: Width of what is read off a prefix.
        latent: `D`, the width of z.
        context: The width of u.
        hidden: The width of every hidden layer.
        steps: Steps of RK4 from time 0 to 1.
        dropout: The share of the other columns and of hidden units that a training step leaves out.
    """

    members: int
    static: int
    told: int
    prefix: int
    latent: int
    context: int
    hidden: int
    steps: int
    dropout: float


@dataclass(frozen=True, eq=False)
class Question:
    """What a forecast starts from, for every member its own `N` rows.

    Arguments:
        static: Shape `(B, N, static)`.
        prefix: Shape `(B, N, prefix)`.
        last: The last known value of the metric, standardised, 0 where there is none, shape `(B, N)`.
    """

    static: Tensor
    prefix: Tensor
    last: Tensor


class Linear(nn.Module):
    """x W + b for every member, `(B, N, in)` to `(B, N, out)`."""

    def __init__(self, members: int, width_in: int, width_out: int, gain: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(members, width_in, width_out) * (gain / math.sqrt(width_in)))
        self.bias = nn.Parameter(torch.zeros(members, 1, width_out))

    def forward(self, x: Tensor) -> Tensor:
        """Apply."""
        return torch.baddbmm(self.bias, x, self.weight)


class EnsembleODE(nn.Module):
    """Context and prefix to z(0); dz/ds = f(z, u, s) from s = 0 to 1, the clock's times of epochs 0 and `T`; z(s) to a forecast.

    With the architecture's embedding a, and everything below for each member by itself::

        a       = MLP(static)
        z(0), c = MLP(prefix, a)          u = a + c
        dz/ds   = W2 gelu(W1 z + Wu u + s w + s^2 w')
        m, g, p, b = Wd z(s)
        y(s)    = last + e^(3 p) (m - sigmoid(g - 1) last),     scale softplus(b - 1/2) + 0.01

    e^(3 p), between e^-9 and e^(3/2), is by how much a curve still moves: where it has come to rest the forecast stays at its last value.

    All curves share one grid, whatever was observed of them, so that a batch mixes prefixes of all lengths.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        n, h, d, c = shape.members, shape.hidden, shape.latent, shape.context
        self.shape = shape
        self.static = nn.ModuleList([Linear(n, shape.static, h), Linear(n, h, c)])
        self.prefix = nn.ModuleList([Linear(n, shape.prefix + c, h), Linear(n, h, d + c)])
        self.state, self.share, self.out = Linear(n, d, h), Linear(n, c, h), Linear(n, h, d, 0.5)
        self.time = nn.Parameter(0.3 * torch.randn(2, n, 1, h))
        self.decode = Linear(n, d, 4, 0.1)

    def forward(self, question: Question, times: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised forecasts at the times `(H,)` in 0 .. 1, and their scales: both of shape `(B, N, H)`."""
        thin, told = self._thin, self.shape.told
        static = torch.cat([question.static[..., :told], thin(question.static[..., told:])], -1)
        a = self.static[1](thin(nn.functional.gelu(self.static[0](static))))
        both = self.prefix[1](thin(nn.functional.gelu(self.prefix[0](torch.cat([question.prefix, a], -1)))))
        z, c = both.split([self.shape.latent, self.shape.context], -1)
        share = self.share(a + c) + self.state.bias

        def f(s: Tensor, z: Tensor) -> Tensor:
            return self.out(nn.functional.gelu(torch.baddbmm(share + s * (self.time[0] + s * self.time[1]), z, self.state.weight)))

        trajectory = rk4(f, z, 0.0, 1.0, self.shape.steps)
        decoded = trajectory.map(lambda z: z @ self.decode.weight, self.decode.bias).along(times)
        mean, gate, pace, scale = decoded.unbind(2)
        last = question.last.unsqueeze(-1)
        moved = torch.exp(3 * pace.clamp(-3, 0.5)) * (mean - torch.sigmoid(gate - 1) * last)
        return last + moved, nn.functional.softplus(scale - 0.5) + MIN_SCALE

    def _thin(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(x, self.shape.dropout, self.training)
