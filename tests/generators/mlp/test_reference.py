import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax

from generators.base import Task
from generators.mlp.draws import Draws
from generators.mlp.reference import build, train_reference
from generators.mlp.spec import MLPSpec, class_weights
from nasbench_lc.curves import Status


@pytest.mark.parametrize("weighted", [False, True])
def test_softmax_regression_is_what_the_formulas_say(make_task, make_run, weighted):
    """NumPy, the gradient of the cross-entropy by hand, SGD with momentum and decay by hand."""
    task = make_task(val=10)
    run = make_run((), epochs=3, seed=4, weighted=weighted, lr=0.3, batch_size=25.0)
    spec = MLPSpec.of(run, task)
    draws = Draws(spec, 60)
    w, b = draws.initial(0)
    p = np.column_stack([w, b])
    buf = np.zeros_like(p)
    x = {s: np.column_stack([v.astype(float), np.ones(len(v))]) for s, v in task.x.items()}
    curve = train_reference(run, task, torch.float64)
    for epoch in (1, 2, 3):
        order, loss, hits = draws.order(epoch), 0.0, 0
        for rows in (order[:25], order[25:50], order[50:]):
            z, y = x["train"][rows] @ p.T, task.y["train"][rows]
            loss -= log_softmax(z, 1)[np.arange(len(rows)), y].sum()
            hits += (z.argmax(1) == y).sum()
            weights = class_weights(task)[y] if weighted else np.ones(len(rows))
            slope = (softmax(z, 1) - np.eye(3)[y]) * (weights / weights.sum())[:, None]
            buf = 0.9 * buf + slope.T @ x["train"][rows] + 1e-3 * p
            p = p - spec.lr[epoch - 1] * buf
        assert curve.metrics["train_loss"][epoch - 1] == pytest.approx(loss / 60, rel=1e-12)
        assert curve.metrics["train_acc"][epoch - 1] == hits / 60
        for split in ("val", "test"):
            z, y = x[split] @ p.T, task.y[split]
            assert curve.metrics[f"{split}_loss"][epoch - 1] == pytest.approx(-log_softmax(z, 1)[np.arange(len(y)), y].mean(), rel=1e-12)
            assert curve.metrics[f"{split}_acc"][epoch - 1] == (z.argmax(1) == y).mean()


def test_dropout_scales_kept_units_in_training_only(make_task, make_run):
    spec = MLPSpec.of(make_run((6,), dropout=0.5), make_task())
    net = build(spec, Draws(spec, 60), torch.float64)
    x = torch.randn(4, 5, dtype=torch.float64)
    mask = torch.tensor([[1, 0, 1, 0, 1, 0]], dtype=torch.float64)
    net[2].mask = mask
    hidden = torch.relu(net[0](x))
    assert torch.equal(net.train()(x), net[3](hidden * mask * 2))
    assert torch.equal(net.eval()(x), net[3](hidden))


def test_a_learnable_task_is_learnt(make_task, make_run):
    curve = train_reference(make_run((32,), epochs=20, lr=0.1), make_task())
    assert curve.status is Status.OK
    assert curve.metrics["test_loss"][-1] < 0.7 * curve.metrics["test_loss"][0]
    assert (curve.seconds > 0).all()


def test_a_diverging_run_ends_and_keeps_what_it_had(make_task, make_run):
    curve = train_reference(make_run((32, 32), epochs=5, lr=1e20), make_task())
    assert curve.status is Status.DIVERGED
    assert not np.isfinite(curve.metrics["test_loss"]).all()
    assert np.isnan(curve.metrics["test_loss"][1:]).all()


def test_a_curve_is_pinned(make_run):
    """Streams, initial weights, order of operations: whatever changes here changes every dataset."""
    x = np.sin(np.arange(40 * 3, dtype=np.float64) ** 1.5).reshape(40, 3).astype(np.float32)
    y = (x[:, 0] > x[:, 1]).astype(np.int64)
    task = Task("pinned", {"train": x[:30], "test": x[30:]}, {"train": y[:30], "test": y[30:]}, ("no", "yes"), "", "")
    run = make_run((6, 5), epochs=3, seed=20, dropout=0.3, batch_size=8.0)
    curve = train_reference(run, task, torch.float64)
    np.testing.assert_allclose(curve.metrics["train_loss"], [0.75113483, 0.66341045, 0.62959109], rtol=1e-6)
    np.testing.assert_allclose(curve.metrics["test_loss"], [0.7162431, 0.77695625, 0.87580267], rtol=1e-6)
