import numpy as np
import pytest
import torch
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.nn import GATConv, GCNConv, global_max_pool, global_mean_pool
from torch_geometric.utils import softmax

from nasbench_lc.architecture import Architecture, Node
from predictors.graph_encoder import CONVOLUTIONS, POOLINGS, GraphAttention, GraphConvolution, GraphEncoder
from predictors.graphs import GraphBatch, Vocabulary, collate
from tests.predictors.toy_curves import cell, chain

GRAPHS = [chain(16, 32), cell(("conv", "skip", "none")), chain(64), chain(8, 8, 8, 8), cell(("skip", "conv", "conv"))]


def batch() -> GraphBatch:
    return collate(GRAPHS, Vocabulary.fit(GRAPHS))


def undirected(architecture: Architecture) -> Tensor:
    forward = torch.tensor(architecture.edges).T
    return torch.cat([forward, forward.flip(0)], dim=1)


def pyg_layer(layer: GraphConvolution | GraphAttention) -> GCNConv | GATConv:
    """PyTorch Geometric's layer with the same weights."""
    width_out, width_in = layer.weight.shape
    if isinstance(layer, GraphConvolution):
        other: GCNConv | GATConv = GCNConv(width_in, width_out)
    else:
        other = GATConv(width_in, width_out)
        other.att_src.data = layer.source.data.unsqueeze(0)
        other.att_dst.data = layer.target.data.unsqueeze(0)
    other.lin.weight.data = layer.weight.data
    assert other.bias is not None
    other.bias.data = layer.bias.data
    return other


def slow(encoder: GraphEncoder, graphs: GraphBatch) -> Tensor:
    """The obvious version: one graph after another through PyTorch Geometric."""
    rows = []
    for i, architecture in enumerate(GRAPHS):
        x, edges = graphs.features[i, : len(architecture.nodes)], undirected(architecture)
        one = torch.zeros(len(x), dtype=torch.long)
        x = pyg_layer(encoder.second)(encoder.between(pyg_layer(encoder.first)(x, edges)), edges)
        if encoder.pooling == "attention":
            weight = softmax(pyg_layer(encoder.score)(x, edges), one)
            rows.append((weight * pyg_layer(encoder.embed)(x, edges).relu()).sum(0))
        else:
            pool = global_max_pool if encoder.pooling == "max" else global_mean_pool
            rows.append(pool(x, one)[0])
    return torch.stack(rows)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_equals_the_loop_over_graphs_in_pytorch_geometric(convolution: str, pooling: str) -> None:
    torch.manual_seed(0)
    graphs = batch()
    encoder = GraphEncoder(graphs.features.shape[-1], 16, convolution, pooling)
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    torch.testing.assert_close(encoder(graphs), slow(encoder, graphs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", CONVOLUTIONS.values())
def test_layer_equals_one_disjoint_union(layer: type[GraphConvolution] | type[GraphAttention]) -> None:
    torch.manual_seed(1)
    graphs = batch()
    ours = layer(graphs.features.shape[-1], 8)
    data = [Data(x=graphs.features[i, : len(a.nodes)], edge_index=undirected(a)) for i, a in enumerate(GRAPHS)]
    union = Batch.from_data_list(data)
    dense = ours(graphs.features, graphs.edges)
    torch.testing.assert_close(dense[graphs.multiplicity > 0], pyg_layer(ours)(union.x, union.edge_index), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_padding_changes_nothing(convolution: str, pooling: str) -> None:
    torch.manual_seed(0)
    vocabulary = Vocabulary.fit(GRAPHS)
    encoder = GraphEncoder(vocabulary.width, 16, convolution, pooling)
    alone = torch.cat([encoder(collate([a], vocabulary)) for a in GRAPHS])
    torch.testing.assert_close(encoder(batch()), alone)


def test_collate_builds_equal_architectures_once_and_keeps_order() -> None:
    vocabulary = Vocabulary.fit(GRAPHS)
    twice = collate([GRAPHS[1], GRAPHS[0], GRAPHS[1]], vocabulary)
    single = collate(GRAPHS[:2], vocabulary)
    torch.testing.assert_close(twice.features, single.features[[1, 0, 1]])
    torch.testing.assert_close(twice.edges, single.edges[[1, 0, 1]])


def test_vocabulary_reads_words_and_numbers() -> None:
    a = Architecture("x", (Node.of("conv", kind="wide", units=8), Node.of("conv", kind="thin", units=64)), ((0, 1),))
    vocabulary = Vocabulary.fit([a])
    assert vocabulary.ops == ("conv:kind=thin", "conv:kind=wide")
    features = vocabulary.features(a)
    assert features.shape == (2, vocabulary.width)
    np.testing.assert_allclose(features[:, 2], [-1, 1])
    unseen = vocabulary.features(Architecture("x", (Node.of("pool"),), ()))
    np.testing.assert_array_equal(unseen, 0)
