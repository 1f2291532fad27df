import math

import torch
from scipy.integrate import quad
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from predictors.posterior import Gaussian, kl
from predictors.sde import euler_maruyama


def test_kl_equals_torch_distributions() -> None:
    g = torch.Generator().manual_seed(0)
    mean, std, other, spread = torch.rand(4, 5, 3, generator=g, dtype=torch.float64) + 0.1
    ours = kl(Gaussian(mean, std), Gaussian(other, spread))
    torch.testing.assert_close(ours, kl_divergence(Normal(mean, std), Normal(other, spread)).sum(-1))


def test_path_kl_of_two_linear_drifts_equals_quadrature() -> None:
    """dz = (a - z) dt + g dW against dz = -z dt + g dW differ by the constant a: KL = a^2 T / (2 g^2)."""
    a, g, end = 0.7, torch.tensor([0.4, 0.9]), 1.5
    noise = torch.zeros(200, 1, 2)
    path = euler_maruyama(lambda z: a - z, torch.neg, g, torch.zeros(1, 2), 0.0, end, noise)
    exact = sum(a**2 * end / (2 * s**2) for s in g.tolist())
    assert math.isclose(float(path.kl), exact, rel_tol=1e-5)


def test_path_kl_along_a_moving_state_equals_quadrature() -> None:
    """drift -2 z against -z without noise: the gap is z(t) = exp(-2 t), the KL its integral."""
    path = euler_maruyama(lambda z: -2 * z, torch.neg, torch.ones(1), torch.ones(1, 1), 0.0, 1.0, torch.zeros(4000, 1, 1))
    exact = quad(lambda t: 0.5 * math.exp(-4 * t), 0, 1)[0]
    assert math.isclose(float(path.kl), exact, rel_tol=2e-3)


def test_ornstein_uhlenbeck_keeps_its_stationary_law() -> None:
    g = torch.Generator().manual_seed(0)
    n, steps, diffusion = 20_000, 100, 0.8
    z0 = diffusion / 2**0.5 * torch.randn(n, 1, generator=g)
    path = euler_maruyama(torch.neg, torch.neg, torch.tensor([diffusion]), z0, 0.0, 2.0, torch.randn(steps, n, 1, generator=g))
    assert math.isclose(float(path.z[-1].std()), diffusion / 2**0.5, rel_tol=0.03)
    assert abs(float(path.z[-1].mean())) < 0.02
    assert float(path.kl.abs().max()) == 0.0


def test_noise_is_scaled_by_the_root_of_the_step() -> None:
    def still(z: Tensor) -> Tensor:
        return torch.zeros_like(z)

    g = torch.Generator().manual_seed(0)
    path = euler_maruyama(still, still, torch.tensor([0.5]), torch.zeros(50_000, 1), 0.0, 4.0, torch.randn(7, 50_000, 1, generator=g))
    assert math.isclose(float(path.z[-1].var()), 0.25 * 4, rel_tol=0.03)
