import numpy as np
import pytest

from nasbench_lc.curves import Floats, Observed
from nasbench_lc.forecast import LEVELS, Forecast
from predictors.conformal import value_range
from predictors.recalibration import Recalibration
from tests.predictors.toy_curves import power_curves


def off(observed: Observed, t: Floats) -> Forecast:
    """A generative model whose quantiles are ten times too narrow and too high."""
    last = np.repeat(observed.target[:, -1:], len(t), 1)
    return Forecast(t, last, LEVELS, last[..., None] * (1.05 + 0.01 * (LEVELS - 0.5)))


def test_repairs_intervals_that_are_too_narrow_and_to_one_side() -> None:
    curves = power_curves(4600, epochs=8, seed=5, noise=0.1)
    calibration, (observed, target) = curves.subset(slice(0, 600)), curves.subset(slice(600, None)).observe(4)
    own = off(observed, target.t)
    forecast = Recalibration.learn(off, calibration, np.array([2, 4]), value_range(calibration)).apply(own, observed)
    low, high = forecast.interval(0.8)
    assert abs((target.y < low).mean() - 0.1) <= 0.02
    assert abs((target.y > high).mean() - 0.1) <= 0.02
    np.testing.assert_array_equal(forecast.mean, own.mean)


def test_leaves_epochs_alone_that_too_few_curves_know() -> None:
    calibration = power_curves(45, epochs=8, seed=5)
    calibration.y[:7, 5] = np.nan
    observed, _ = power_curves(3, epochs=8, seed=6).observe(4)
    own = off(observed, np.arange(5.0, 11.0))
    forecast = Recalibration.learn(off, calibration, np.array([4]), value_range(calibration)).apply(own, observed)
    kept = (forecast.quantiles == own.quantiles).all((0, 2))
    assert kept.tolist() == [False, True, False, False, False, False]


@pytest.mark.parametrize(("k", "expected"), [(1, 0.0), (2, 0.0), (3, np.log(4 / 3) / np.log(5 / 3)), (4, 1.0), (7, 1.0)])
def test_prefixes_between_two_lengths_take_what_lies_between(k: int, expected: float) -> None:
    offsets = np.full((2, 8, len(LEVELS)), np.nan)
    offsets[0, 2:], offsets[1, 4:] = 0.0, 1.0
    observed, target = power_curves(3, epochs=8, seed=6).observe(k)
    own = off(observed, target.t)
    forecast = Recalibration(np.array([2, 4]), offsets, np.array([-np.inf, np.inf])).apply(own, observed)
    centre, half = own.quantile(0.5), (own.quantile(0.9) - own.quantile(0.1)) / 2
    np.testing.assert_allclose(forecast.quantile(0.3), centre + expected * half, rtol=1e-4)
