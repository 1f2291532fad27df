import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicHermiteSpline
from torch import Tensor, nn
from torchdiffeq import odeint

from nasbench_lc.errors import ConfigError
from predictors.ode import SOLVERS, Trajectory, hermite, rk4, solve


def oscillator(t: Tensor, y: Tensor) -> Tensor:
    """y'' = -y as a system, with a forcing that makes it depend on time: solution (sin t, cos t)."""
    return torch.stack([y[..., 1], -torch.sin(t) + 0 * y[..., 0]], dim=-1)


def mlp(d: int, dtype: torch.dtype, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(d, 64), nn.GELU(), nn.Linear(64, d)).to(dtype)


def error_of(steps: int) -> float:
    y0 = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    end = rk4(oscillator, y0, 0.0, 2.0, steps).y[-1, 0]
    return float((end - torch.tensor([math.sin(2), math.cos(2)], dtype=torch.float64)).abs().max())


def test_order_of_convergence_is_four() -> None:
    orders = [math.log2(error_of(n) / error_of(2 * n)) for n in (8, 16, 32)]
    assert all(3.8 < order < 4.3 for order in orders)


def test_dense_output_converges_with_order_four() -> None:
    t = torch.linspace(0.01, 2, 97, dtype=torch.float64)
    y0 = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    errors = [float((solve(oscillator, y0, 0.0, t, n).at(t)[:, 0, 0] - t.sin()).abs().max()) for n in (8, 16, 32)]
    assert all(3.5 < math.log2(a / b) < 4.5 for a, b in itertools.pairwise(errors))


def test_equals_torchdiffeq_at_tight_tolerance() -> None:
    f = mlp(8, torch.float64)
    y0 = torch.randn(5, 3, 8, dtype=torch.float64)
    t = torch.linspace(0.1, 1, 50, dtype=torch.float64)
    ours = solve(lambda s, y: f(y), y0, 0.1, t, 64).at(t)
    theirs: Any = odeint(lambda s, y: f(y), y0, t, method="dopri5", rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-7)


@pytest.mark.parametrize("solver", SOLVERS)
def test_both_solvers_and_their_gradients_agree(solver: str) -> None:
    f = mlp(4, torch.float64)
    y0 = torch.randn(3, 2, 4, dtype=torch.float64)
    t = torch.linspace(0.05, 1, 20, dtype=torch.float64)
    outputs = []
    for name in ("rk4", solver):
        f.zero_grad()
        value = solve(lambda s, y: f(y), y0, 0.0, t, 40, name).at(t)
        value.square().sum().backward()
        outputs.append((value.detach(), [p.grad for p in f.parameters()]))
    torch.testing.assert_close(outputs[0], outputs[1], rtol=1e-5, atol=1e-5)


def test_unknown_solver_is_refused() -> None:
    with pytest.raises(ConfigError):
        solve(oscillator, torch.zeros(1, 2), 0.0, torch.tensor([1.0]), 4, "euler")


def test_hermite_equals_scipy() -> None:
    rng = np.random.default_rng(0)
    grid = np.sort(rng.uniform(0, 3, 7))
    y, f = rng.standard_normal((2, 7, 4))
    t = np.linspace(grid[0], grid[-1], 31)
    a, b = hermite(torch.from_numpy(grid), torch.from_numpy(t))
    ours = a @ torch.from_numpy(y) + b @ torch.from_numpy(f)
    np.testing.assert_allclose(ours.numpy(), CubicHermiteSpline(grid, y, f)(t), atol=1e-12)


def test_decoding_before_interpolating_is_decoding_after() -> None:
    g = torch.Generator().manual_seed(0)
    grid = torch.linspace(0, 1, 5, dtype=torch.float64)
    path = Trajectory(grid, *torch.randn(2, 5, 3, 6, generator=g, dtype=torch.float64))
    w, b = torch.randn(2, 6, generator=g, dtype=torch.float64), torch.randn(2, generator=g, dtype=torch.float64)
    t = torch.linspace(0, 1, 13, dtype=torch.float64)
    torch.testing.assert_close(path.map(lambda z: z @ w.T, b).at(t), path.at(t) @ w.T + b)
    torch.testing.assert_close(path.along(t), path.at(t).movedim(0, -1))
