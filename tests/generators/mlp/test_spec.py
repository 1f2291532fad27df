from dataclasses import replace

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from generators.mlp.spec import LANES, MLPSpec, class_weights
from nasbench_lc.architecture import Node
from nasbench_lc.config import Recipe
from nasbench_lc.errors import ConfigError


def test_a_spec_reads_the_run(make_task, make_run):
    spec = MLPSpec.of(make_run((7, 9), dropout=0.25, batch_size=1000.0, epochs=170, lr=0.04, seed=5), make_task())
    assert spec.layers == ((5, 7), (7, 9), (9, 3))
    assert spec.rates == (LANES // 4,) * 2
    assert spec.scales == pytest.approx((4 / 3, 4 / 3), rel=1e-15)
    assert spec.batch_size == 60
    assert [spec.lr[e - 1] for e in (1, 80, 81, 160, 161)] == [0.04, 0.04, 0.02, 0.02, 0.01]
    assert spec.loss_limit == pytest.approx(1000 * np.log(3))


def test_dropout_fractions_and_the_weighted_loss_come_from_the_run(make_task, make_run):
    spec = MLPSpec.of(make_run((8, 8, 8), weighted=True, dropout=0.5), make_task())
    assert spec.weighted
    assert spec.rates == (32768, 24576, 16384)


def test_no_hidden_layer_is_softmax_regression(make_task, make_run):
    assert MLPSpec.of(make_run(()), make_task()).layers == ((5, 3),)


def test_dropping_everything_has_scale_zero(make_task, make_run):
    assert MLPSpec.of(make_run((8,), dropout=0.999999), make_task()).scales == (0.0,)


def test_class_weights_are_those_of_scikit_learn(make_task):
    task = make_task()
    expected = compute_class_weight("balanced", classes=np.arange(3), y=task.y["train"])
    np.testing.assert_allclose(class_weights(task), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "value"), [("optimizer", "adam"), ("nesterov", True), ("activation", "tanh"), ("init", "zeros"), ("loss", "mse")]
)
def test_another_recipe_is_refused(make_task, make_run, name, value):
    run = make_run((8,))
    other = Recipe.of("mlp", "toy", 3, dict(run.recipe.settings) | {name: value})
    with pytest.raises(ConfigError, match=name):
        MLPSpec.of(replace(run, recipe=other), make_task())


@pytest.mark.parametrize("hp", [{"dropout": 1.5}, {"dropout": -0.1}, {"batch_size": 0.0}, {"batch_size": 2.5}])
def test_values_out_of_range_are_refused(make_task, make_run, hp):
    with pytest.raises(ConfigError):
        MLPSpec.of(make_run((8,), **hp), make_task())


def test_other_architectures_and_images_are_refused(make_task, make_run):
    run, task = make_run((8, 8)), make_task()
    strange = replace(run.architecture, nodes=(run.architecture.nodes[0], Node("conv"), *run.architecture.nodes[2:]))
    with pytest.raises(ConfigError, match="chain"):
        MLPSpec.of(replace(run, architecture=strange), task)
    skipping = replace(run.architecture, edges=((0, 1), (0, 2), (1, 2), (2, 3)))
    with pytest.raises(ConfigError, match="chain"):
        MLPSpec.of(replace(run, architecture=skipping), task)
    images = replace(task, x={s: np.zeros((len(v), 2, 2, 1), np.uint8) for s, v in task.x.items()})
    with pytest.raises(ConfigError, match="table"):
        MLPSpec.of(run, images)
