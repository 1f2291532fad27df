from dataclasses import replace

import numpy as np
import pytest

from evaluation.protocol import Strict
from evaluation.split import split
from evaluation.transfer import aligned, concatenate, met
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


def test_runs_that_both_files_hold_are_met_and_groups_on_one_task() -> None:
    curves = toy_curves()
    others = replace(toy_curves(4, seed=2), uid=(curves.uid[2], "x", "y", "z"), group=(curves.group[2], curves.group[5], "a", "b"))
    assert np.flatnonzero(met(curves, others, same_task=False)).tolist() == [2]
    assert np.flatnonzero(met(curves, others, same_task=True)).tolist() == [2, 5]


@pytest.mark.parametrize("same_task", [False, True])
def test_what_overlaps_the_target_s_test_part_is_not_learnt_from(same_task: bool) -> None:
    # The source holds some runs of the target's test part, and runs of its own of the same groups.
    goal = toy_curves(40, seed=2, repeats=2)
    test = split(goal, 0).test
    again = replace(test, uid=tuple(f"again {u}" for u in test.uid))
    source = concatenate(concatenate(test.subset(slice(0, None, 2)), again), toy_curves(8, seed=1))
    before = split(source, 0)
    assert {*before.train.uid, *before.valid.uid} & set(test.uid)
    parts = Strict(transfer_to=goal, same_task=same_task).parts(source, 0)
    assert parts.test.uid == test.uid
    assert not {*parts.train.uid, *parts.valid.uid} & set(test.uid)
    shared = {*parts.train.group, *parts.valid.group} & set(test.group)
    assert bool(shared) != same_task


@pytest.mark.parametrize("count", [-4, 31, 99999])
def test_target_curves_that_are_not_there_are_refused_by_their_own_name(count: int) -> None:
    with pytest.raises(ConfigError, match=rf"0 \.\. 30; got {count}\. Choose another --transfer-curves"):
        Strict(transfer_to=toy_curves(40, seed=2), transfer_curves=count).parts(toy_curves(seed=1), 0)
