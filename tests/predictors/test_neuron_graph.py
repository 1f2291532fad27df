import numpy as np
import pytest
import torch

from nasbench_lc.errors import ConfigError
from predictors.graph_encoder import CONVOLUTIONS, POOLINGS, GraphEncoder
from predictors.graphs import GraphBatch
from predictors.neuron_graph import WIDTH, collate_neurons, layer_sizes
from tests.predictors.toy_curves import cell, chain


def full(sizes: tuple[int, ...], features: torch.Tensor) -> GraphBatch:
    """The neuron graph itself: one node a neuron, its N x N adjacency built in full."""
    layer = np.repeat(np.arange(len(sizes)), sizes)
    adjacency = np.abs(layer[:, None] - layer[None, :]) == 1
    edges = torch.from_numpy(adjacency + np.eye(len(layer))).float()[None]
    return GraphBatch(features[:, layer], edges, torch.ones(1, len(layer)))


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
@pytest.mark.parametrize("widths", [(5,), (7, 3), (4, 9, 2)])
def test_quotient_equals_the_dense_graph(widths: tuple[int, ...], convolution: str, pooling: str) -> None:
    torch.manual_seed(0)
    architecture = chain(*widths)
    quotient = collate_neurons([architecture])
    encoder = GraphEncoder(WIDTH, 8, convolution, pooling)
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    dense = full(layer_sizes(architecture), quotient.features)
    torch.testing.assert_close(encoder(quotient), encoder(dense), rtol=1e-4, atol=1e-5)


def test_degrees_are_those_of_the_neuron_graph() -> None:
    sizes = layer_sizes(chain(7, 3))
    dense = full(sizes, collate_neurons([chain(7, 3)]).features)
    degrees = dense.edges[0].sum(-1)[np.cumsum([0, *sizes[:-1]])]
    torch.testing.assert_close(collate_neurons([chain(7, 3)]).edges[0].sum(-1), degrees)


def test_memory_does_not_grow_with_neurons() -> None:
    graph = collate_neurons([chain(1024, 1024, 1024, 1024, 1024)])
    assert graph.edges.shape == (1, 7, 7)
    assert float(graph.multiplicity.sum()) == 5 * 1024 + 2


def test_needs_layers_with_units() -> None:
    with pytest.raises(ConfigError):
        collate_neurons([cell(("conv", "skip", "none"))])
