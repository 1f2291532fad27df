from dataclasses import replace

import numpy as np
import pytest

from evaluation.protocol import Strict
from evaluation.split import split
from evaluation.transfer import aligned, concatenate
from nasbench_lc.errors import ConfigError
from tests.evaluation.toys import toy_curves


def test_metrics_and_hyperparameters_take_the_order_of_the_source() -> None:
    source = toy_curves()
    other = replace(
        source,
        y=source.y[:, :, [1, 0]],
        metrics=("test_loss", "train_loss"),
        hyperparameters=source.hyperparameters[:, ::-1],
        hyperparameter_names=("momentum", "lr"),
    )
    back = aligned(other, source)
    np.testing.assert_array_equal(back.y[:, :, :2], source.y[:, :, :2])
    assert np.isnan(back.y[:, :, 2]).all()
    np.testing.assert_array_equal(back.hyperparameters, source.hyperparameters)


def test_what_cannot_be_aligned_is_refused() -> None:
    source = toy_curves()
    with pytest.raises(ConfigError, match="must record test_acc"):
        aligned(replace(source, y=source.y[:, :, :2], metrics=source.metrics[:2]), source.for_metric("test_acc"))
    with pytest.raises(ConfigError, match="hyperparameters lr, momentum"):
        aligned(replace(source, hyperparameter_names=("lr", "dropout")), source)
    with pytest.raises(ConfigError, match="12 epochs; got 9"):
        concatenate(source, toy_curves(epochs=9))


def test_concatenate_keeps_both_in_order() -> None:
    a, b = toy_curves(5, seed=1), toy_curves(4, seed=2)
    both = concatenate(a, b)
    assert both.uid == a.uid + b.uid
    np.testing.assert_array_equal(both.y[5:], b.y)
    np.testing.assert_array_equal(both.n_params, np.concatenate([a.n_params, b.n_params]))


def test_the_fit_sees_no_group_of_the_target_s_test_part() -> None:
    source, goal = toy_curves(seed=1), toy_curves(40, seed=2, repeats=2)
    parts = Strict(transfer_to=goal, transfer_curves=12).parts(source, 0)
    assert parts.test.uid == split(goal, 0).test.uid
    known = set(parts.train.uid + parts.valid.uid)
    assert len(known & set(goal.uid)) == 12
    assert not known & set(parts.test.uid)
