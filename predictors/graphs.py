"""From architectures to tensors, once for a whole dataset.

A node's features are its operation (one-hot over the operations seen in training), its numeric attributes (scaled, such as log units), its
in- and out-degree, and its depth. Graphs are padded to one size and held densely: an architecture has a dozen nodes, so a batch of
`(V, V)` products beats any sparse message passing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.curves import Floats
from predictors.scaling import FeatureScale

__all__ = ["GraphBatch", "Vocabulary", "collate"]


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """`N` graphs of at most `V` node groups.

    A node group stands for `multiplicity` nodes that no permutation-equivariant network can tell apart (the neurons of one layer); in most
    graphs every group is one node.

    Arguments:
        features: Shape `(N, V, F)`.
        edges: How many edges run into one node of group a from group b, self-loops included, shape `(N, V, V)`.
        multiplicity: Nodes in each group, shape `(N, V)`, 0 for padding.
    """

    features: Tensor
    edges: Tensor
    multiplicity: Tensor

    def __len__(self) -> int:
        return len(self.features)

    def rows(self, index: Tensor) -> "GraphBatch":
        """The same for some of the graphs."""
        return GraphBatch(self.features[index], self.edges[index], self.multiplicity[index])

    def double(self) -> "GraphBatch":
        """The same in double precision."""
        return GraphBatch(self.features.double(), self.edges.double(), self.multiplicity.double())


@dataclass(frozen=True)
class Vocabulary:
    """What node features mean, learned from the training architectures.

    Arguments:
        ops: The operations seen in training, sorted; another one is all zeros.
        attributes: The scale of the numeric attributes.
    """

    ops: tuple[str, ...]
    attributes: FeatureScale

    @classmethod
    def fit(cls, architectures: Sequence[Architecture]) -> "Vocabulary":
        """From the training architectures."""
        nodes = [n for a in {a.key: a for a in architectures}.values() for n in a.nodes]
        names = tuple(sorted({name for n in nodes for name, value in n.attributes if not isinstance(value, str)}))
        return cls(tuple(sorted({_op(n) for n in nodes})), FeatureScale.fit(_numeric(nodes, names), names))

    @property
    def width(self) -> int:
        """`F`."""
        return len(self.ops) + len(self.attributes.names) + 3

    def features(self, architecture: Architecture) -> Floats:
        """The node features of one architecture, shape `(V, F)`."""
        nodes, adjacency = architecture.nodes, architecture.adjacency()
        onehot = np.array([[float(_op(n) == op) for op in self.ops] for n in nodes]).reshape(len(nodes), len(self.ops))
        numeric = self.attributes.forward(_numeric(nodes, self.attributes.names), self.attributes.names)
        depth = np.zeros(len(nodes))
        for a, b in architecture.edges:
            depth[b] = max(depth[b], depth[a] + 1)
        place = np.stack([adjacency.sum(0) / 4, adjacency.sum(1) / 4, depth / 4], axis=1)
        return np.concatenate([onehot, numeric, place], axis=1)


def collate(architectures: Sequence[Architecture], vocabulary: Vocabulary) -> GraphBatch:
    """All architectures as one batch, undirected with self-loops; equal architectures are built once."""
    unique = {a.key: a for a in architectures}
    place = {key: i for i, key in enumerate(unique)}
    size = max((len(a.nodes) for a in unique.values()), default=1)
    features = np.zeros((len(unique), size, vocabulary.width), dtype=np.float32)
    edges = np.zeros((len(unique), size, size), dtype=np.float32)
    multiplicity = np.zeros((len(unique), size), dtype=np.float32)
    for i, architecture in enumerate(unique.values()):
        v = len(architecture.nodes)
        adjacency = architecture.adjacency()
        features[i, :v] = vocabulary.features(architecture)
        edges[i, :v, :v] = adjacency + adjacency.T + np.eye(v)
        multiplicity[i, :v] = 1
    batch = GraphBatch(torch.from_numpy(features), torch.from_numpy(edges), torch.from_numpy(multiplicity))
    return batch.rows(torch.tensor([place[a.key] for a in architectures], dtype=torch.long))


def _op(node: Node) -> str:
    words = [f"{name}={value}" for name, value in node.attributes if isinstance(value, str)]
    return ":".join([node.op, *words])


def _numeric(nodes: Sequence[Node], names: tuple[str, ...]) -> Floats:
    rows = [[float(v) if not isinstance(v := n.get(name, np.nan), str) else np.nan for name in names] for n in nodes]
    return np.array(rows, dtype=np.float64).reshape(len(nodes), len(names))
