import numpy as np
import pytest

from benchmarks.dead_runs import ARMS, OURS, WITHOUT, alive, row, table
from evaluation.split import split
from tests.predictors.toy_curves import power_curves


def test_what_is_dead_is_tested_and_not_learnt_from() -> None:
    curves = power_curves(60, seed=1)
    dead = set(curves.uid[::3])
    whole = split(curves, 0)
    parts = alive(whole, dead)
    assert not dead & {*parts.train.uid, *parts.valid.uid}
    assert {*parts.train.uid, *parts.valid.uid} == {*whole.train.uid, *whole.valid.uid} - dead
    assert parts.test.uid == whole.test.uid


def test_a_row_is_about_its_curves_only() -> None:
    errors = {arm: np.array([[1.0, 1.0, 9.0, np.nan], [np.nan, 1.0, 9.0, 9.0]]) for arm in ARMS}
    errors[WITHOUT] = 2 * errors[OURS]
    found = row(errors, np.array([True, True, False, False]), 5, "dead")
    assert found["errors"][OURS] == 1.0
    assert found["errors"][WITHOUT] == 2.0
    assert [found["reduction"], *found["interval"]] == pytest.approx([0.5, 0.5, 0.5])
    assert table([found])[-1] == "| dead | 5 | 1.00 | 2.00 | 1.00 | 1.00 | 50.0% [50.0%, 50.0%] |"
