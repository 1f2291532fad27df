import numpy as np
import pytest

from benchmarks.paired import means, means_over_splits, reduction, resamples


def test_an_arm_that_halves_every_error_reduces_by_exactly_half() -> None:
    rng = np.random.default_rng(1)
    errors = rng.lognormal(size=(3, 50))
    errors[rng.random(errors.shape) < 0.5] = np.nan
    assert reduction({"a": errors / 2, "b": errors}, "a", "b") == pytest.approx((0.5, 0.5, 0.5))


def test_the_mean_is_that_of_the_seeds_and_the_interval_that_of_the_curves() -> None:
    a, b = np.array([[1.0, 3.0, np.nan], [np.nan, 1.0, 1.0]]), np.array([[4.0, 4.0, np.nan], [np.nan, 2.0, 2.0]])
    value, low, high = reduction({"a": a, "b": b}, "a", "b")
    assert value == pytest.approx(1 - ((1 + 3) / 2 + 1) / (4 + 2))
    assert low <= value <= high


def test_independent_arms_without_a_difference_have_an_interval_around_zero() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.lognormal(size=(2, 3, 200))
    value, low, high = reduction({"a": a, "b": b}, "a", "b")
    spread = np.sqrt((a.mean(0).var() + b.mean(0).var()) / 200) / b.mean()
    assert low < value < high
    assert (high - low) == pytest.approx(2 * 1.96 * spread, rel=0.25)


def test_splits_that_differ_are_uncertain_where_their_curves_agree() -> None:
    level = np.random.default_rng(3).normal(size=25)
    values = np.repeat(level[:, None], 40, axis=1)
    weights = resamples(range(40))
    np.testing.assert_allclose(means(values, weights), level.mean())
    over = means_over_splits(values, weights)
    assert over[0] == pytest.approx(level.mean())
    assert over[1:].std() == pytest.approx(level.std() / 5, rel=0.1)
