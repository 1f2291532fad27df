from dataclasses import replace

import numpy as np
import pytest

from nasbench_lc.curves import CurveSet
from predictors.extra_trees import ExtraTrees
from predictors.features import static_features, told_features, vocabulary
from predictors.forest import ForestConfig
from predictors.training_speed import training_speed
from tests.predictors.toy_curves import power_curves

ALL = ("batch_size", "dropout", "lr", "momentum", "weight_decay")
RUNS = np.array([[32.0, 0.1, 0.1, 0.9, 0.01], [64.0, 0.5, 0.01, 0.0, 0.0]])


def test_progress_and_decay_of_known_runs() -> None:
    np.testing.assert_allclose(training_speed(RUNS, ALL), [[1 / 32, 0.01 / 32], [0.01 / 64, 0.0]])


def test_the_order_of_the_columns_changes_nothing_and_a_rate_has_two_names() -> None:
    order = [4, 2, 0, 3, 1]
    names = ["learning_rate" if ALL[i] == "lr" else ALL[i] for i in order]
    np.testing.assert_array_equal(training_speed(RUNS[:, order], names), training_speed(RUNS, ALL))


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        ((), 0),
        (("lr",), 0),
        (("dropout", "weight_decay"), 0),
        (("batch_size", "lr"), 1),
        (("batch_size", "momentum"), 1),
        (("lr", "weight_decay"), 1),
        (("batch_size", "lr", "weight_decay"), 2),
    ],
)
def test_only_what_is_no_hyperparameter_by_itself_is_said(names: tuple[str, ...], columns: int) -> None:
    assert training_speed(RUNS[:, [ALL.index(n) for n in names]], names).shape == (2, columns)


def test_what_is_unknown_or_makes_no_sense_becomes_usual() -> None:
    curves = with_sgd(6)
    curves.hyperparameters[0, 0] = np.nan
    curves.hyperparameters[1, 1] = 1.0
    curves.hyperparameters[2, 2] = 0.0
    curves.hyperparameters[3, 1] = 1.5
    words = vocabulary(curves)
    found = told_features(curves, words)
    assert np.isfinite(found).all()
    known = training_speed(curves.hyperparameters, curves.hyperparameter_names)[4:, 0]
    assert set(found[:4, 3]) == {known.mean()}


def test_hyperparameters_and_what_they_say_together_lead_the_static_features() -> None:
    curves = with_sgd(50)
    words = vocabulary(curves)
    told = told_features(curves, words)
    np.testing.assert_array_equal(static_features(curves, words)[:, : told.shape[1]], told)
    np.testing.assert_allclose(told[:, 3], np.log(training_speed(curves.hyperparameters, curves.hyperparameter_names)[:, 0]))


def test_trees_err_less_where_curves_depend_on_progress() -> None:
    errors = []
    for names in (("lr", "momentum", "batch_size"), ("a", "b", "c")):  # the second say nothing
        train, test = (replace(with_sgd(n, seed), hyperparameter_names=names) for n, seed in ((200, 1), (100, 2)))
        observed, target = test.observe(0)
        forecast = ExtraTrees(ForestConfig(trees=50)).fit(train).predict(observed, target.t)
        errors.append(np.abs(np.log(forecast.mean / target.y)).mean())
    assert errors[0] < 0.8 * errors[1]


def with_sgd(n: int, seed: int = 0) -> CurveSet:
    """Losses that fall by a power of progress, with learning rates, momenta and batch sizes that say nothing else."""
    rng = np.random.default_rng(seed)
    lr, momentum, batch = 10 ** rng.uniform(-4, -1, n), rng.uniform(0, 0.98, n), 2.0 ** rng.integers(4, 10, n)
    curves = power_curves(n, seed=seed)
    progress = 1000 * lr / (1 - momentum) / batch
    y = np.exp(-np.log1p(progress)[:, None] * np.log1p(np.arange(1, curves.epochs + 1)) / 4)
    return replace(
        curves,
        hyperparameters=np.stack([lr, momentum, batch], axis=1),
        hyperparameter_names=("lr", "momentum", "batch_size"),
        y=np.repeat(y[:, :, None], len(curves.metrics), axis=2),
    )
