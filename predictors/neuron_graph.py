"""The neuron-level graph of a multilayer perceptron, without ever building its N x N adjacency.

LC-GODE (Ding et al., AAAI 2025, arXiv 2412.15554, "full" graph) makes every neuron a node, consecutive layers completely connected:
thousands of nodes, a million edges. All neurons of a layer have the same features and the same neighbours, so every
permutation-equivariant network gives them the same embedding, and the graph has an exact quotient: one node group a layer, weighted
by how many neurons it stands for. Propagation over the quotient is propagation over the full graph, in closed form: O(layers)
instead of O(neurons squared).
"""

from collections.abc import Sequence

import numpy as np
import torch

from nasbench_lc.architecture import Architecture
from nasbench_lc.errors import ConfigError
from predictors.graphs import GraphBatch

__all__ = ["WIDTH", "collate_neurons", "layer_sizes"]

WIDTH = 5
"""Features of a neuron: log in-degree, log out-degree, whether input, whether output, depth."""


def layer_sizes(architecture: Architecture) -> tuple[int, ...]:
    """Neurons per layer, input and output included (one each where the architecture does not say).

    Raises:
        ConfigError: If the architecture is no chain of layers with a number of units.
    """
    widths = architecture.widths
    if not widths:
        raise ConfigError(
            f"The neuron-level graph must be of layers with units; got the space {architecture.space}. Use graph=layer instead."
        )
    ends = [int(n.get("units", n.get("features", n.get("classes", 1)))) for n in (architecture.nodes[0], architecture.nodes[-1])]
    return (max(ends[0], 1), *widths, max(ends[1], 1))


def collate_neurons(architectures: Sequence[Architecture]) -> GraphBatch:
    """The neuron graphs as quotient graphs, undirected with self-loops: `V` is the largest number of layers.

    Raises:
        ConfigError: See :func:`layer_sizes`.
    """
    sizes = [layer_sizes(a) for a in architectures]
    depth = max(map(len, sizes), default=1)
    features = np.zeros((len(sizes), depth, WIDTH), dtype=np.float32)
    edges = np.zeros((len(sizes), depth, depth), dtype=np.float32)
    multiplicity = np.zeros((len(sizes), depth), dtype=np.float32)
    for i, layers in enumerate(sizes):
        v, n = len(layers), np.array(layers, dtype=np.float64)
        into, out = np.concatenate([[0], n[:-1]]), np.concatenate([n[1:], [0]])
        first, last = np.arange(v) == 0, np.arange(v) == v - 1
        features[i, :v] = np.stack([np.log1p(into) / 4, np.log1p(out) / 4, first, last, np.arange(v) / 4], axis=1)
        chain = np.eye(v, k=1) + np.eye(v, k=-1)
        edges[i, :v, :v] = chain * n[None, :] + np.eye(v)
        multiplicity[i, :v] = n
    return GraphBatch(torch.from_numpy(features), torch.from_numpy(edges), torch.from_numpy(multiplicity))
