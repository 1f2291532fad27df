from dataclasses import replace

import numpy as np
import pytest

from nasbench_lc.curves import Floats
from predictors import lc_gode_x
from predictors.lc_gode_x import LCGODEX, NOVEL, LCGODEXOptions
from predictors.mean_curve import MeanCurve
from predictors.scale import from_scale
from predictors.second_opinion import weight_at
from tests.predictors.toy_curves import chain, power_curves

SMALL = LCGODEXOptions(updates=150, hidden=32, members=2)


def error(forecast: np.ndarray, truth: np.ndarray) -> float:
    return float(np.nanmean(np.abs(forecast - truth) / np.maximum(np.abs(truth), 1e-3)))


def test_it_learns_what_the_mean_curve_does_not_know() -> None:
    train, test = power_curves(150, seed=1), power_curves(80, seed=3)
    model = LCGODEX(SMALL).fit(train)
    for k in (1, 6):
        observed, target = test.observe(k)
        simple = error(MeanCurve().fit(train).predict(observed, target.t).mean, target.y)
        assert error(model.predict(observed, target.t).mean, target.y) < 0.6 * simple


def test_a_dead_run_unlike_any_training_curve_stays_where_it_is() -> None:
    train = power_curves(100, seed=1, metric="test_acc")
    model = LCGODEX(SMALL).fit(train)
    observed, target = train.subset(slice(0, 3)).observe(5)
    level = 0.5 * float(np.nanmin(train.target))
    dead = replace(observed, y=np.full_like(observed.y, level))
    np.testing.assert_allclose(model.predict(dead, target.t).mean, level, rtol=0.05)


def test_forecasts_stay_within_what_training_curves_ever_took_even_where_one_exploded() -> None:
    train = power_curves(100, seed=1)
    y = train.y.copy()
    y[0, 8:] = 1e20
    model = LCGODEX(SMALL).fit(replace(train, y=y))
    observed, target = train.observe(6)
    forecast = model.predict(observed, target.t)
    assert error(forecast.mean[1:], target.y[1:]) < 0.5
    assert np.nanmax(forecast.mean) < 100 * np.nanmax(train.target)


def test_an_architecture_unlike_all_that_were_learnt_from_is_half_the_trees_to_forecast() -> None:
    train = power_curves(150, seed=1)
    model = LCGODEX(SMALL).fit(train.subset(slice(0, 100)), train.subset(slice(100, None)))
    observed, target = train.subset(slice(0, 2)).observe(6)
    new = replace(observed, architectures=(chain(*[40] * 9), observed.architectures[1]))
    known = {k.removeprefix("known."): v for k, v in model.state().items() if k.startswith("known.")}
    networks, trees = model._networks(known, new, target.t)[0], model._trees(known, new, target.t, np.array([1.0, 0.0]))
    usual = weight_at(known["weights"], 6)
    weights = np.array([[max(usual, NOVEL)], [usual]])
    wanted = from_scale(networks + weights * (trees - networks), observed.metric)
    np.testing.assert_allclose(model.predict(new, target.t).mean, wanted, rtol=1e-9)


def test_an_accuracy_at_rest_stays_where_its_like_did_and_rises_where_they_rose() -> None:
    """A third of the runs move from the first epoch on, a third never, and a third after ten epochs; a learning rate tells them apart."""
    runs = power_curves(180, seed=1, metric="test_acc")
    y, rates = runs.y.copy(), runs.hyperparameters.copy()
    y[60:120] = y[120:, :10] = 0.3
    rates[60:120, 0], rates[120:, 0] = 1.0, 3.0
    train = replace(runs, y=y, hyperparameters=rates)
    model = LCGODEX(SMALL).fit(train)
    for of, stays in ((slice(60, 70), True), (slice(120, 130), False)):
        observed, target = train.subset(of).observe(6)
        forecast = model.predict(observed, target.t).mean
        assert (np.abs(forecast - 0.3).max(1) < 1e-9).all() == stays


def test_an_accuracy_that_collapsed_stays_though_no_training_run_did() -> None:
    train, test = power_curves(150, seed=1, metric="test_acc"), power_curves(2, seed=3, metric="test_acc")
    y = test.y.copy()
    y[0, 3:, 1] = 0.1 * y[0, 0, 1]
    observed, target = replace(test, y=y).observe(8)
    forecast = LCGODEX(SMALL).fit(train).predict(observed, target.t).mean
    np.testing.assert_allclose(forecast[0], y[0, 8:, 1], rtol=1e-9)
    assert (forecast[1] > 1.1 * y[1, 0, 1]).all()  # and the other one goes on rising
    fell = train.y.copy()
    fell[:3, 3:8, 1] = 0.1 * fell[:3, :1, 1]
    again = LCGODEX(SMALL).fit(replace(train, y=fell)).predict(observed, target.t).mean
    assert again[0, -1] > 2 * y[0, 8, 1]  # these came back


def test_the_trees_learn_from_at_most_so_many_curves_and_the_networks_from_all(monkeypatch: pytest.MonkeyPatch) -> None:
    train, valid = power_curves(60, seed=1), power_curves(45, seed=2)
    every = LCGODEX(SMALL).fit(train, valid).state()
    monkeypatch.setattr(lc_gode_x, "SECOND_CURVES", 25)
    some = LCGODEX(SMALL).fit(train, valid).state()
    told = "known.trees.train.y"
    assert (len(every[told]), len(some[told])) == (60, 25)
    kept = [np.flatnonzero([np.array_equal(row, y, equal_nan=True) for y in every[told]]).tolist() for row in some[told]]
    assert sorted(kept) == kept != [[i] for i in range(25)]
    assert all(np.array_equal(every[name], some[name]) for name in every if name.startswith("known.net."))
    assert not np.array_equal(some[told], LCGODEX(replace(SMALL, seed=1)).fit(train, valid).state()[told])


def test_across_tasks_a_prefix_is_believed_that_belies_what_its_hyperparameters_promise() -> None:
    """Curves fall or stay, as the learning rate says; those asked about are told the other one's."""
    runs = power_curves(120, seed=1)
    falls, t = np.arange(120) % 2 == 0, np.arange(1, 21)
    y = np.where(falls[:, None], np.exp(-t / 20), 1.0)[:, :, None] * np.exp(0.05 * np.random.default_rng(0).standard_normal((120, 20, 2)))
    rates = np.stack([np.where(falls, 0.1, 0.001), np.full(120, 16.0)], axis=1)
    known = replace(runs, y=y, hyperparameters=rates).subset(slice(0, 80))
    models = [model.fit(known) for model in (LCGODEX(SMALL), LCGODEX(SMALL).across_tasks())]

    def errors(told: Floats) -> list[float]:
        observed, target = replace(runs, y=y, hyperparameters=told).subset(slice(80, 120)).observe(9)
        return [error(model.predict(observed, target.t).mean, target.y) for model in models]

    before, after = errors(rates[::-1])
    assert after < 0.6 * before
    before, after = errors(rates)
    assert after < 1.1 * before  # and little is lost where what is promised is kept


def test_where_runs_differ_in_no_hyperparameter_architectures_are_believed_across_tasks_too() -> None:
    runs = power_curves(40, seed=1)
    runs = replace(runs, hyperparameters=np.ones_like(runs.hyperparameters))
    quick = LCGODEX(replace(SMALL, updates=5))
    states = [model.fit(runs).state() for model in (quick, quick.across_tasks())]
    assert all((states[1][name] == value).all() for name, value in states[0].items())
