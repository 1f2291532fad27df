"""Adaptive stochastic-gradient Hamiltonian Monte Carlo.

Source: Springenberg et al., "Bayesian optimization with robust Bayesian neural networks", NIPS 2016, with the constants of pybnn's sampler.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

__all__ = ["sghmc"]

DECAY = 0.05
TINY = 1e-10


def sghmc(
    start: Tensor, gradient: Callable[[Tensor], Tensor], steps: int, burn_in: int, lr: float, generator: torch.Generator
) -> Iterator[Tensor]:
    """Walk through the posterior, yielding the position after every step.

    During burn-in each parameter's gradient variance V, mean g and averaging time tau are estimated; afterwards they stay. Each step moves by a
    velocity v <- v - lr^2 G / sqrt(V) - 0.05 v + noise of variance 2 lr^2 0.05 / sqrt(V) - lr^4.

    Arguments:
        start: Where the walk begins, any shape.
        gradient: A noisy gradient of the negative log posterior at a position.
        steps: How many, burn-in included.
        burn_in: How many of them adapt.
        lr: The step size.
        generator: Of the injected noise.
    """
    theta = start.clone()
    tau, g, v_hat, v = torch.ones_like(theta), torch.ones_like(theta), torch.ones_like(theta), torch.zeros_like(theta)
    for step in range(steps):
        slope = gradient(theta)
        if step < burn_in:
            r = 1 / (tau + 1)
            tau = tau - tau * g**2 / (v_hat + TINY) + 1
            g = g - r * g + r * slope
            v_hat = v_hat - r * v_hat + r * slope**2
        m = 1 / (v_hat.sqrt() + TINY)
        noise = (2 * lr**2 * DECAY * m - lr**4).clamp(min=1e-16).sqrt()
        v = v - lr**2 * m * slope - DECAY * v + noise * torch.randn(theta.shape, generator=generator, dtype=theta.dtype)
        theta = theta + v
        yield theta
