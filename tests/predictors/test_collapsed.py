from dataclasses import replace

import numpy as np
import pytest

from nasbench_lc.curves import Observed
from predictors.collapsed import collapsed
from tests.predictors.toy_curves import power_curves

FELL = [0.4, 0.7, 0.8, 0.2, 0.2, 0.2, 0.2]


def observed(*curves: list[float], metric: str = "test_acc") -> Observed:
    prefix, _ = power_curves(len(curves), seed=0, metric=metric).observe(len(curves[0]))
    y = prefix.y.copy()
    y[:, :, prefix.metrics.index(metric)] = curves
    return replace(prefix, y=y)


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
    assert collapsed(observed(FELL[:k] if k else [])).tolist() == [False]
