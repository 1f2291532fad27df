from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.carry_over import MANY, MOST, carries_over
from nasbench_lc.curves import CurveSet, Floats
from tests.evaluation.toys import toy_curves

STUCK = 0.6


def with_ends(curves: CurveSet, rows: Sequence[int], ends: Floats | float) -> CurveSet:
    """The same runs, of which some never leave a level."""
    y = curves.y.copy()
    y[rows, :, :2] = np.reshape(ends, (-1, 1, 1))
    return replace(curves, y=y)


def pair(stay: int, stuck: int = 20, n: int = 40) -> tuple[CurveSet, CurveSet]:
    """Two tasks with the same configurations: on the first the first so many are stuck, on the second so many of these are; no other two end alike."""
    curves = toy_curves(n, seed=1)
    source, target = (with_ends(curves, range(n), np.geomspace(0.02, highest, n)) for highest in (0.5, 0.8))
    return with_ends(source, range(stuck), STUCK), with_ends(target, range(stay), 0.9)


def test_runs_that_end_alike_on_one_task_only_do_not_carry_over() -> None:
    source, target = pair(stay=5)
    np.testing.assert_array_equal(carries_over(source, target), np.arange(40) >= 20)


@pytest.mark.parametrize("kept", [round(MOST * 20), 19, 20])
def test_runs_that_end_alike_on_both_tasks_carry_over(kept: int) -> None:
    assert carries_over(*pair(stay=kept)).all()


def test_a_few_that_end_alike_are_chance() -> None:
    source, target = pair(stay=0, stuck=int(MANY * 40) - 2)
    assert carries_over(source, target).all()


def test_without_a_configuration_in_common_nothing_is_known() -> None:
    source, target = pair(stay=0)
    others = replace(target, hyperparameters=target.hyperparameters + 1)
    assert carries_over(source, others).all()
    assert carries_over(source, target.subset(slice(20, 40))).all()


def test_one_run_that_ends_elsewhere_is_enough_where_no_other_is_known() -> None:
    source, target = pair(stay=0)
    assert carries_over(source, target.subset(slice(0, 1))).all()  # a single one is like itself
    assert not carries_over(source, target.subset(np.array([0, 19, 25, 30])))[:20].any()


def test_hyperparameters_in_single_precision_are_the_same() -> None:
    source, target = pair(stay=5)
    rounded = replace(target, hyperparameters=target.hyperparameters.astype(np.float32).astype(np.float64))
    np.testing.assert_array_equal(carries_over(source, rounded), carries_over(source, target))


def test_exploded_and_missing_ends_decide_nothing() -> None:
    source, target = pair(stay=5)
    wanted = carries_over(source, target)
    for bad in (np.nan, 1e30):
        source.y[21], target.y[22] = bad, bad
        found = carries_over(source, target)
        assert found[21]
        np.testing.assert_array_equal(np.delete(found, 21), np.delete(wanted, 21))
    target.y[:] = np.nan
    assert carries_over(source, target).all()
    source.y[:] = np.nan
    assert carries_over(source, target).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 20), st.floats(0.2, 5))
def test_order_and_the_height_of_either_task_do_not_matter(seed: int, stay: int, factor: float) -> None:
    source, target = pair(stay)
    wanted = carries_over(source, target)
    rng = np.random.default_rng(seed)
    order, other = rng.permutation(40), rng.permutation(40)
    np.testing.assert_array_equal(carries_over(source.subset(order), target.subset(other)), wanted[order])
    higher = replace(target, y=np.concatenate([target.y[:, :, :2] * factor, target.y[:, :, 2:]], axis=2))
    np.testing.assert_array_equal(carries_over(source, higher), wanted)


def test_where_all_of_a_source_ends_alike_nothing_of_it_may_carry_over() -> None:
    source, target = pair(stay=5, stuck=40)
    assert not carries_over(source, target).any()
    assert carries_over(source, source).all()
