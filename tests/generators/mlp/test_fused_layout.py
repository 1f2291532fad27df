import numpy as np
import pytest

from generators.mlp.draws import Draws
from generators.mlp.fused_layout import EpochLayout
from generators.mlp.spec import MLPSpec, class_weights


@pytest.fixture(params=[False, True])
def layout_of(request, make_task, make_run):
    task = make_task()
    specs = [
        MLPSpec.of(make_run((4,), seed=i, batch_size=float(b), weighted=request.param, lr=0.1), task) for i, b in enumerate((7, 16, 20))
    ]
    draws = [Draws(s, 60) for s in specs]
    return EpochLayout(specs, draws, task, 32, np.array([1.0, 2.0, 1.0]), np.dtype(np.float64)), specs, draws, task


def test_every_row_stands_in_its_step_once(layout_of):
    layout, specs, draws, task = layout_of
    for epoch in (1, 2):
        layout.shuffle(epoch)
        for k, (spec, draw) in enumerate(zip(specs, draws, strict=True)):
            order = draw.order(epoch)
            steps = [order[a : a + spec.batch_size] for a in range(0, 60, spec.batch_size)]
            assert layout.steps[k] == len(steps)
            for s, step in enumerate(steps):
                np.testing.assert_array_equal(layout.rows[s, k, : len(step)], step)
                assert (layout.rows[s, k, len(step) :] == 60).all()
                np.testing.assert_array_equal(layout.target[s, k, :, : len(step)].argmax(0), task.y["train"][step])
            assert (layout.rows[len(steps) :, k] == 60).all()


def test_weights_of_a_step_add_up_to_rate_times_gain_and_padding_weighs_nothing(layout_of):
    layout, specs, draws, task = layout_of
    layout.shuffle(1)
    for k, (spec, gain) in enumerate(zip(specs, (1.0, 2.0, 1.0), strict=True)):
        weights = layout.weights[:, k, 0]
        np.testing.assert_allclose(weights[: layout.steps[k]].sum(1), gain * spec.lr[0], rtol=1e-12)
        assert (weights[layout.rows[:, k] == 60] == 0).all()
        first = draws[k].order(1)[: spec.batch_size]
        own = class_weights(task)[task.y["train"][first]] if spec.weighted else np.ones(len(first))
        np.testing.assert_allclose(weights[0, : len(first)], own / own.sum() * gain * spec.lr[0], rtol=1e-12)


def test_measures_leave_padding_out(layout_of):
    layout, _, _, _ = layout_of
    layout.shuffle(1)
    own = np.where(layout.rows == 60, np.nan, -2.0)
    for values in layout.measure(own, layout.labels):
        assert values == {"train_loss": 2.0, "train_acc": 1.0}
