import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from generators.mlp.draws import Draws
from generators.mlp.lean import Lean, train_lean
from generators.mlp.reference import build, train_reference
from generators.mlp.spec import MLPSpec

hyperparameters = st.fixed_dictionaries(
    {
        "batch_size": st.integers(1, 80).map(float),
        "dropout": st.sampled_from([0.0, 0.2, 0.7, 0.95, 0.999999]),
        "lr": st.floats(1e-3, 0.2),
        "momentum": st.sampled_from([0.0, 0.5, 0.95]),
        "weight_decay": st.floats(0, 0.1),
    }
)


@settings(max_examples=25, deadline=None)
@given(
    widths=st.lists(st.integers(1, 40), max_size=4).map(tuple),
    weighted=st.booleans(),
    features=st.integers(1, 20),
    classes=st.integers(2, 5),
    seed=st.integers(0, 9),
    hp=hyperparameters,
)
def test_float64_equals_the_reference(make_task, make_run, widths, weighted, features, classes, seed, hp):
    task = make_task(features=features, classes=classes, val=11)
    run = make_run(widths, epochs=3, seed=seed, weighted=weighted, **hp)
    ours, reference = train_lean(run, task, torch.float64), train_reference(run, task, torch.float64)
    assert ours.status is reference.status
    for metric in task.metrics:
        np.testing.assert_allclose(ours.metrics[metric], reference.metrics[metric], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(ours.lr, reference.lr)


@pytest.mark.parametrize("widths", [(), (30,), (40, 9, 25)])
@pytest.mark.parametrize("weighted", [False, True])
def test_float32_gradients_of_the_first_steps(make_task, make_run, widths, weighted):
    """One step an epoch, without momentum and decay the momentum buffer is the gradient."""
    task = make_task()
    hp = {"batch_size": 60.0, "momentum": 0.0, "weight_decay": 0.0, "dropout": 0.3, "lr": 0.2}
    spec = MLPSpec.of(make_run(widths, epochs=10, weighted=weighted, **hp), task)
    ours, draws = Lean(spec, task), Draws(spec, 60)
    net = build(spec, draws, torch.float64).train()
    x, y = torch.from_numpy(task.x["train"]).double(), torch.from_numpy(task.y["train"])
    weight = torch.from_numpy(60 / (3 * np.bincount(task.y["train"]))) if weighted else None
    for epoch in range(1, 11):
        with torch.no_grad():
            for layer, w in enumerate(ours.parameters.weights):
                own = w if layer == len(widths) else w.t()
                net[3 * layer].weight.copy_(own[:, : spec.layers[layer][0]])
                net[3 * layer].bias.copy_(own[:, spec.layers[layer][0]])
        for layer in range(len(widths)):
            net[3 * layer + 2].mask = torch.from_numpy(next(draws.kept(epoch, layer, 60)))[torch.from_numpy(draws.order(epoch)).argsort()]
        net.zero_grad()
        cross_entropy(net(x), y, weight).backward()
        with torch.inference_mode():
            ours.epoch(epoch)
        for layer, m in enumerate(ours.parameters.momenta):
            own = m if layer == len(widths) else m.t()
            exact = torch.cat([net[3 * layer].weight.grad, net[3 * layer].bias.grad[:, None]], 1)
            error = (own[:, : exact.shape[1]] - exact).norm() / exact.norm()
            assert error < 1e-5


@pytest.mark.parametrize("lr", [1e4, 1e30])
def test_a_diverging_run_ends_like_the_reference(make_task, make_run, lr):
    task, run = make_task(val=9), make_run((20, 20), epochs=6, lr=lr)
    ours, reference = train_lean(run, task), train_reference(run, task)
    assert ours.status is reference.status
    np.testing.assert_array_equal(np.isfinite(ours.lr), np.isfinite(reference.lr))
    assert np.isnan(ours.metrics["train_acc"]).sum() == np.isnan(reference.metrics["train_acc"]).sum() > 0


def test_float32_curves_stay_close_to_the_reference(make_task, make_run):
    task, run = make_task(rows=200), make_run((40, 30), epochs=5, dropout=0.2)
    ours, reference = train_lean(run, task), train_reference(run, task)
    for metric in ("train_loss", "test_loss"):
        np.testing.assert_allclose(ours.metrics[metric], reference.metrics[metric], rtol=1e-4)
