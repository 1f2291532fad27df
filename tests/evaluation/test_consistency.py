import numpy as np
import pytest

from evaluation.consistency import error_by_epoch, excess_jump, violations


def test_error_by_epoch_averages_over_curves() -> None:
    truth = np.array([[1.0, 2.0], [2.0, np.nan]])
    mean = np.array([[1.5, 2.0], [1.0, 9.0]])
    np.testing.assert_allclose(error_by_epoch(mean, truth), [0.5, 0.0])


def test_a_forecast_that_continues_the_curve_jumps_as_the_truth_does() -> None:
    last, truth = np.array([1.0, 2.0, 3.0]), np.array([[0.9], [1.9], [2.9]])
    assert excess_jump(last, truth, truth) == 0
    assert excess_jump(last, truth - 0.5, truth) == pytest.approx(0.5)
    assert excess_jump(last, last[:, None], truth) == pytest.approx(-0.1)
    assert np.isnan(excess_jump(np.full(3, np.nan), truth, truth))


def test_violations_count_the_impossible() -> None:
    mean = np.array([[0.5, -0.1], [1.2, np.nan]])
    assert violations(mean, bounded=True) == pytest.approx(0.75)
    assert violations(mean, bounded=False) == pytest.approx(0.5)
    assert np.isnan(violations(np.empty((0, 2)), True))
