import numpy as np
import pytest
from scipy import stats

from evaluation.noise_floor import noise_floor, repeated, weighted_median
from tests.evaluation.toys import toy_curves


def test_the_median_of_equal_weights_is_the_median() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 3, 4, 9):
        y = rng.normal(size=(n, 7))
        np.testing.assert_allclose(weighted_median(y, np.full_like(y, 0.3)), np.median(y, 0), rtol=1e-12)


def test_the_median_goes_where_the_weight_is() -> None:
    y, w = np.array([[1.0], [2.0], [3.0]]), np.array([[100.0], [1.0], [1.0]])
    assert 1.0 <= weighted_median(y, w)[0] < 1.1


def test_the_bracket_holds_the_error_of_the_best_forecast() -> None:
    # Normal runs around known means: the best point forecast errs by sqrt(2 / pi) of the standard deviation.
    rng = np.random.default_rng(0)
    y = 10 + 0.5 * rng.normal(size=(400, 5, 1))
    final, many = noise_floor(y)["mae_final"], noise_floor(10 + 0.5 * rng.normal(size=(200, 25, 1)))["mae_final"]
    best = 0.5 * np.sqrt(2 / np.pi)
    assert final["value"] < best < final["reached"]
    assert many["value"] == pytest.approx(best, rel=0.05)  # both close in
    assert many["reached"] == pytest.approx(best, rel=0.05)
    assert final["interval"][0] < final["value"] < final["interval"][1]


def test_the_ceiling_holds_the_tau_of_the_true_means() -> None:
    rng = np.random.default_rng(1)
    means = rng.normal(size=300)
    y = means[:, None, None] + 0.5 * rng.normal(size=(300, 5, 1))
    found = noise_floor(y)
    best = np.mean([stats.kendalltau(means, y[:, r, 0]).statistic for r in range(5)])
    assert found["kendall"]["reached"] < best < found["kendall"]["value"]
    assert found["kendall_of_two"] == pytest.approx(
        np.mean([stats.kendalltau(y[:, r, 0], y[:, s, 0]).statistic for r in range(5) for s in range(r)])
    )


def test_runs_without_noise_have_no_floor() -> None:
    y = np.repeat(np.random.default_rng(2).uniform(1, 2, (20, 1, 4)), 3, 1)
    found = noise_floor(y)
    assert found["mape"]["value"] == found["mape_median"]["value"] == found["mae_final"]["value"] == 0
    assert found["kendall"]["value"] == pytest.approx(1)


def test_incomplete_runs_are_left_out() -> None:
    y = np.random.default_rng(3).uniform(1, 2, (6, 3, 4))
    broken = np.concatenate([y, y[:1]])
    broken[-1, :2, 2] = np.nan
    assert noise_floor(broken)["n"] == 6
    assert noise_floor(broken)["mape"] == noise_floor(y)["mape"]


def test_weights_count_like_copies() -> None:
    y = np.random.default_rng(4).uniform(1, 2, (6, 4, 3))
    twice, weighted = noise_floor(np.concatenate([y, y[:2]])), noise_floor(y, np.array([2.0, 2, 1, 1, 1, 1]))
    for name in ("mape", "mae_final"):
        assert weighted[name]["value"] == pytest.approx(twice[name]["value"])


def test_repeats_are_equal_in_group_and_hyperparameters() -> None:
    curves = toy_curves(repeats=2)
    assert repeated(curves) is None  # of one group, but with hyperparameters of their own
    again = repeated(curves.subset([0, 1, 0, 5, 5, 5]))
    assert again is not None
    assert again.shape == (2, 3, 12)
    np.testing.assert_array_equal(again[1], curves.target[[5, 5, 5]])
    assert np.isnan(again[0, 2]).all()
