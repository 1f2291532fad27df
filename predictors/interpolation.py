"""From values on a grid to values between: interpolation as one matrix product."""

import torch
from torch import Tensor

__all__ = ["linear_weights"]


def linear_weights(grid: Tensor, t: Tensor) -> Tensor:
    """The matrix `(H, G)` that interpolates linearly from an increasing grid to the times `t` inside it; a grid of one point is held."""
    if len(grid) == 1:
        return grid.new_ones(len(t), 1)
    i = (torch.searchsorted(grid, t.contiguous()) - 1).clamp(0, len(grid) - 2)
    s = (t - grid[i]) / (grid[i + 1] - grid[i])
    weights, rows = grid.new_zeros(len(t), len(grid)), torch.arange(len(t))
    weights[rows, i], weights[rows, i + 1] = 1 - s, s
    return weights
