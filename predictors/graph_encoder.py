"""Graph convolutions and pooling over a dense batch of architectures.

GCN: Kipf and Welling 2017 (arXiv 1609.02907). GAT: Velickovic et al. 2018 (arXiv 1710.10903). Attention pooling as LC-GODE uses it
(arXiv 2412.15554, after DiffPool, Ying et al. 2018): embedding and score are graph convolutions themselves, the score is softmaxed
over the nodes. The layers have the parameters of PyTorch Geometric's GCNConv and GATConv, and equal them (tested); dense products
over a collated dataset replace their message passing because an architecture has a dozen nodes.
"""

import torch
from torch import Tensor, nn

from predictors.graphs import GraphBatch

__all__ = ["CONVOLUTIONS", "POOLINGS", "GraphAttention", "GraphConvolution", "GraphEncoder"]

POOLINGS = ("attention", "mean", "max")
NEGATIVE_SLOPE = 0.2


class GraphConvolution(nn.Module):
    """D^-1/2 (A + I) D^-1/2 X W + b."""

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(width_out, width_in)))
        self.bias = nn.Parameter(torch.zeros(width_out))

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        """Node features `(N, V, F)` and edge counts `(N, V, V)` to `(N, V, F')`."""
        scale = edges.sum(-1).clamp(min=1).rsqrt()
        propagation = scale.unsqueeze(-1) * edges * scale.unsqueeze(-2)
        return propagation @ (x @ self.weight.T) + self.bias


class GraphAttention(nn.Module):
    """One head of graph attention: each node averages its neighbours with softmaxed weights LeakyReLU(a . [W x_j, W x_i])."""

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(width_out, width_in)))
        self.source = nn.Parameter(nn.init.xavier_uniform_(torch.empty(1, width_out)))
        self.target = nn.Parameter(nn.init.xavier_uniform_(torch.empty(1, width_out)))
        self.bias = nn.Parameter(torch.zeros(width_out))

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        """Node features `(N, V, F)` and edge counts `(N, V, V)` to `(N, V, F')`; parallel edges count as often as they stand."""
        h = x @ self.weight.T
        logits = nn.functional.leaky_relu(h @ self.target.T + (h @ self.source.T).mT, NEGATIVE_SLOPE)
        logits = logits - logits.masked_fill(edges == 0, -torch.inf).amax(-1, keepdim=True).clamp(min=-1e30)
        weight = edges * logits.clamp(max=0).exp()
        return weight / weight.sum(-1, keepdim=True).clamp(min=1e-30) @ h + self.bias


CONVOLUTIONS = {"gcn": GraphConvolution, "gat": GraphAttention}


class GraphEncoder(nn.Module):
    """Two graph convolutions and a pooling: a batch of graphs to vectors `(N, width)`.

    Arguments:
        features: `F`, the width of the node features.
        width: The width of the embedding.
        convolution: ``"gcn"`` or ``"gat"``.
        pooling: ``"attention"``, ``"mean"`` or ``"max"``.
        activation: Whether a ReLU stands between the two convolutions; the authors' code has none.
    """

    def __init__(self, features: int, width: int, convolution: str = "gcn", pooling: str = "attention", activation: bool = True) -> None:
        super().__init__()
        layer = CONVOLUTIONS[convolution]
        self.first, self.second = layer(features, max(width // 2, 1)), layer(max(width // 2, 1), width)
        self.between = nn.ReLU() if activation else nn.Identity()
        self.pooling = pooling
        if pooling == "attention":
            self.embed, self.score = GraphConvolution(width, width), GraphConvolution(width, 1)

    def forward(self, graphs: GraphBatch) -> Tensor:
        """Embeddings, shape `(N, width)`."""
        edges, count = graphs.edges, graphs.multiplicity.unsqueeze(-1)
        x = self.second(self.between(self.first(graphs.features, edges)), edges)
        if self.pooling == "max":
            return x.masked_fill(count == 0, -torch.inf).amax(1)
        if self.pooling == "mean":
            return (x * count).sum(1) / count.sum(1)
        logits = self.score(x, edges)
        logits = logits - logits.masked_fill(count == 0, -torch.inf).amax(1, keepdim=True)
        weight = count * logits.clamp(max=0).exp()
        return (weight * torch.relu(self.embed(x, edges))).sum(1) / weight.sum(1)
