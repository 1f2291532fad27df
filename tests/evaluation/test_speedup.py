import math

import numpy as np
import pytest

from evaluation.results import StrategyPoint
from evaluation.speedup import break_even_n, cheapest, sgd_seconds, speedup, speedup_equal_regret, speedup_equal_regret_sgd

SECONDS = np.full((4, 10), 2.0)


def test_seconds_are_summed_and_an_untrained_epoch_is_free() -> None:
    assert sgd_seconds(SECONDS) == 80
    assert sgd_seconds(SECONDS, 3) == 24
    assert sgd_seconds(SECONDS, 0) == 0
    assert sgd_seconds(np.where(np.arange(10) < 5, SECONDS, np.nan)) == 40
    assert math.isnan(sgd_seconds(np.full((2, 3), np.nan)))


def test_the_papers_formula() -> None:
    assert speedup(200.0, 10.0, 0.0) == 20  # 10 of 200 epochs, inference free
    assert speedup(200.0, 10.0, 10.0) == 10
    assert math.isnan(speedup(200.0, 0.0, 0.0))


def test_equal_regret_counts_the_cheapest_way_that_chooses_as_well() -> None:
    ways = [StrategyPoint(name, "", s, r, False) for name, s, r in (("full", 100.0, 0.0), ("halving", 20.0, 0.1), ("guess", 1.0, 0.5))]
    for regret, name, factor in ((0.0, "full", 10.0), (0.09, "full", 10.0), (0.1, "halving", 2.0), (0.6, "guess", 0.1)):
        assert cheapest(ways, regret).name == name
        assert speedup_equal_regret(ways, regret, 10.0) == pytest.approx(factor)
    assert math.isnan(speedup_equal_regret(ways, 0.1, 0.0))


def test_plain_sgd_counts_to_the_epoch_after_which_sgd_never_chooses_worse() -> None:
    curves = np.array([[0.9, 0.5, 0.5, 0.2], [0.5, 0.9, 0.4, 0.3], [0.9, 0.9, 0.9, 0.9]])  # lower is better; choices: 1, 0, 1, 0
    spent = 3.0
    for regret, epochs in ((0.0, 4), (0.05, 4), (0.1, 1), (1.0, 1)):
        assert speedup_equal_regret_sgd(curves, np.ones((3, 4)), regret, spent, False) == pytest.approx(3 * epochs / spent)
    assert math.isnan(speedup_equal_regret_sgd(curves, np.ones((3, 4)), 0.0, 0.0, False))


def test_break_even() -> None:
    n = break_even_n(training=1000.0, fit=100.0, full=200.0, spent=20.0, n=10)
    assert n == math.ceil(1100 / 18)
    assert n * 20.0 > 1100 + n * 2.0 >= (n - 1) * 2.0 + 1100 > (n - 1) * 20.0 - 20.0
    assert math.isnan(break_even_n(1000.0, 1.0, full=10.0, spent=20.0, n=10))
    assert math.isnan(break_even_n(1000.0, math.nan, 200.0, 20.0, 10))
    assert math.isnan(break_even_n(1000.0, 1.0, 0.0, 0.0, 0))
