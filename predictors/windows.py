"""Prefixes of any length as a fixed number of averages, for every row its own length, without a loop over epochs.

A recurrent network walks over the epochs one by one, and all rows of a batch must be of one length. Here running sums are built once for a
whole dataset, and the average of any window is a difference of two of them. Windows lie close together at the end of a prefix, where it says most
about what follows, and, counted from epoch 1, at its start; in between they grow with the distance, so that noise averages out.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["RunningSums", "window_edges"]

EDGES = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)


def window_edges(epochs: int) -> Tensor:
    """How far the windows' edges lie from the end, or the start, of a prefix of at most `epochs` - 1 epochs, shape `(W + 1,)`."""
    longest = max(epochs - 1, 1)
    return torch.tensor([e for e in EDGES if e < longest] + [longest])


@dataclass(frozen=True, eq=False)
class RunningSums:
    """Sums of what is known over the first 0 .. `T` epochs.

    Arguments:
        values: Shape `(N, T + 1, M)`.
        counts: How many values are known, likewise.
        last: The last known value at each of these epochs, 0 before the first, likewise.
    """

    values: Tensor
    counts: Tensor
    last: Tensor

    @classmethod
    def of(cls, values: Tensor, seen: Tensor) -> "RunningSums":
        """From values `(N, T, M)`, 0 where they are not known, and where they are, 1 or 0, likewise."""
        n, t, m = values.shape
        start = values.new_zeros(n, 1, m)
        place = torch.where(seen > 0, torch.arange(1, t + 1)[None, :, None], 0).cummax(1).values if t else seen.long()
        last = torch.gather(torch.cat([start, values], 1), 1, torch.cat([torch.zeros(n, 1, m, dtype=torch.long), place], 1))
        return cls(torch.cat([start, (values * seen).cumsum(1)], 1), torch.cat([start, seen.cumsum(1)], 1), last)

    def windows(self, rows: Tensor, k: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
        """The averages over every window, 0 where nothing of it is known, and whether anything is, both `(..., 2 W M)`.

        Arguments:
            rows: Which curves, any shape.
            k: How many epochs of each are observed, 0 .. `T`, of the same shape.
            edges: From :func:`window_edges`, shape `(W + 1,)`.
        """
        k = k.unsqueeze(-1)
        back_to, back_from = (k - edges[:-1]).clamp(min=0), (k - edges[1:]).clamp(min=0)
        ahead_to, ahead_from = torch.minimum(edges[1:], k), torch.minimum(edges[:-1], k)
        upper, lower = torch.cat([back_to, ahead_to], -1), torch.cat([back_from, ahead_from], -1)
        rows = rows.unsqueeze(-1)
        count = self.counts[rows, upper] - self.counts[rows, lower]
        mean = (self.values[rows, upper] - self.values[rows, lower]) / count.clamp(min=1)
        return mean.flatten(-2), (count > 0).to(mean.dtype).flatten(-2)
