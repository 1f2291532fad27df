from dataclasses import replace

import numpy as np
import pytest

from benchmarks.limits import concentration, entropy, kinds, oracles, rows
from nasbench_lc.curves import CurveSet
from tests.evaluation.toys import toy_curves

CHANCE = float(np.log(2))


def curves() -> CurveSet:
    """Six runs of 200 epochs: flat at chance, late learner, learner, one that forgets, one that explodes, one that nears zero."""
    t = np.arange(1, 201)
    flat = np.full(200, CHANCE)
    y = np.stack([flat, np.where(t < 50, CHANCE, 0.3), 0.3 + 0.2 / t, np.where(t < 50, 0.4, CHANCE), np.where(t < 50, 0.4, 9.0), 0.5 / t])
    raw = toy_curves(6, epochs=200)
    values = np.stack([y, y, np.full_like(y, 0.5)], -1)
    return replace(raw, y=values, hyperparameters=np.array([[0.001, 0], [0.02, 0], [0.005, 0], [0.05, 0], [0.09, 0], [0.001, 0]]))


def test_the_entropy_of_two_equal_classes() -> None:
    assert entropy(np.array([0.5, 0.5, 0.9, np.nan])) == pytest.approx(CHANCE)


def test_every_kind_by_hand() -> None:
    found = {name: np.flatnonzero(rows).tolist() for name, rows in kinds(curves()).items()}
    assert found == {
        "all": [0, 1, 2, 3, 4, 5],
        "not diverged": [0, 1, 2, 3, 4, 5],
        "never above 2 nats after epoch 10": [0, 1, 2, 3, 5],
        "learning rate up to 0.03": [0, 1, 2, 5],
        "learning rate up to 0.01": [0, 2, 5],
        "loss never below 0.05": [0, 1, 2, 3, 4],
        "at chance at epoch 10 and at the end": [0],
        "at chance at epoch 10, learns later": [1],
        "learning at epoch 10, learns on": [2, 5],
        "moves, but has learnt nothing at the end": [3, 4],
    }


def test_what_no_predictor_can_know() -> None:
    found = oracles(curves())
    assert found["last value"][0] == found["smoothed truth"][0] == 0
    assert found["last value"][1] == pytest.approx(151 / 190 * (CHANCE - 0.3) / 0.3)
    assert found["smoothed truth"][1] < 0.05


def test_shares_add_up() -> None:
    errors = np.array([[0.1, 0.3, 0.1, np.nan, 0.5, np.nan], [np.nan, 0.3, np.nan, 0.2, 0.5, 0.0]])
    found = rows(curves(), errors)
    assert found["n"] == 8
    first, *_, flat, late, learns, worse = found["kinds"]
    assert first["share_of_error"] == first["share_of_curves"] == 1
    assert first["mape"]["lc-gode"] == pytest.approx(0.25)
    assert sum(k["share_of_error"] for k in (flat, late, learns, worse)) == pytest.approx(1)
    assert late["share_of_error"] == pytest.approx(0.3)


def test_concentration() -> None:
    assert concentration(np.array([1.0] * 99 + [101.0]))["worst 1 %"] == pytest.approx(0.505)
