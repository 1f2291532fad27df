from dataclasses import replace

import numpy as np

from predictors.constant import chance, computes_constant, flat
from predictors.lc_gode_x import LCGODEX, LCGODEXOptions
from tests.predictors.toy_curves import cell, chain, power_curves

LIVE, DEAD = cell(("conv", "conv", "conv")), cell(("none", "none", "conv"))


def cells(metric: str, dead: int):
    curves = power_curves(60, seed=1, metric=metric)
    y = curves.y.copy()
    y[:dead] = 0.1 if metric == "test_acc" else 2.303
    return replace(curves, architectures=(DEAD,) * dead + (LIVE,) * (60 - dead), y=y)


def test_which_graphs_compute_a_constant() -> None:
    assert computes_constant(cells("test_acc", 2)).tolist() == [True, True] + [False] * 58
    curves = power_curves(3, seed=1)
    assert not computes_constant(replace(curves, architectures=(chain(4),) * 3)).any()


def test_chance_is_what_constants_scored_or_else_the_worst_of_the_first_epoch() -> None:
    for metric in ("test_acc", "test_loss"):
        some, none = cells(metric, 2), cells(metric, 0)
        np.testing.assert_allclose(np.ptp(chance(some, computes_constant(some))), 0.0)
        level = chance(none, computes_constant(none))
        first = level[0] >= none.target[:, 0] if metric == "test_loss" else level[0] <= none.target[:, 0]
        assert first.all()
        assert len(level) == none.epochs


def test_flat_goes_on_from_the_last_value() -> None:
    curves = cells("test_acc", 2)
    observed, target = curves.observe(3)
    level = np.full(curves.epochs, 0.5)
    np.testing.assert_array_equal(flat(observed, level, target.t), np.repeat(curves.target[:, 2:3], len(target.t), 1))
    observed, target = curves.observe(0)
    np.testing.assert_array_equal(flat(observed, level, target.t), 0.5)


def test_a_cell_that_passes_nothing_on_is_forecast_at_chance_before_its_first_epoch() -> None:
    train = cells("test_acc", 0)
    model = LCGODEX(LCGODEXOptions(updates=20, hidden=8, members=1)).fit(train)
    observed, target = train.subset(slice(0, 2)).observe(0)
    forecast = model.predict(replace(observed, architectures=(DEAD, LIVE)), target.t)
    np.testing.assert_allclose(forecast.mean[0], np.nanmin(train.target[:, 0]))
    assert np.ptp(forecast.mean[1]) > 0
