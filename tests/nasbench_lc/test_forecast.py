import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import interpolate, stats

from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import LEVELS, Forecast, Mixture

T = np.arange(5.0, 9.0)


def forecast(seed: int = 0, levels: np.ndarray = LEVELS) -> Forecast:
    rng = np.random.default_rng(seed)
    return Forecast(T, rng.random((3, 4)), levels, np.sort(rng.normal(size=(3, 4, len(levels))), -1))


def test_levels_are_those_of_the_crps():
    assert LEVELS.tolist() == pytest.approx(np.arange(0.025, 0.98, 0.025).tolist(), abs=1e-15)
    assert 0.5 in LEVELS


@given(st.floats(0.025, 0.975), st.integers(0, 2**32 - 1))
def test_a_quantile_is_interpolated_linearly(level: float, seed: int):
    f = forecast(seed)
    expected = interpolate.interp1d(LEVELS, f.quantiles, axis=-1)(level)
    np.testing.assert_allclose(f.quantile(level), expected, rtol=1e-9, atol=1e-9)


@given(st.lists(st.floats(0.025, 0.975), min_size=2, max_size=2).map(sorted), st.integers(0, 2**32 - 1))
def test_quantiles_do_not_cross(levels: list[float], seed: int):
    f = forecast(seed)
    assert (f.quantile(levels[0]) <= f.quantile(levels[1]) + 1e-12).all()


@pytest.mark.parametrize("level", [0.0, 0.0249, 0.976, 1.0, -1.0, 2.0, float("nan")])
def test_no_forecast_invents_its_tails(level: float):
    with pytest.raises(ConfigError, match="quantile level"):
        forecast().quantile(level)


def test_stored_levels_come_back_as_they_are():
    f = forecast()
    for i, level in enumerate(LEVELS):
        np.testing.assert_array_equal(f.quantile(float(level)), f.quantiles[..., i])
    single = forecast(levels=np.array([0.5]))
    np.testing.assert_array_equal(single.quantile(0.5), single.quantiles[..., 0])


def test_an_interval_is_central():
    f = forecast()
    low, high = f.interval(0.8)
    np.testing.assert_allclose(low, f.quantile(0.1))
    np.testing.assert_allclose(high, f.quantile(0.9))


def test_samples_become_quantiles_and_mean():
    samples = np.random.default_rng(1).normal(2.0, 3.0, size=(2, 20_000, 4))
    f = Forecast.from_samples(T, samples)
    np.testing.assert_allclose(f.mean, samples.mean(1))
    np.testing.assert_allclose(f.quantiles, np.broadcast_to(stats.norm(2, 3).ppf(LEVELS), (2, 4, 39)), atol=0.25)
    for i in (0, 19, 38):
        np.testing.assert_allclose(f.quantiles[..., i], np.quantile(samples, LEVELS[i], axis=1))
    known = np.zeros((2, 4))
    assert Forecast.from_samples(T, samples, mean=known).mean is known


def test_a_point_forecast_says_that_it_cannot_tell():
    f = Forecast.from_point(T, np.ones((3, 4)))
    assert f.quantiles.shape == (3, 4, 39)
    assert np.isnan(f.quantiles).all()
    assert np.isnan(f.quantile(0.9)).all()
    assert f.samples is None


def test_until_cuts_every_part_after_the_horizon():
    samples = np.random.default_rng(1).random((2, 10, 4))
    f = Forecast.from_samples(T, samples, density=Mixture(samples, samples + 1)).until(6)
    assert f.t.tolist() == [5.0, 6.0]
    assert f.density is not None
    assert f.samples is not None
    np.testing.assert_array_equal(f.mean, samples.mean(1)[:, :2])
    for values in (f.samples, f.density.mean, f.density.std - 1):
        np.testing.assert_allclose(values, samples[:, :, :2])
    assert f.quantiles.shape == (2, 2, 39)
    point = Forecast.from_point(T, np.ones((3, 4))).until(100)
    assert point.mean.shape == (3, 4)
    assert point.density is None
