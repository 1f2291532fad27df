"""Ordinary differential equations on a coarse grid of their own, with dense output as two matrix products.

A learning curve asks for hundreds of output times, the smooth dynamics of a latent state need two dozen steps. The classical
Runge-Kutta method of order 4 steps on its own grid; cubic Hermite polynomials through the states and slopes on that grid (order 4
too) give every output time at once: `A @ Y + B @ F`. Sources: Hairer, Norsett, Wanner, "Solving Ordinary Differential Equations I",
II.1 and II.6; torchdiffeq (Chen et al. 2018, arXiv 1806.07366).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nasbench_lc.errors import ConfigError

__all__ = ["SOLVERS", "Trajectory", "hermite", "rk4", "solve"]

Dynamics = Callable[[Tensor, Tensor], Tensor]
"""The right-hand side f(t, y), with the shape of y."""

SOLVERS = ("rk4", "torchdiffeq")


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A solution on the solver's grid.

    Arguments:
        grid: Increasing times, shape `(G,)`.
        y: The states, shape `(G, ..., D)`.
        f: The slopes dy/dt there, likewise.
    """

    grid: Tensor
    y: Tensor
    f: Tensor

    def map(self, linear: Callable[[Tensor], Tensor], bias: Tensor) -> "Trajectory":
        """The trajectory of `linear(y) + bias`; `linear` must be linear, so that it maps slopes to slopes."""
        return Trajectory(self.grid, linear(self.y) + bias, linear(self.f))

    def at(self, t: Tensor) -> Tensor:
        """The states at the times `t`, shape `(H,)` inside the grid: shape `(H, ..., D)`."""
        a, b = hermite(self.grid, t)
        return (a @ self.y.flatten(1) + b @ self.f.flatten(1)).unflatten(1, self.y.shape[1:])

    def along(self, t: Tensor) -> Tensor:
        """As :meth:`at`, with the times as the last axis: shape `(..., D, H)`."""
        a, b = hermite(self.grid, t)
        return self.y.movedim(0, -1) @ a.T + self.f.movedim(0, -1) @ b.T


def rk4(f: Dynamics, y0: Tensor, t0: float, t1: float, steps: int) -> Trajectory:
    """The classical Runge-Kutta method with equal steps from `t0` to `t1` > `t0`; `G` = steps + 1."""
    grid = torch.linspace(t0, t1, steps + 1, dtype=y0.dtype, device=y0.device)
    h = (t1 - t0) / steps
    y, states, slopes = y0, [y0], []
    for i in range(steps):
        t, half = grid[i], grid[i] + h / 2
        k1 = f(t, y)
        k2 = f(half, torch.add(y, k1, alpha=h / 2))
        k3 = f(half, torch.add(y, k2, alpha=h / 2))
        k4 = f(grid[i + 1], torch.add(y, k3, alpha=h))
        y = y + (h / 6) * (k1 + k4 + 2 * (k2 + k3))
        states.append(y)
        slopes.append(k1)
    slopes.append(f(grid[-1], y))
    return Trajectory(grid, torch.stack(states), torch.stack(slopes))


def hermite(grid: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """The matrices A and B, both `(H, G)`, of cubic Hermite interpolation: values at `t` are `A @ y + B @ f`."""
    i = (torch.searchsorted(grid, t.contiguous()) - 1).clamp(0, len(grid) - 2)
    width = grid[i + 1] - grid[i]
    s = (t - grid[i]) / width
    r, rows = 1 - s, torch.arange(len(t), device=t.device)
    a, b = grid.new_zeros(len(t), len(grid)), grid.new_zeros(len(t), len(grid))
    a[rows, i], a[rows, i + 1] = (1 + 2 * s) * r * r, s * s * (3 - 2 * s)
    b[rows, i], b[rows, i + 1] = s * r * r * width, -s * s * r * width
    return a, b


def solve(f: Dynamics, y0: Tensor, t0: float, t: Tensor, steps: int, solver: str = "rk4") -> Trajectory:
    """Integrate from `t0`, where the state is `y0`, past the last of the increasing times `t`.

    Arguments:
        f: The right-hand side.
        y0: The initial state, shape `(..., D)`.
        t0: The initial time, below the last of `t`.
        t: The output times, shape `(H,)`.
        steps: The steps of ``rk4``; ``torchdiffeq`` chooses its own.
        solver: ``"rk4"`` (ours), or ``"torchdiffeq"``: its rk4 on the grid of the output times, for comparison.

    Returns:
        A trajectory to be read with :meth:`Trajectory.at`.

    Raises:
        ConfigError: If the solver is unknown.
    """
    if solver == "rk4":
        return rk4(f, y0, t0, float(t[-1]), steps)
    if solver == "torchdiffeq":
        from torchdiffeq import odeint

        grid = torch.unique(torch.cat([t.new_tensor([t0]), t]))
        y = odeint(f, y0, grid, method="rk4")
        assert isinstance(y, Tensor)
        return Trajectory(grid, y, torch.stack([f(s, state) for s, state in zip(grid, y, strict=True)]))
    raise ConfigError(f"The solver must be one of {', '.join(SOLVERS)}; got {solver}. Choose one of those.")
