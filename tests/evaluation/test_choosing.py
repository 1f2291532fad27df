from dataclasses import replace

import numpy as np
import pytest

from evaluation.choosing import Choice
from evaluation.results import KEYS, Row
from evaluation.speedup import cheapest
from nasbench_lc.curves import CurveSet
from tests.evaluation.toys import toy_curves


def row(**known: object) -> Row:
    return {**dict.fromkeys(KEYS), "model": "ours", "observe": 3, "predict_seconds": 2.0, "regret_at_1": 0.01, "kendall": 0.5, **known}


def whole(curves: CurveSet) -> Choice:
    return Choice.among(curves, 12, np.ones(len(curves), dtype=np.bool_))


def test_only_scored_curves_are_chosen_among_and_paid_for() -> None:
    curves = toy_curves()
    y = curves.y.copy()
    y[:6, 7:] = np.nan
    choice = Choice.among(replace(curves, y=y), 12, np.arange(24) >= 12)
    assert choice.curves.uid == curves.uid[12:]
    point = choice.point(row())
    assert point is not None
    assert point.seconds == pytest.approx(curves.seconds[12:, :3].sum() + 2.0 * 12 / 24)
    assert (point.name, point.setting, point.regret, point.is_model) == ("ours", "3 epochs", 0.01, True)


def test_the_speed_up_is_that_over_the_cheapest_way_without_a_predictor() -> None:
    choice = whole(toy_curves())
    spent = choice.curves.seconds[:, :3].sum() + 2.0
    for regret in (0.0, 0.01, 1.0):
        priced = choice.priced(row(regret_at_1=regret))
        rival = cheapest(choice.without, regret)
        assert priced["speedup_equal_regret"] == pytest.approx(rival.seconds / spent)
        assert priced["speedup_equal_regret"] <= priced["speedup_equal_regret_sgd"]
    dear = choice.priced(row(regret_at_1=1.0, predict_seconds=1e6))
    assert 0 < dear["speedup_equal_regret"] < 1  # something simpler is cheaper


@pytest.mark.parametrize("known", [{"kendall": None}, {"regret_at_1": None}, {"observe": 0, "predict_seconds": 0.0}])
def test_who_does_not_rank_or_spends_nothing_has_no_speed_up(known: dict) -> None:
    priced = whole(toy_curves()).priced(row(**known))
    assert (priced["speedup_equal_regret"], priced["speedup_equal_regret_sgd"]) == (None, None)


def test_curves_without_times_price_nothing() -> None:
    curves = toy_curves()
    choice = whole(replace(curves, seconds=np.full_like(curves.seconds, np.nan)))
    assert choice.point(row(observe=0)) is None
    assert choice.priced(row())["speedup_equal_regret"] is None
    assert whole(curves.subset([])).point(row()) is None
