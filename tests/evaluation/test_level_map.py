import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.level_map import SLOPES, LevelMap, level_map
from nasbench_lc.curves import Floats
from predictors.scale import from_scale, to_scale
from tests.evaluation.toys import toy_curves

LOSS, ACCURACY = "test_loss", "test_acc"
HERE = toy_curves(40, seed=1).target


def found(here: Floats, there: Floats, metric: str = LOSS) -> LevelMap:
    to = level_map(here, there, metric)
    assert to is not None
    return to


def bent(y: Floats) -> Floats:
    """An increasing function of losses, with slopes of 0.4 and 1.6 on the scale and a bend where the loss is 1."""
    z = to_scale(y, LOSS) - to_scale(np.array(1.0), LOSS)
    return from_scale(np.where(z < 0, 1.6 * z, 0.4 * z) + 8.0, LOSS)


@pytest.mark.parametrize("n", [3, 10, 40])
def test_a_function_of_the_level_is_found(n: int) -> None:
    to = found(HERE[:n], bent(HERE[:n]))
    z = to_scale(HERE, LOSS)
    off = to_scale(to(HERE), LOSS) - to_scale(bent(HERE), LOSS)
    inside = (z >= to.at[0]) & (z <= to.at[-1])
    assert np.abs(off[inside]).mean() < 0.03
    assert np.abs(off[inside]).max() < 0.1  # at the ends the smoothing flattens


def test_of_a_noisy_one_the_level_is_found_and_the_order_of_pairs_is_none() -> None:
    rng = np.random.default_rng(0)
    there = bent(HERE) * np.exp(rng.normal(0, 0.2, HERE.shape))
    to = found(HERE, there)
    assert np.abs(to_scale(to(HERE), LOSS) - to_scale(bent(HERE), LOSS)).mean() < 0.05
    order = rng.permutation(len(HERE))
    np.testing.assert_allclose(found(HERE[order], there[order])(HERE), to(HERE), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.sampled_from([LOSS, ACCURACY]))
def test_ranks_stay_and_slopes_are_bounded_whatever_the_pairs(seed: int, n: int, metric: str) -> None:
    rng = np.random.default_rng(seed)
    here, there = (from_scale(rng.uniform(0, 1, (n, 6)) * rng.uniform(0, 9), metric) for _ in range(2))
    here[rng.random(here.shape) < 0.2] = np.nan
    to = level_map(here, there, metric)
    if to is None:
        assert not np.isfinite(here).any()
        return
    z = np.sort(rng.uniform(-1, 12, 200))
    slopes = np.diff(to.on_scale(z)) / np.diff(z)
    assert slopes.min() > SLOPES[0] - 1e-6
    assert slopes.max() < SLOPES[1] + 1e-6
    assert (np.diff(to(from_scale(z, metric))) >= 0).all()


def test_it_is_fitted_by_isotonic_regression_put_at_the_median() -> None:
    """Half of the runs are at one level on the one task and anywhere on the other: no slope there, and the middle of what they are."""
    rng = np.random.default_rng(3)
    here = np.repeat(np.where(np.arange(41) < 21, 0.5, rng.uniform(0.01, 0.05, 41))[:, None], 6, axis=1)
    there = here * np.where(np.arange(41) < 21, np.geomspace(0.5, 2, 41), 1.0)[:, None]
    to = found(here, there)
    low, high = to_scale(np.array([0.02, 0.04]), LOSS)
    assert (to.on_scale(high) - to.on_scale(low)) / (high - low) == pytest.approx(1.0, abs=0.3)
    middle = np.median(to_scale(there, LOSS) - to.on_scale(to_scale(here, LOSS)))
    assert abs(middle) < 0.02


def test_early_epochs_count_more() -> None:
    early, late = HERE.copy(), HERE.copy()
    early[:, :3] *= 2
    late[:, 3:] *= 2
    shifts = [np.median(to_scale(found(HERE, there)(HERE) / HERE, "ratio")) for there in (early, late)]
    assert shifts[0] != pytest.approx(shifts[1], abs=0.05)


def test_beyond_what_pairs_show_differences_stay() -> None:
    to = found(HERE, bent(HERE))
    far = to_scale(np.array([1e-3, 1e-2, 1e3, 1e9]), LOSS)
    np.testing.assert_allclose(np.diff(to.on_scale(far))[[0, 2]], np.diff(far)[[0, 2]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_exploded_and_missing_values_move_no_other(bad: float) -> None:
    here, there = HERE[:20].copy(), bent(HERE[:20])
    wanted = found(here, there)(HERE)
    here[3, 6:], there[3, 6:], there[5, 8:] = bad, bad, bad
    to = found(here, there)
    assert np.abs(np.log(to(HERE) / wanted)).mean() < 0.4  # two of twenty
    again = to(np.array([0.5, bad]))
    np.testing.assert_array_equal(np.isfinite(again), np.isfinite([0.5, bad]))
    if np.isfinite(bad):
        assert again[1] > 1e20


def test_pairs_with_values_on_both_are_counted_and_without_one_there_is_no_map() -> None:
    here = HERE[:5].copy()
    here[0], here[1, 1:] = np.nan, np.nan
    assert found(here, HERE[:5]).pairs == 4
    assert level_map(here[:1], HERE[:1], LOSS) is None
    assert level_map(HERE[:0], HERE[:0], LOSS) is None


def test_runs_that_all_stand_still_are_put_where_the_others_are() -> None:
    still = np.full((4, 12), 0.5)
    to = found(still, still * 3)
    np.testing.assert_allclose(to(still), still * 3)
    np.testing.assert_allclose(to(still * 2), still * 6, rtol=1e-3)
