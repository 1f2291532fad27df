"""Stochastic differential equations with diagonal noise: Euler-Maruyama steps and the KL divergence between two drifts.

Li, Wong, Chen, Duvenaud, "Scalable gradients for stochastic differential equations", AISTATS 2020, arXiv 2001.01328: for two
processes with one diffusion g, started alike, KL(posterior || prior) = E of the integral of 1/2 |(f - h) / g|^2 dt (Girsanov).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["StochasticPath", "euler_maruyama"]


@dataclass(frozen=True, eq=False)
class StochasticPath:
    """A sampled path.

    Arguments:
        grid: Times, shape `(G,)`.
        z: States, shape `(G, ..., D)`.
        kl: The integral of 1/2 |(f - h) / g|^2 along the path, shape `(...)`.
    """

    grid: Tensor
    z: Tensor
    kl: Tensor


def euler_maruyama(
    drift: Callable[[Tensor], Tensor], prior: Callable[[Tensor], Tensor], g: Tensor, z0: Tensor, t0: float, t1: float, noise: Tensor
) -> StochasticPath:
    """Equal steps from `t0` to `t1` along dz = drift(z) dt + g dW.

    Arguments:
        drift: f, of states `(..., D)`.
        prior: h, likewise.
        g: The diffusion, positive, shape `(D,)`.
        z0: Shape `(..., D)`.
        t0: The initial time.
        t1: The final time.
        noise: Standard normal increments, shape `(G - 1, ..., D)` up to broadcasting; zeros give the path of the drift alone.
    """
    steps = len(noise)
    dt = (t1 - t0) / steps
    increments = g * noise * dt**0.5
    z, states, gaps = z0, [z0], []
    for dw in increments.unbind(0):
        f = drift(z)
        gaps.append(f - prior(z))
        z = torch.add(z, f, alpha=dt) + dw
        states.append(z)
    energy = (torch.stack(gaps) / g).square().sum(-1).sum(0)
    return StochasticPath(torch.linspace(t0, t1, steps + 1, dtype=z0.dtype), torch.stack(states), 0.5 * dt * energy)
