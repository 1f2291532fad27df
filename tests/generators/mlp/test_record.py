import numpy as np
import pytest

from generators.mlp.spec import MLPSpec
from generators.record import Record
from nasbench_lc.curves import Status

FINE = {"train_loss": 1.0, "train_acc": 0.5, "test_loss": 1.0, "test_acc": 0.5}


@pytest.fixture
def record(make_task, make_run):
    run, task = make_run((8,), epochs=3), make_task()
    return Record(run, task, MLPSpec.of(run, task))


def test_a_whole_run_is_ok(record):
    for epoch in (1, 2, 3):
        record.add(epoch, FINE, 0.25)
    curve = record.curve()
    assert curve.status is Status.OK
    assert curve.seconds_kind == "measured"
    np.testing.assert_array_equal(curve.seconds, [0.25] * 3)
    np.testing.assert_array_equal(curve.lr, [0.05] * 3)


@pytest.mark.parametrize("name", ["train_loss", "test_loss"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_ends_the_run(record, name, value):
    record.add(1, FINE, 0.25)
    record.add(2, FINE | {name: value}, 0.25)
    assert not record.alive
    curve = record.curve()
    assert curve.status is Status.DIVERGED
    np.testing.assert_array_equal(curve.metrics[name], [1.0, value, np.nan])
    np.testing.assert_array_equal(curve.lr, [0.05, 0.05, np.nan])
    np.testing.assert_array_equal(curve.seconds, [0.25, 0.25, np.nan])


@pytest.mark.parametrize(("factor", "status"), [(999.0, Status.OK), (1001.0, Status.DIVERGED)])
def test_a_huge_train_loss_marks_the_run_but_does_not_end_it(record, factor, status):
    record.add(1, FINE | {"train_loss": factor * np.log(3)}, 0.25)
    assert record.alive
    record.add(2, FINE, 0.25)
    assert record.curve().status is status


def test_a_huge_test_loss_alone_is_no_divergence(record):
    record.add(1, FINE | {"test_loss": 1e6}, 0.25)
    assert record.curve().status is Status.OK
