import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from generators.mlp.cost import Shape
from generators.mlp.fused import Fused, train_fused
from generators.mlp.lean import Lean, train_lean
from generators.mlp.reference import train_reference
from generators.mlp.spec import MLPSpec
from nasbench_lc.curves import Status


def shape_of(run, task, columns=32, rows=16):
    spec = MLPSpec.of(run, task)
    return Shape(len(spec.widths), columns, rows, spec.inputs, spec.classes, spec.epochs, spec.weighted)


@st.composite
def groups(draw):
    depth, columns, rows = draw(st.integers(1, 4)), draw(st.sampled_from([32, 64])), draw(st.sampled_from([16, 32]))
    count = draw(st.integers(2, 12))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    runs = [
        {
            "widths": tuple(int(w) for w in rng.integers(1, columns, depth)),
            "seed": int(seed),
            "batch_size": float(rng.integers(rows // 4, rows + 1)),
            "dropout": float(rng.choice([0.0, 0.3, 0.9])),
            "lr": float(10 ** rng.uniform(-3, -0.5)),
            "momentum": float(rng.choice([0.0, 0.5, 0.95])),
            "weight_decay": float(rng.uniform(0, 0.1)),
        }
        for seed in range(count)
    ]
    return runs, columns, rows, draw(st.booleans()), draw(st.integers(1, 20)), draw(st.sampled_from([2, 3, 7]))


@settings(max_examples=15, deadline=None)
@given(groups())
def test_float64_equals_the_reference(make_task, make_run, group):
    settings_, columns, rows, weighted, features, classes = group
    task = make_task(features=features, classes=classes, test=140)
    runs = [make_run(**s, weighted=weighted) for s in settings_[:4]]
    for run, ours in zip(runs, train_fused(runs, task, shape_of(runs[0], task, columns, rows), torch.float64), strict=True):
        assert ours.run is run
        assert ours.seconds_kind == "apportioned"
        reference = train_reference(run, task, torch.float64)
        assert ours.status is reference.status
        for metric in task.metrics:
            np.testing.assert_allclose(ours.metrics[metric], reference.metrics[metric], rtol=1e-9, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(groups(), st.integers(0, 99))
def test_no_byte_depends_on_the_group(make_task, make_run, group, seed):
    settings_, columns, rows, weighted, features, classes = group
    task = make_task(features=features, classes=classes, rows=77, val=5)
    settings_[0]["lr"] = 1e30  # one network explodes and must leave
    runs = [make_run(**s, weighted=weighted) for s in settings_]
    shape = shape_of(runs[0], task, columns, rows)
    whole = {c.run.run_id: c for c in train_fused(runs, task, shape)}
    rng = np.random.default_rng(seed)
    for size in (1, len(runs) // 2 + 1, len(runs)):
        for curve in train_fused([runs[i] for i in rng.permutation(len(runs))[:size]], task, shape):
            for metric in task.metrics:
                assert curve.metrics[metric].tobytes() == whole[curve.run.run_id].metrics[metric].tobytes()


def test_no_byte_depends_on_the_group_at_the_size_of_real_groups(make_task, make_run):
    task = make_task(rows=300, test=150, features=19, classes=7)
    rng = np.random.default_rng(0)
    runs = [
        make_run(
            (int(rng.integers(20, 64)), int(rng.integers(20, 64))), epochs=2, seed=i, dropout=0.2, batch_size=float(rng.integers(17, 33))
        )
        for i in range(37)
    ]
    shape = shape_of(runs[0], task, 64, 32)
    whole = train_fused(runs, task, shape)
    for i in (0, 18, 36):
        (alone,) = train_fused([runs[i]], task, shape)
        for metric in task.metrics:
            assert alone.metrics[metric].tobytes() == whole[i].metrics[metric].tobytes()


def test_a_network_that_explodes_harms_no_other(make_task, make_run):
    task = make_task()
    runs = [make_run((20, 20), epochs=5, seed=i, lr=1e30 if i in (0, 2) else 0.05) for i in range(4)]
    curves = train_fused(runs, task, shape_of(runs[0], task))
    assert [c.status for c in curves] == [Status.DIVERGED, Status.OK, Status.DIVERGED, Status.OK]
    for run, curve in zip(runs, curves, strict=True):
        lean = train_lean(run, task)
        np.testing.assert_array_equal(np.isfinite(curve.seconds), np.isfinite(lean.seconds))
        np.testing.assert_allclose(curve.metrics["test_loss"], lean.metrics["test_loss"], rtol=1e-4)


def test_a_group_that_explodes_whole_ends(make_task, make_run):
    task = make_task()
    runs = [make_run((20,), epochs=50, seed=i, lr=1e30) for i in range(3)]
    for curve in train_fused(runs, task, shape_of(runs[0], task)):
        assert curve.status is Status.DIVERGED
        assert np.isnan(curve.metrics["train_loss"][5:]).all()


def test_a_group_goes_on_without_those_that_left(make_task, make_run):
    task = make_task()
    specs = [MLPSpec.of(make_run((20,), epochs=4, seed=i, dropout=0.2), task) for i in range(5)]
    shape = shape_of(make_run((20,), epochs=4), task)
    with torch.inference_mode():
        whole, part = Fused(specs, task, shape), Fused(specs, task, shape)
        for epoch in (1, 2):
            whole.epoch(epoch)
            part.epoch(epoch)
        part = part.without({0, 3})
        for epoch in (3, 4):
            values = whole.epoch(epoch)
            assert part.epoch(epoch) == [values[1], values[2], values[4]]


def test_float32_gradients_of_the_first_steps_are_those_of_the_lean_kernel(make_task, make_run):
    """One step an epoch, without momentum and decay lr times the gradient is the momentum buffer."""
    task = make_task(rows=16)
    hp = {"batch_size": 16.0, "momentum": 0.0, "weight_decay": 0.0, "dropout": 0.3, "lr": 0.2}
    specs = [MLPSpec.of(make_run((20, 9), epochs=10, seed=i, **hp), task) for i in range(3)]
    fused = Fused(specs, task, shape_of(make_run((20, 9), epochs=10), task))
    with torch.inference_mode():
        for epoch in range(1, 11):
            exact = [Lean(spec, task, torch.float64) for spec in specs]
            for k, lean in enumerate(exact):
                for layer, weight in enumerate(lean.parameters.weights):
                    own = fused.layers[layer].weight[k]
                    if layer < 2:
                        inputs, bias, out = specs[k].layers[layer][0], (31 if layer else 5), specs[k].layers[layer][1]
                        weight[:inputs] = own[:inputs, :out]
                        weight[inputs] = own[bias, :out]
                    else:
                        weight[:, :9] = own[:, :9]
                        weight[:, 9] = own[:, 31]
                lean.epoch(epoch)
            fused.epoch(epoch)
            for k, lean in enumerate(exact):
                gradient = lean.parameters.momenta[1]
                ours = fused.layers[1].momentum[k] / 0.2
                np.testing.assert_allclose(ours[:20, :9], gradient[:20], atol=1e-5 * float(gradient.abs().max()))
                np.testing.assert_allclose(ours[31, :9], gradient[20], atol=1e-5 * float(gradient.abs().max()))


def test_final_losses_are_distributed_like_the_reference(make_task, make_run):
    task = make_task(rows=100)
    hp = {"epochs": 3, "batch_size": 32.0, "dropout": 0.3, "lr": 0.1}
    runs = [make_run((16,), seed=i, **hp) for i in range(200)]
    fused = [c.metrics["test_loss"][-1] for c in train_fused(runs, task, shape_of(runs[0], task, rows=32))]
    reference = [train_reference(make_run((16,), seed=1000 + i, **hp), task).metrics["test_loss"][-1] for i in range(200)]
    assert ks_2samp(fused, reference).pvalue > 1e-3
