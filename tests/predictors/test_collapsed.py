from dataclasses import replace

import numpy as np
import pytest

from nasbench_lc.curves import CurveSet, Observed
from predictors.collapsed import collapsed, stays
from tests.predictors.toy_curves import power_curves

FELL = [0.4, 0.7, 0.8, 0.2, 0.2, 0.2, 0.2]


def of(*curves: list[float], metric: str = "test_acc") -> CurveSet:
    runs = power_curves(len(curves), epochs=len(curves[0]), seed=0, metric=metric)
    y = runs.y.copy()
    y[:, :, runs.metrics.index(metric)] = curves
    return replace(runs, y=y)


def observed(*curves: list[float], metric: str = "test_acc") -> Observed:
    runs = of(*([*curve, np.nan] for curve in curves), metric=metric)
    return runs.observe(len(curves[0]))[0]


@pytest.mark.parametrize(
    ("curve", "true"),
    [
        (FELL, True),
        (FELL[:6], False),  # three epochs are no proof
        ([*FELL[:-1], 0.201], False),  # it still moves
        ([0.4, 0.39, 0.38, 0.2, 0.2, 0.2, 0.2], False),  # half of it is left
        ([0.1, 0.7, 0.8, 0.2, 0.2, 0.2, 0.2], False),  # it still knows more than after its first epoch
        ([0.2] * 7, False),  # it never learnt
        ([0.1 * value for value in FELL], False),  # nor did this: among many classes chance doubles and halves
        ([0.4, 0.7, 0.8, 0.0, 0.0, 0.0, 0.0], True),
        ([0.4, np.nan, 0.8, 0.2, 0.2, 0.2, 0.2], True),
        ([0.4, 0.7, 0.8, 0.2, 0.2, np.nan, 0.2], False),
        ([np.nan] * 7, False),
    ],
)
def test_what_fell_by_half_and_says_one_value_has_collapsed(curve: list[float], true: bool) -> None:
    assert collapsed(observed(curve)).tolist() == [true]
    assert collapsed(observed([0.4, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6][: len(curve)], curve)).tolist() == [False, true]


def test_a_loss_falls_and_has_not_collapsed() -> None:
    assert not collapsed(observed(FELL, metric="test_loss")).any()


@pytest.mark.parametrize("k", range(5))
def test_a_short_prefix_shows_nothing(k: int) -> None:
    assert collapsed(observed(FELL[:k])).tolist() == [False]


def test_training_curves_that_fell_and_came_back_more_often_than_not_say_that_none_stays() -> None:
    stayed, back, rose = [*FELL, 0.2, 0.25], [*FELL, 0.2, 0.7], [0.1 * t for t in range(9)]
    assert stays(of(rose))
    assert stays(of(rose, stayed))
    assert not stays(of(rose, back))
    assert stays(of(back, stayed))
    assert not stays(of(back, stayed, back))
    assert stays(of([*FELL, np.nan, np.nan], [*FELL[:-1], 0.9, 0.2, 0.2]))  # nothing known, and one that was never the same for four epochs


def test_what_a_training_curve_gains_is_counted_from_where_it_fell() -> None:
    assert stays(of([0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, np.nan, 0.19]))
    assert not stays(of([0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, np.nan, 0.21]))
