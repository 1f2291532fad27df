import numpy as np
from scipy.stats import median_abs_deviation

from predictors.robust import centre_and_reach, limits, over_curves, tame
from predictors.table import remember, tabulate
from tests.predictors.toy_curves import power_curves


def test_centre_and_deviation_are_scipys() -> None:
    z = np.random.default_rng(0).standard_normal((50, 3, 2)) * [1.0, 0.01]
    z[:7, 0] = np.nan
    centre, reach, width = centre_and_reach(z)
    np.testing.assert_allclose(centre, np.nanmedian(z, axis=0))
    np.testing.assert_allclose(width, median_abs_deviation(z, axis=0, nan_policy="omit", scale=1 / 1.4826))
    np.testing.assert_allclose(reach, np.maximum(5 * width, 2.0))


def test_only_what_is_far_is_moved() -> None:
    z = 0.1 * np.random.default_rng(0).standard_normal((50, 4))
    z[3, 1], z[4, 2] = 70.0, np.nan
    low, high = limits(z)
    tamed = tame(z)
    assert tamed[3, 1] == high[1] < 2.2
    assert np.isnan(tamed[4, 2])
    others = np.ones_like(z, dtype=bool)
    others[3, 1] = others[4, 2] = False
    np.testing.assert_array_equal(tamed[others], z[others])
    assert (low < 0).all()


def test_a_column_without_a_value_limits_nothing() -> None:
    assert limits(np.full((3, 2), np.nan)).tolist() == [[-np.inf, -np.inf], [np.inf, np.inf]]
    assert np.isnan(tame(np.full((3, 2), np.nan))).all()


def test_a_statistic_over_curves_is_silent_about_an_epoch_without_any() -> None:
    z = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    np.testing.assert_array_equal(over_curves(np.nanmean, z), [2.0, 5.0, np.nan])
    np.testing.assert_array_equal(over_curves(np.nanmax, z), [3.0, 5.0, np.nan])


def test_an_exploded_value_is_read_as_the_limit() -> None:
    observed, _ = power_curves(3, seed=1).observe(5)
    observed.y[1, 4, 0] = 1e30
    table = tabulate(remember(power_curves(40)), observed, np.array([6.0]))
    assert table.start[1] < np.log(20 * power_curves(40).y[:, 4, 0].max() / 1e-4)
    assert table.start[1] > table.start[0]
