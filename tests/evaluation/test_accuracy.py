import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sk

from evaluation import accuracy
from nasbench_lc.curves import Floats

VALUES = st.floats(-1e3, 1e3, allow_nan=False, width=64)
CURVES = st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
    lambda s: st.tuples(arrays(float, s, elements=VALUES), arrays(float, s, elements=VALUES))
)
PER_CURVE = (accuracy.mape, accuracy.smape, accuracy.log_mae)


@settings(deadline=None)
@given(CURVES)
def test_against_scikit_learn(pair: tuple[Floats, Floats]) -> None:
    mean, truth = pair
    np.testing.assert_allclose(accuracy.rmse(mean, truth), sk.root_mean_squared_error(truth.ravel(), mean.ravel()), rtol=1e-9)
    away = np.where(np.abs(truth) < 1e-3, 1.0, truth)
    expected = [sk.mean_absolute_percentage_error(y, f) for y, f in zip(away, mean, strict=True)]
    np.testing.assert_allclose(accuracy.mape(mean, away), expected, rtol=1e-9)
    np.testing.assert_allclose(accuracy.mae_final(mean, truth).mean(), sk.mean_absolute_error(truth[:, -1], mean[:, -1]), rtol=1e-9)
    positive = np.abs(away) + 1
    expected = [sk.mean_absolute_error(np.log(y), np.log(f)) for y, f in zip(positive, np.abs(mean) + 1, strict=True)]
    np.testing.assert_allclose(accuracy.log_mae(np.abs(mean) + 1, positive), expected, rtol=1e-9, atol=1e-12)


@settings(deadline=None)
@given(CURVES)
def test_smape_by_the_slow_way(pair: tuple[Floats, Floats]) -> None:
    for f, y, value in zip(*pair, accuracy.smape(*pair), strict=True):
        expected = sum(abs(a - b) / max((abs(a) + abs(b)) / 2, 1e-3) for a, b in zip(f, y, strict=True)) / len(y)
        assert value == pytest.approx(expected, rel=1e-9)
        assert 0 <= value <= 2 + 1e-12


def test_mape_is_a_mean_of_means_with_a_floor() -> None:
    truth = np.array([[1.0, 2.0], [0.0, 1e-4]])
    mean = np.array([[1.5, 1.0], [0.002, 1e-4]])
    np.testing.assert_allclose(accuracy.mape(mean, truth), [0.5, 1.0])
    assert accuracy.mape_median(mean, truth) == pytest.approx(0.75)


@pytest.mark.parametrize("metric", PER_CURVE)
def test_a_missing_truth_is_skipped_and_a_missing_forecast_is_not(metric) -> None:
    truth = np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0], [np.nan] * 3])
    mean = np.array([[2.0, np.nan, 2.0], [1.0, np.nan, 3.0], [1.0] * 3])
    values = metric(mean, truth)
    assert values[0] == pytest.approx(metric(mean[:1, [0, 2]], truth[:1, [0, 2]])[0])
    assert np.isnan(values[1:]).all()
    assert np.isnan(accuracy.rmse(mean, truth))
    assert accuracy.rmse(mean[:1], truth[:1]) == pytest.approx(np.sqrt(0.5))
    assert np.isnan(accuracy.rmse(mean[2:], truth[2:]))
    assert np.isnan(accuracy.mape_median(mean[2:], truth[2:]))


@settings(deadline=None)
@given(CURVES)
def test_a_perfect_forecast_has_no_error(pair: tuple[Floats, Floats]) -> None:
    truth = pair[0]
    for metric in (*PER_CURVE, accuracy.mae_final):
        assert (metric(truth, truth) == 0).all()
    assert accuracy.rmse(truth, truth) == 0
