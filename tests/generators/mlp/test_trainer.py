import numpy as np
import pytest
import torch

from generators.base import Unit
from generators.mlp.lean import train_lean
from generators.mlp.trainer import MLPTrainer
from nasbench_lc.errors import ConfigError


@pytest.fixture
def runs(make_run):
    rng = np.random.default_rng(3)
    widths = [tuple(int(w) for w in rng.integers(4, 90, rng.integers(0, 4))) for _ in range(24)]
    return [make_run(w, epochs=2, seed=i, batch_size=float(rng.integers(4, 70)), dropout=0.2) for i, w in enumerate(widths)]


def assert_same_bytes(one, other):
    assert one.run.run_id == other.run.run_id
    assert one.status is other.status
    assert one.seconds_kind == other.seconds_kind
    for metric in one.metrics:
        assert one.metrics[metric].tobytes() == other.metrics[metric].tobytes()


def test_units_partition_the_runs_whatever_their_order(make_task, runs):
    task, trainer = make_task(), MLPTrainer()
    units = trainer.units(runs, task)
    assert sorted(r.run_id for u in units for r in u.runs) == sorted(r.run_id for r in runs)
    assert [u.runs for u in units] == [u.runs for u in trainer.units(runs[::-1], task)]
    assert [u.cost for u in units] == sorted((u.cost for u in units), reverse=True)
    assert trainer.units([], task) == []


def test_no_unit_takes_much_over_five_seconds_unless_a_run_does(make_task, make_run):
    task = make_task(rows=1296, test=432)
    runs = [make_run((w,) * d, epochs=200, seed=i) for i, (w, d) in enumerate([(20, 2)] * 80 + [(60, 3)] * 20 + [(900, 3)] * 2)]
    units = MLPTrainer().units(runs, task)
    assert all(u.cost < 6 for u in units if len(u.runs) > 1)
    assert [len(u.runs) for u in units[:2]] == [1, 1]
    assert max(len(u.runs) for u in units) > 8


def test_no_byte_depends_on_units_order_or_threads(make_task, runs):
    task, trainer = make_task(val=8), MLPTrainer()
    curves = {c.run.run_id: c for u in trainer.units(runs, task) for c in trainer.train(u, task, "cpu")}
    assert {c.seconds_kind for c in curves.values()} == {"processor", "apportioned"}
    torch.set_num_threads(2)
    for curve in trainer.train(Unit(tuple(runs[::-1]), 1.0), task, "cpu"):
        assert_same_bytes(curve, curves[curve.run.run_id])
    assert torch.get_num_threads() == 2
    for run in runs[::5]:
        assert_same_bytes(trainer.train(Unit((run,), 1.0), task, "cpu")[0], curves[run.run_id])


def test_curves_come_in_the_order_of_the_runs_and_equal_those_trained_alone(make_task, runs):
    task = make_task()
    curves = MLPTrainer().train(Unit(tuple(runs), 1.0), task, "cpu")
    assert [c.run.run_id for c in curves] == [r.run_id for r in runs]
    for run, curve in zip(runs, curves, strict=True):
        alone = train_lean(run, task)
        np.testing.assert_allclose(curve.metrics["train_loss"], alone.metrics["train_loss"], rtol=1e-4)
        assert (curve.seconds > 0).all()


def test_another_device_is_refused(make_task, runs):
    with pytest.raises(ConfigError, match="cpu"):
        MLPTrainer().train(Unit((runs[0],), 1.0), make_task(), "cuda")
