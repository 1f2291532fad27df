import numpy as np
import pytest
import torch

from generators.mlp.memory import ALIGN, Parameters, padded, rows_with_ones, with_ones


def test_padding_goes_up_to_the_next_multiple():
    assert [padded(n) for n in (1, 16, 17)] == [16, 16, 32]
    assert [padded(n, 8) for n in (7, 8, 9)] == [8, 8, 16]


def test_the_column_of_ones_stands_behind_the_units():
    np.testing.assert_array_equal(with_ones(2, 3, torch.float32)[:, :5], [[0, 0, 0, 1, 0]] * 2)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(rows_with_ones(x, torch.float64)[:, :4], np.column_stack([x, [1, 1]]))


@pytest.mark.parametrize("layers", [((5, 3),), ((5, 7), (7, 3)), ((20, 33), (33, 16), (16, 2))])
def test_parameters_compute_the_linear_map(layers):
    rng = np.random.default_rng(0)
    parameters = Parameters(layers, torch.float64)
    for i, (fan_in, out) in enumerate(layers):
        weight, bias, x = rng.standard_normal((out, fan_in)), rng.standard_normal(out), rng.standard_normal((4, fan_in))
        parameters.load(i, weight, bias)
        stored = parameters.weights[i].t() if i == len(layers) - 1 else parameters.weights[i]
        h = rows_with_ones(x, torch.float64)[:, : stored.shape[0]]
        np.testing.assert_allclose((h @ stored).numpy(), x @ weight.T + bias, rtol=1e-12, atol=1e-12)


def test_layers_start_at_the_same_place_in_a_cache_line():
    parameters = Parameters(((5, 7), (7, 9), (9, 3)), torch.float32)
    for view in (*parameters.weights, *parameters.momenta):
        assert view.data_ptr() % (4 * ALIGN) == 0
    parameters.flat.fill_(2.0)
    parameters.momentum.fill_(3.0)
    assert all((w == 2).all() for w in parameters.weights)
    assert all((m == 3).all() for m in parameters.momenta)
