import numpy as np
import torch
from scipy import stats
from torch.distributions import Normal

from predictors.paths import Paths, forecast_from_paths, noise_layout, normal_crps, robust_nll

T = np.array([11.0, 12.0])


def one_normal(mean: float, std: float, n: int = 1, z: int = 8) -> Paths:
    return Paths(torch.full((n, z, 2), mean), torch.full((n, z, 2), std))


def test_noise_layout_is_the_midpoint_quantiles() -> None:
    layout = np.sort(noise_layout(8, 5).numpy().ravel())
    np.testing.assert_allclose(layout, stats.norm.ppf((np.arange(40) + 0.5) / 40), atol=1e-5)


def test_quantiles_of_a_normal() -> None:
    forecast = forecast_from_paths(T, one_normal(1.0, 2.0), lambda x: x, 25)
    np.testing.assert_allclose(forecast.mean, 1.0, atol=1e-6)
    np.testing.assert_allclose(forecast.quantiles[0, 0], stats.norm.ppf(forecast.levels, 1, 2), atol=0.08)


def test_quantiles_equal_numpy() -> None:
    g = torch.Generator().manual_seed(0)
    paths = Paths(torch.randn(3, 8, 2, generator=g), torch.rand(3, 8, 2, generator=g) + 0.1)
    forecast = forecast_from_paths(T, paths, torch.exp, 5)
    assert forecast.samples is not None
    expected = np.moveaxis(np.quantile(forecast.samples, forecast.levels, axis=1), 0, -1)
    np.testing.assert_allclose(forecast.quantiles, expected, rtol=1e-5)


def test_quantiles_never_decrease_where_samples_are_equal() -> None:
    paths = Paths(torch.linspace(-2, 9, 16).reshape(1, 8, 2), torch.full((1, 8, 2), 0.7))
    forecast = forecast_from_paths(T, paths, lambda x: x.exp().clamp(max=1234567.9), 5)
    assert (np.diff(forecast.quantiles, axis=-1) >= 0).all()


def test_density_is_that_of_the_lognormal_it_approximates() -> None:
    forecast = forecast_from_paths(T, one_normal(0.3, 0.4, z=8), torch.exp, 8)
    density = forecast.density
    assert density is not None
    y = np.exp(stats.norm.ppf([0.03, 0.2, 0.5, 0.8, 0.97], 0.3, 0.4))
    ours = stats.norm.pdf(y[:, None], density.mean[0, :, 0], density.std[0, :, 0]).mean(1)
    np.testing.assert_allclose(np.log(ours), stats.lognorm.logpdf(y, 0.4, scale=np.exp(0.3)), atol=0.12)


def test_nll_is_normal_within_three_deviations_and_honours_the_mask() -> None:
    g = torch.Generator().manual_seed(0)
    paths = Paths(torch.randn(4, 3, 5, generator=g), torch.rand(4, 3, 5, generator=g) + 2)
    y, mask = torch.randn(4, 5, generator=g), (torch.rand(4, 5, generator=g) > 0.4).float()
    expected = -Normal(paths.mean, paths.scale).log_prob(y.unsqueeze(1)).mean(1)[mask > 0].mean()
    torch.testing.assert_close(robust_nll(paths, y, mask), expected, rtol=0, atol=1e-3)
    changed = torch.where(mask > 0, y, 99.0)
    torch.testing.assert_close(robust_nll(paths, changed, mask), robust_nll(paths, y, mask))


def test_nll_is_that_of_a_density_with_exponential_tails() -> None:
    y = torch.linspace(-40, 40, 80_001)
    nll = torch.stack([robust_nll(one_normal(0.0, 1.0, z=1), torch.full((1, 2), v), torch.ones(1, 2)) for v in (3.0, 10.0, 20.0)])
    torch.testing.assert_close(nll.diff(), torch.tensor([21.0, 30.0]))
    paths = Paths(torch.zeros(1, 1, len(y)), torch.ones(1, 1, len(y)))
    density = torch.stack(
        [(-robust_nll(Paths(paths.mean[..., :1], paths.scale[..., :1]), v.view(1, 1), torch.ones(1, 1))).exp() for v in y[::100]]
    )
    assert abs(float(torch.trapezoid(density, y[::100])) - 1) < 1e-3


def test_the_relative_point_minimises_the_expected_relative_error() -> None:
    """Of a lognormal it is exp(mean - variance)."""
    paths = one_normal(0.3, 0.4, z=20)
    point = forecast_from_paths(T, paths, torch.exp, 20, "relative")
    np.testing.assert_allclose(point.mean, np.exp(0.3 - 0.4**2), rtol=0.01)
    assert point.samples is not None
    y, candidates = point.samples[0, :, 0], np.linspace(0.5, 2, 3001)
    best = candidates[np.abs(candidates[:, None] / y - 1).mean(1).argmin()]
    np.testing.assert_allclose(point.mean[0, 0], best, rtol=0.01)


def test_crps_equals_quadrature() -> None:
    g = torch.Generator().manual_seed(0)
    paths = Paths(torch.randn(2, 1, 3, generator=g), torch.rand(2, 1, 3, generator=g) + 0.2)
    y, mask = torch.randn(2, 3, generator=g), torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    x = np.linspace(-12, 12, 40_001)
    exact = [
        np.trapezoid((stats.norm.cdf(x, float(m), float(s)) - (x >= float(v))) ** 2, x)
        for m, s, v in zip(paths.mean[:, 0][mask > 0], paths.scale[:, 0][mask > 0], y[mask > 0], strict=True)
    ]
    np.testing.assert_allclose(float(normal_crps(paths, y, mask)), np.mean(exact), rtol=1e-3)


def test_crps_takes_the_moments_of_all_paths() -> None:
    two = Paths(torch.tensor([[[0.6], [-0.6]]]), torch.full((1, 2, 1), 0.8))
    one = Paths(torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
    y, mask = torch.tensor([[0.7]]), torch.ones(1, 1)
    torch.testing.assert_close(normal_crps(two, y, mask), normal_crps(one, y, mask))
