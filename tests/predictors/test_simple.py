"""What the simple predictors do that the contract does not say."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.neighbors import KNeighborsRegressor

from nasbench_lc.errors import ConfigError, NotFittedError
from predictors.arch_only import ArchOnly
from predictors.extra_trees import ExtraTrees
from predictors.forest import SMALL, Forest, ForestConfig, forest_forecast, forest_weights, grown, leaves_of, weighted_future
from predictors.knn import KNN, KNNConfig
from predictors.last_value import LastValue
from predictors.mean_curve import MeanCurve
from predictors.table import remember, tabulate
from tests.predictors.toy_curves import power_curves

TRAIN, VALID, TEST = power_curves(150), power_curves(45, seed=1), power_curves(60, seed=2)


def error(model: object, k: int = 5) -> float:
    observed, target = TEST.observe(k)
    return float(np.abs(np.log(model.fit(TRAIN, VALID).predict(observed, target.t).mean / target.y)).mean())  # type: ignore[attr-defined]


def test_last_value_holds_the_last_value_that_is_there() -> None:
    observed, target = TEST.observe(5)
    observed.y[0, 3:] = np.nan
    mean = LastValue().fit(TRAIN, VALID).predict(observed, target.t).mean
    np.testing.assert_allclose(mean[0], TEST.y[0, 2, 0])
    np.testing.assert_allclose(mean[1], TEST.y[1, 4, 0])


def test_mean_curve_is_the_geometric_mean_of_losses() -> None:
    observed, target = TEST.observe(5)
    mean = MeanCurve().fit(TRAIN, VALID).predict(observed, target.t).mean
    np.testing.assert_allclose(mean[3], np.exp(np.log(TRAIN.y[:, 5:, 0]).mean(0)), rtol=1e-4)


def test_without_a_value_the_last_value_is_the_mean_curve() -> None:
    observed, target = TEST.observe(0)
    mean = LastValue().fit(TRAIN, VALID).predict(observed, target.t).mean
    np.testing.assert_array_equal(mean, MeanCurve().fit(TRAIN, VALID).predict(observed, target.t).mean)


@pytest.mark.parametrize("model", [LastValue(), MeanCurve(), KNN(), ExtraTrees(ForestConfig(trees=20))], ids=lambda m: type(m).__name__)
def test_beyond_the_training_curves_the_last_epoch_is_held(model: LastValue | MeanCurve | KNN | ExtraTrees) -> None:
    observed, _ = TEST.observe(5)
    forecast = model.fit(TRAIN, VALID).predict(observed, np.array([19.0, 20.0, 21.0, 50.0]))
    for values in (forecast.mean, forecast.quantiles):
        np.testing.assert_allclose(values[:, 2], values[:, 1], rtol=1e-12)
        np.testing.assert_allclose(values[:, 3], values[:, 1], rtol=1e-12)


def test_a_prefix_longer_than_the_training_curves_stays_where_it_is() -> None:
    short = ExtraTrees(ForestConfig(trees=5)).fit(power_curves(60, epochs=6), power_curves(45, epochs=6, seed=1))
    observed, _ = TEST.observe(9)
    forecast = short.predict(observed, np.array([10.0, 20.0]))
    np.testing.assert_allclose(forecast.mean, np.repeat(TEST.y[:, 8:9, 0], 2, 1))
    assert np.isfinite(forecast.quantiles).all()


def test_features_pay() -> None:
    assert error(ExtraTrees(ForestConfig(trees=50))) < 0.6 * error(LastValue())
    assert error(KNN()) < 0.8 * error(LastValue())
    assert error(ArchOnly(ForestConfig(trees=50))) < 0.6 * error(MeanCurve())


def test_arch_only_never_looks_at_the_prefix() -> None:
    model = ArchOnly(ForestConfig(trees=10)).fit(TRAIN, VALID)
    observed, target = TEST.observe(5)
    mean = model.predict(observed, target.t).mean
    observed.y[:] = 7.0
    np.testing.assert_array_equal(model.predict(observed, target.t).mean, mean)


def test_one_neighbour_is_the_nearest_training_curve() -> None:
    observed, target = TEST.observe(5)
    known = remember(TRAIN)
    table = tabulate(known, observed, target.t)
    std = table.train.std(0)
    varies, static = std > 1e-9, np.arange(len(std)) < known["static"].shape[1]
    weight = np.where(static, (varies & static).sum(), (varies & ~static).sum()) ** -0.5
    scale = np.divide(weight, std, out=np.zeros_like(std), where=varies)
    oracle = KNeighborsRegressor(1).fit(table.train * scale, table.change).predict(table.query * scale)
    z, _ = KNN(KNNConfig(neighbours=1))._point(known, observed, target.t)
    np.testing.assert_allclose(z - table.start[:, None], oracle)


def test_forest_weights_are_the_forest() -> None:
    rng = np.random.default_rng(0)
    x, q = rng.standard_normal((80, 5)), rng.standard_normal((30, 5))
    y = x[:, :2] @ rng.standard_normal((2, 6)) + 0.1 * rng.standard_normal((80, 6))
    weights = forest_weights(x, q, y, ForestConfig(trees=20, leaf=2, features=0.5, seed=3))
    np.testing.assert_allclose(weights.sum(1), 1.0)
    u, s, v = np.linalg.svd(y - y.mean(0), full_matrices=False)
    kept = int((np.cumsum(s**2) < 0.999 * (s**2).sum()).sum()) + 1
    oracle = ExtraTreesRegressor(20, min_samples_leaf=2, max_features=0.5, random_state=3).fit(x, (u * s)[:, :kept])
    scores = (weighted_future(weights, y)[0] - y.mean(0)) @ v[:kept].T
    np.testing.assert_allclose(scores, oracle.predict(q).reshape(30, -1), atol=1e-9)


def test_what_rows_count_is_the_sum_over_trees_to_the_bit() -> None:
    rng = np.random.default_rng(2)
    x, q, y = rng.standard_normal((40, 4)), rng.standard_normal((50, 4)), rng.standard_normal(40)
    forest = ExtraTreesRegressor(30, min_samples_leaf=3, random_state=0).fit(x, y)
    here, there = forest.apply(q), forest.apply(x)
    np.testing.assert_array_equal(leaves_of(forest.estimators_, q), here)
    oracle = np.zeros((50, 40))
    for tree in range(30):
        share = 1.0 / np.bincount(there[:, tree])[there[:, tree]]
        oracle += (here[:, tree][:, None] == there[:, tree]) * share
    np.testing.assert_array_equal(Forest(forest.estimators_, there).weights(q), oracle / 30)


def test_threads_change_no_forest() -> None:
    rng = np.random.default_rng(3)
    x, q, y = rng.standard_normal((SMALL, 4)), rng.standard_normal((9, 4)), rng.standard_normal((SMALL, 3))
    before = torch.get_num_threads()
    try:
        found = []
        for n in (1, 2):
            torch.set_num_threads(n)
            grown.cache_clear()
            found.append(forest_weights(x, q, y, ForestConfig(trees=30)))
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(*found)


def test_a_forest_is_grown_once_for_the_same_numbers_and_anew_for_others() -> None:
    rng = np.random.default_rng(1)
    x, q, y = rng.standard_normal((40, 3)), rng.standard_normal((5, 3)), rng.standard_normal((40, 4))
    config = ForestConfig(trees=3)
    grown.cache_clear()
    first = forest_weights(x, q, y, config)
    np.testing.assert_array_equal(forest_weights(np.asfortranarray(x), q, y.copy(), config), first)
    assert grown.cache_info().misses == 1
    assert not np.array_equal(forest_weights(x, q, y, ForestConfig(trees=3, seed=1)), first)
    assert not np.array_equal(forest_weights(x[::-1], q, y, config), first)
    assert grown.cache_info().misses == 3


def test_extra_trees_are_the_mean_of_a_forest_of_changes_and_one_of_levels() -> None:
    config = ForestConfig(trees=20, seed=3)
    observed, target = TEST.observe(5)
    table = tabulate(remember(TRAIN), observed, target.t)
    changes, levels = (
        weighted_future(forest_weights(table.train, table.query, y, config), y)[0]
        for y in (table.future - table.before[:, None], table.future)
    )
    z, spread = forest_forecast(table, config)
    np.testing.assert_allclose(z, (table.start[:, None] + changes + levels) / 2)
    assert (spread > 0).all()
    unlike, _ = forest_forecast(table, config, np.zeros(len(z)))
    np.testing.assert_allclose(unlike, table.start[:, None] + changes)


def test_with_nothing_observed_both_forests_are_one() -> None:
    config = ForestConfig(trees=20, seed=3)
    observed, target = TEST.observe(0)
    table = tabulate(remember(TRAIN), observed, target.t)
    weights = forest_weights(table.train, table.query, table.future, config)
    np.testing.assert_allclose(forest_forecast(table, config)[0], weights @ table.future)


def test_what_must_be_fitted_says_so() -> None:
    observed, target = TEST.observe(5)
    for call in (lambda: LastValue().predict(observed, target.t), lambda: LastValue().state()):
        with pytest.raises(NotFittedError, match="got one that is not"):
            call()


def test_curves_without_a_value_cannot_be_learnt() -> None:
    empty = power_curves(3)
    empty.y[:] = np.nan
    with pytest.raises(ConfigError, match="at least one finite value of test_loss"):
        LastValue().fit(empty)


def test_state_brings_the_forecast_back_to_the_bit() -> None:
    observed, target = TEST.observe(7)
    model = ExtraTrees(ForestConfig(trees=10)).fit(TRAIN, VALID)
    again = ExtraTrees(ForestConfig(trees=10)).load_state(model.state())
    np.testing.assert_array_equal(model.predict(observed, target.t).quantiles, again.predict(observed, target.t).quantiles)
