"""A reconstruction of the released LC-GODE training epoch, in our own words, to measure against.

The released code (dingyanna/LC-GODE, commit 2024bbb, Apache-2.0) does not run as published: `seq_encoder.py` and the data are
missing and the device is fixed. This is a rewrite from its description, not a copy: same cost structure (a PyTorch Geometric loader
restarted every epoch, DiffPool attention in a Python loop over graphs, the embedding joined to the state inside f, torchdiffeq's
dopri5 at 1e-3 over every output time, 3 samples of z0), none of its files. Nobody but benchmarks/predictors.py uses it.
"""

import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GCNConv
from torchdiffeq import odeint

__all__ = ["ReleasedLoop"]


class Pool(nn.Module):
    """Attention pooling, one graph after another."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed, self.score = GCNConv(width, width), GCNConv(width, 1)

    def forward(self, x: Tensor, edges: Tensor, batch: Tensor) -> Tensor:
        pooled = []
        for graph in range(int(batch.max()) + 1):
            nodes = batch == graph
            inside = nodes[edges[0]]
            first = int(nodes.nonzero()[0])
            own, links = x[nodes], edges[:, inside] - first
            weight = torch.softmax(self.score(own, links), dim=0)
            pooled.append((weight * torch.relu(self.embed(own, links))).sum(0))
        return torch.stack(pooled)


class ReleasedLoop(nn.Module):
    """Model and epoch together.

    Arguments:
        graphs: One (features (V, F), edges (2, E)) per curve.
        curves: Shape (N, T).
        observed: K.
        batch_size: Curves per step.
    """

    def __init__(self, graphs: list[tuple[Tensor, Tensor]], curves: Tensor, observed: int, batch_size: int, workers: int = 0) -> None:
        super().__init__()
        d = 16
        self.samples, self.observed = 3, observed
        self.data = [Data(x=x, edge_index=e, y=y[None]) for (x, e), y in zip(graphs, curves, strict=True)]
        self.batch_size, self.workers = batch_size, workers
        self.times = torch.linspace(0, 1, curves.shape[1] + 1)[observed + 1 :]
        self.first, self.second, self.pool = GCNConv(graphs[0][0].shape[1], d // 2), GCNConv(d // 2, d), Pool(d)
        self.attend = nn.MultiheadAttention(d, 4, batch_first=True)
        self.token, self.posterior = nn.Linear(2, d), nn.Linear(d, 2 * d)
        self.f = nn.Sequential(nn.Linear(2 * d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))
        self.decoder = nn.Linear(d, 1)
        self.optimizer = torch.optim.Adam(self.parameters(), lr=1e-3)

    def epoch(self) -> None:
        """One pass over all curves: a loader is built, walked through and thrown away."""
        loader = DataLoader(self.data, batch_size=self.batch_size, shuffle=True, num_workers=self.workers)
        for batch in loader:
            u = self.pool(self.second(self.first(batch.x, batch.edge_index), batch.edge_index), batch.edge_index, batch.batch)
            y = batch.y
            seen = y[:, : self.observed]
            time = torch.linspace(0, 1, y.shape[1] + 1)[1 : self.observed + 1].expand_as(seen)
            tokens = self.token(torch.stack([seen, time], dim=-1))
            h = self.attend(tokens, tokens, tokens, need_weights=False)[0].mean(1)
            mean, raw = self.posterior(h).chunk(2, dim=-1)
            std = nn.functional.softplus(raw) + 1e-3
            z0 = (mean + std * torch.randn(self.samples, *mean.shape)).flatten(0, 1)
            context = u.repeat(self.samples, 1)
            path = odeint(lambda t, z, c=context: self.f(torch.cat([z, c], dim=-1)), z0, self.times, rtol=1e-3, atol=1e-3)
            prediction = self.decoder(path).squeeze(-1).unflatten(1, (self.samples, len(y)))
            error = (y[:, self.observed :].T.unsqueeze(1) - prediction) / 0.05
            kl = (0.5 * (mean.square() + std.square() - 1) - std.log()).sum(-1).mean()
            loss = 0.5 * error.square().sum(0).mean() + kl
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
