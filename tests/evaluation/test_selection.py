from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.selection import asha, epochs_to_try, successive_halving, tse, tse_ema, tse_recent, without_predictor
from tests.evaluation.toys import toy_curves

LOSS = np.array([[3.0, 2.0, 1.0], [1.0, 1.0, 4.0]])


def test_training_speed_by_hand() -> None:
    np.testing.assert_allclose(tse(LOSS), [-6, -6])
    np.testing.assert_allclose(tse_recent(LOSS), [-1, -4])
    np.testing.assert_allclose(tse_recent(LOSS, 2), [-3, -5])
    np.testing.assert_allclose(tse_ema(LOSS, 0.5), [-(0.75 + 1 + 1), -(0.25 + 0.5 + 4)])
    np.testing.assert_allclose(tse_ema(LOSS, 1.0), tse(LOSS))


def test_successive_halving_by_hand() -> None:
    # Nine curves, rungs at 1, 3, 9: 9 x 1 epoch, the best 3 for 2 more, the best one is then alone.
    values = np.repeat(np.arange(9.0)[:, None], 9, 1)
    assert successive_halving(values, np.ones((9, 9)), 1, 3, higher=True) == (8, 9 + 3 * 2)
    assert successive_halving(values, np.ones((9, 9)), 1, 3, higher=False) == (0, 9 + 3 * 2)


def test_asha_by_hand() -> None:
    # Rungs at 1 and 3. Rising curves: each new one is the best so far and runs on; falling: only the first and none after.
    values = np.repeat(np.arange(4.0)[:, None], 3, 1)
    assert asha(values, np.ones((4, 3)), 1, 3, higher=True) == (3, 4 * 3)
    assert asha(values[::-1], np.ones((4, 3)), 1, 3, higher=True) == (0, 3 + 3 * 1)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), n=st.integers(1, 30), start=st.integers(1, 12), higher=st.booleans())
def test_racing_never_costs_more_than_full_training(seed: int, n: int, start: int, higher: bool) -> None:
    rng = np.random.default_rng(seed)
    values, seconds = rng.normal(size=(n, 12)), rng.uniform(1, 2, (n, 12))
    for rule in (successive_halving, asha):
        winner, spent = rule(values, seconds, start, 3, higher)
        assert 0 <= winner < n
        assert seconds[:, :start].sum() - 1e-9 <= spent <= seconds.sum() + 1e-9


def test_racing_from_the_last_epoch_finds_the_best() -> None:
    values = np.random.default_rng(0).normal(size=(20, 6))
    for rule in (successive_halving, asha):
        winner, spent = rule(values, np.ones((20, 6)), 6, 3, True)
        assert (winner, spent) == (int(values[:, -1].argmax()), 120)


@pytest.mark.parametrize("metric", ["test_loss", "test_acc"])
def test_strategies_spend_more_to_regret_nothing(metric: str) -> None:
    curves = toy_curves(metric=metric)
    points = without_predictor(curves, 12)
    finish = "rank after k epochs, finish 5"
    names = {"full training", "last value at k epochs", finish, "TSE", "TSE-E", "TSE-EMA", "successive halving", "ASHA"}
    assert {p.name for p in points} == names
    assert all(p.regret >= 0 and 0 < p.seconds <= points[0].seconds + 1e-9 for p in points)
    whole = [p for p in points if p.name == "last value at k epochs" and p.setting == "12 epochs"]
    assert whole[0].regret == 0
    assert points[0].seconds == pytest.approx(curves.seconds.sum())
    assert without_predictor(curves.subset([]), 12) == []


def test_curves_without_times_have_no_prices() -> None:
    curves = toy_curves()
    assert without_predictor(replace(curves, seconds=np.full_like(curves.seconds, np.nan)), 12) == []


def test_prefixes_to_try_span_the_curve() -> None:
    assert epochs_to_try(200)[0] == 1
    assert epochs_to_try(200)[-1] == 200
    assert epochs_to_try(1) == [1]
