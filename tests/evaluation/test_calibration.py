import numpy as np
import pytest
from scipy import integrate, stats
from sklearn.metrics import mean_pinball_loss

from evaluation import calibration
from nasbench_lc.forecast import LEVELS, Forecast, Mixture


def normal(mean, std, h: int = 1, levels=LEVELS) -> Forecast:
    mean, std = np.asarray(mean)[:, None] * np.ones(h), np.asarray(std)[:, None] * np.ones(h)
    quantiles = mean[..., None] + std[..., None] * stats.norm.ppf(levels)
    return Forecast(np.arange(1.0, h + 1), mean, levels, quantiles, density=Mixture(mean[:, None], std[:, None]))


def test_pinball_against_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, quantiles = rng.normal(size=(4, 3)), np.sort(rng.normal(size=(4, 3, len(LEVELS))), -1)
    loss = calibration.pinball(quantiles, LEVELS, truth)
    for q, level in enumerate(LEVELS):
        assert loss[..., q].mean() == pytest.approx(mean_pinball_loss(truth.ravel(), quantiles[..., q].ravel(), alpha=level), rel=1e-9)


@pytest.mark.parametrize("shape", [(5, 4), (3, 1), (1, 1)])
def test_crps_against_scikit_learn(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    truth, quantiles = rng.normal(size=shape).round(1), np.sort(rng.normal(size=(*shape, len(LEVELS))).round(1), -1)  # with ties
    truth[0, 1:] = np.nan
    present = np.isfinite(truth)
    expected = [
        2 * np.mean([mean_pinball_loss(y[p], f[p, q], alpha=level) for q, level in enumerate(LEVELS)])
        for y, f, p in zip(truth, quantiles, present, strict=True)
    ]
    np.testing.assert_allclose(calibration.crps(quantiles, LEVELS, truth), expected, rtol=1e-9)


def test_crps_is_that_of_the_normal_distribution_for_fine_levels() -> None:
    levels = (np.arange(4000) + 0.5) / 4000
    y = np.array([[-1.3], [0.2], [4.0]])
    z = (y[:, 0] - 0.5) / 2
    closed = 2 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    np.testing.assert_allclose(calibration.crps(normal([0.5] * 3, [2.0] * 3, levels=levels).quantiles, levels, y), closed, rtol=2e-3)


def test_crps_of_a_point_mass_is_its_absolute_error() -> None:
    quantiles = np.full((1, 2, len(LEVELS)), 3.0)
    np.testing.assert_allclose(calibration.crps(quantiles, LEVELS, np.array([[1.0, 4.0]])), [1.5], rtol=1e-12)


def test_the_median_of_the_crps_is_that_of_the_typical_curve() -> None:
    truth = np.array([[1.0], [1.1], [1e8], [np.nan]])
    quantiles = np.ones((4, 1, len(LEVELS)))
    np.testing.assert_allclose(calibration.crps_median(quantiles, LEVELS, truth), 0.1, rtol=1e-9)
    assert np.isnan(calibration.crps_median(quantiles[3:], LEVELS, truth[3:]))


def test_crps_and_nll_are_proper() -> None:
    y = np.random.default_rng(1).normal(1.0, 0.5, (4000, 1))
    truth, off = normal([1.0] * 4000, [0.5] * 4000), [(1.1, 0.5), (1.0, 0.8), (1.0, 0.3), (0.8, 0.5)]
    for mean, std in off:
        wrong = normal([mean] * 4000, [std] * 4000)
        assert calibration.crps(truth.quantiles, LEVELS, y).mean() < calibration.crps(wrong.quantiles, LEVELS, y).mean()
        assert calibration.nll(truth.density, y).mean() < calibration.nll(wrong.density, y).mean()


def test_nll_of_a_mixture() -> None:
    density = Mixture(np.array([[[0.0], [3.0]]]), np.array([[[1.0], [0.5]]]))
    y = np.array([[2.2]])
    expected = -np.log((stats.norm.pdf(2.2, 0, 1) + stats.norm.pdf(2.2, 3, 0.5)) / 2)
    np.testing.assert_allclose(calibration.nll(density, y), [expected], rtol=1e-9)
    mass, _ = integrate.quad(lambda v: np.exp(-calibration.nll(density, np.array([[v]]))[0]), -10, 10)
    assert mass == pytest.approx(1, abs=1e-6)


def test_nll_far_in_the_tail_stays_finite() -> None:
    density = Mixture(np.zeros((1, 2, 1)), np.full((1, 2, 1), 1e-3))
    assert np.isfinite(calibration.nll(density, np.array([[50.0]]))).all()


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_coverage_and_width_of_a_true_forecast(level: float) -> None:
    y = np.random.default_rng(2).normal(size=(20000, 1))
    forecast = normal([0.0] * 20000, [1.0] * 20000)
    assert calibration.coverage(forecast, y, level).mean() == pytest.approx(level, abs=0.012)
    assert calibration.width(forecast, y, level)[0] == pytest.approx(2 * stats.norm.ppf((1 + level) / 2), rel=1e-9)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_coverage_against_scipy(level: float) -> None:
    y = np.random.default_rng(4).normal(size=(6, 7))
    y[2, :5] = np.nan
    forecast = normal([0.3] * 6, [0.7] * 6, h=7)
    low, high = stats.norm.interval(level, 0.3, 0.7)
    for i, value in enumerate(calibration.coverage(forecast, y, level)):
        known = y[i, np.isfinite(y[i])]
        assert value == np.mean((known > low) & (known < high))
    edges = np.stack(forecast.interval(level), -1)[:, 0]
    assert (calibration.coverage(normal([0.3] * 6, [0.7] * 6, h=2), edges, level) == 1).all()


@pytest.mark.parametrize("n", [1, 2, 300])
def test_reliability_and_pit_against_scipy_and_numpy(n: int) -> None:
    y = np.random.default_rng(5).normal(size=(n, 2))
    y[0, 1] = np.nan
    known = y[np.isfinite(y)]
    forecast = normal([0.1] * n, [0.8] * n, h=2)
    at = stats.norm.ppf(LEVELS, 0.1, 0.8)
    np.testing.assert_allclose(calibration.reliability(forecast.quantiles, y), stats.ecdf(known).cdf.evaluate(at), rtol=1e-12)
    counts, _ = np.histogram(stats.norm.cdf(known, 0.1, 0.8), bins=10, range=(0, 1))
    np.testing.assert_allclose(calibration.pit_histogram(forecast, y), counts / len(known), atol=1e-12)


def test_a_truth_on_a_quantile_lies_below_it() -> None:
    truth = np.array([[1.0, 1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(calibration.reliability(np.broadcast_to([0.5, 1.0, 2.5, 3.0], (1, 4, 4)), truth), [0, 0.5, 0.75, 1])


def test_reliability_and_pit_of_a_true_forecast() -> None:
    y = np.random.default_rng(3).normal(size=(20000, 1))
    forecast = normal([0.0] * 20000, [1.0] * 20000)
    np.testing.assert_allclose(calibration.reliability(forecast.quantiles, y), LEVELS, atol=0.012)
    pit = calibration.pit_histogram(forecast, y)
    assert pit.sum() == pytest.approx(1)
    np.testing.assert_allclose(pit, 0.1, atol=0.012)
    narrow = calibration.pit_histogram(normal([0.0] * 20000, [0.3] * 20000), y)
    assert min(narrow[0], narrow[-1]) > 0.2
    assert narrow[4] < 0.1


def test_nan_policy() -> None:
    point = Forecast.from_point(np.arange(1.0, 3.0), np.ones((1, 2)))
    y = np.ones((1, 2))
    assert np.isnan(calibration.crps(point.quantiles, LEVELS, y)).all()
    assert np.isnan(calibration.nll(None, y)).all()
    assert np.isnan(calibration.coverage(point, y, 0.8)).all()
    assert np.isnan(calibration.width(point, y, 0.8)).all()
    assert np.isnan(calibration.reliability(point.quantiles, y)).all()
    sure = normal([0.0], [1.0], h=2)
    gap = np.array([[0.3, np.nan]])
    np.testing.assert_allclose(calibration.crps(sure.quantiles, LEVELS, gap), calibration.crps(sure.quantiles[:, :1], LEVELS, gap[:, :1]))
    np.testing.assert_allclose(calibration.nll(sure.density, gap), -stats.norm.logpdf([0.3]))
    assert calibration.coverage(sure, gap, 0.5) == 1
