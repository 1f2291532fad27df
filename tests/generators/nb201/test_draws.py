import numpy as np
import torch
from torch import nn

from generators.base import Task
from generators.nb201.batches import Batches
from generators.nb201.draws import EpochDraw
from generators.nb201.network import CellNetwork, initialise, slots
from generators.pixels import normalisation
from nasbench_lc.seeding import Stream


def test_initial_weights_are_uniform_within_pytorchs_bounds() -> None:
    network = CellNetwork(("nor_conv_3x3",) * 6, 3, 10, channels=16, cells=1)
    initialise(network, Stream.of_run(1))
    for _, layer in slots(network):
        weight, bound = layer.weight.detach(), layer.weight[0].numel() ** -0.5
        assert weight.abs().max() <= bound
        if weight.numel() > 2_000:
            fresh = nn.init.kaiming_uniform_(torch.empty_like(weight), a=5**0.5)
            assert abs(float(weight.std() / fresh.std()) - 1) < 0.05
    assert len({slot for slot, _ in slots(network)}) == len(slots(network)) == 1 + 3 * 6 + 2 * 3 + 1


def test_a_layers_weights_do_not_depend_on_the_other_operations() -> None:
    one = CellNetwork(("nor_conv_3x3",) + ("none",) * 5, 3, 10, channels=4, cells=1)
    two = CellNetwork(("nor_conv_3x3",) * 6, 3, 10, channels=4, cells=1)
    for network in (one, two):
        initialise(network, Stream.of_run(1))
    weights = dict(slots(two))
    assert all(torch.equal(layer.weight, weights[slot].weight) for slot, layer in slots(one))


def test_crops_and_mirrorings_are_those_of_the_padded_image() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (300, 8, 8, 3), dtype=np.uint8)
    task = Task("t", {"train": x, "test": x}, {"train": np.arange(300), "test": np.arange(300)}, ("a", "b"), "", "")
    stream, draw = Stream.of_run(2), EpochDraw.of(Stream.of_run(2), 3, 300)
    assert set(draw.row) == set(draw.column) == set(range(9))
    assert 0.4 < draw.flip.mean() < 0.6
    mean, std = normalisation(task)
    seen, labels = (
        np.concatenate(parts) for parts in zip(*((a.numpy(), b.numpy()) for a, b in Batches(task).train(stream, 3, 64)), strict=True)
    )
    np.testing.assert_array_equal(labels, draw.order)
    for p in range(0, 300, 7):
        image = np.pad(x[draw.order[p]], ((4, 4), (4, 4), (0, 0)))[draw.row[p] : draw.row[p] + 8, draw.column[p] : draw.column[p] + 8]
        expected = ((image[:, ::-1] if draw.flip[p] else image).astype(np.float64) - mean) / std
        np.testing.assert_allclose(seen[p], expected, atol=1e-5)
