import numpy as np
import pytest
import torch

from generators.mlp.draws import Draws
from generators.mlp.masks import Masks
from generators.mlp.memory import padded
from generators.mlp.spec import MLPSpec


@pytest.mark.parametrize(("rows", "units", "batch"), [(60, 9, 16), (61, 7, 16), (60, 9, 60), (60, 5, 1), (700, 90, 17), (50, 3, 7)])
def test_masks_of_all_steps_are_the_draws_scaled(make_task, make_run, rows, units, batch):
    spec = MLPSpec.of(make_run((units,), dropout=0.3, batch_size=float(batch)), make_task(rows=rows))
    draws = Draws(spec, rows)
    kept = np.concatenate(list(draws.kept(2, 0, rows)))
    seen = [m.reshape(-1, padded(units + 1)).copy() for m in Masks(draws, spec, 0, torch.float64).walk(2)]
    assert [len(m) for m in seen] == [min(batch, rows - a) for a in range(0, rows, batch)]
    whole = np.concatenate(seen)
    np.testing.assert_allclose(whole[:, :units], kept * spec.scales[0], rtol=1e-15)
    assert (whole[:, units] == 1).all()
    assert (whole[:, units + 1 :] == 0).all()


def test_a_layer_that_drops_everything_keeps_its_bias(make_task, make_run):
    spec = MLPSpec.of(make_run((8,), dropout=0.999999), make_task())
    for mask in Masks(Draws(spec, 60), spec, 0, torch.float32).walk(1):
        np.testing.assert_array_equal(mask.reshape(-1, 16)[:, :9], [[0] * 8 + [1]] * (mask.size // 16))
