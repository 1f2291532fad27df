"""The transformer of LC-PFN: context tokens attend to each other, query tokens to the context and themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["PFN", "PFNSize"]

ROOT_TWELFTH = 12**-0.5
"""The standard deviation of U(0, 1), by which both token inputs are standardised."""
SPAN = 101.0
"""The source divides steps 1 .. 100 by this."""


@dataclass(frozen=True)
class PFNSize:
    """How large the network is; the source publishes 512, 12, 4 and 1,000.

    Arguments:
        width: Token width; the feed-forward layers have twice that.
        layers: Number of encoder layers.
        heads: Attention heads; they divide the width.
        buckets: Of the bar distribution.
    """

    width: int = 128
    layers: int = 4
    heads: int = 4
    buckets: int = 1000


class _Layer(nn.Module):
    """One post-norm encoder layer with the two kinds of tokens; the outputs of both its branches start at zero, as in the source."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        for last in (self.out, self.down):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, tokens: Tensor, context: int, hidden: Tensor | None) -> Tensor:
        """Tokens `(N, C + H, width)`, the first `context` of which are context; `hidden` `(N, C)` is True where a context token is missing."""
        n, length, width = tokens.shape
        q, k, v = self.qkv(tokens).reshape(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = (q * q.shape[-1] ** -0.5) @ k[:, :, :context].transpose(-1, -2)
        if hidden is not None:
            scores = scores.masked_fill(hidden[:, None, None, :], -1e30)
        own = ((q * k).sum(-1, keepdim=True) * q.shape[-1] ** -0.5)[:, :, context:]
        among = torch.softmax(scores[:, :, :context], -1) @ v[:, :, :context]
        weights = torch.softmax(torch.cat([scores[:, :, context:], own], -1), -1)
        onto = weights[..., :context] @ v[:, :, :context] + weights[..., context:] * v[:, :, context:]
        mixed = torch.cat([among, onto], 2).transpose(1, 2).reshape(n, length, width)
        tokens = self.norm1(tokens + self.out(mixed))
        return self.norm2(tokens + self.down(F.gelu(self.up(tokens))))


class PFN(nn.Module):
    """From an observed part of a curve to logits over buckets at each queried step.

    Arguments:
        size: How large it is.
    """

    def __init__(self, size: PFNSize) -> None:
        super().__init__()
        self.size = size
        self.embed_x, self.embed_y = nn.Linear(1, size.width), nn.Linear(1, size.width)
        self.layers = nn.ModuleList(_Layer(size.width, size.heads) for _ in range(size.layers))
        self.decode = nn.Sequential(nn.Linear(size.width, 2 * size.width), nn.GELU(), nn.Linear(2 * size.width, size.buckets))

    def forward(self, x: Tensor, y: Tensor, query: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Logits of shape `(N, H, buckets)`.

        Arguments:
            x: Observed steps on the axis 0 .. 100, shape `(C,)`.
            y: Observed values, about in [0, 1], shape `(N, C)`.
            query: Steps to forecast, shape `(H,)`.
            hidden: True where an observed value is missing, shape `(N, C)`.
        """
        n, c = y.shape
        steps = self.embed_x((torch.cat([x, query])[:, None] / SPAN - 0.5) / ROOT_TWELFTH)
        values = self.embed_y((y[..., None] - 0.5) / ROOT_TWELFTH)
        tokens = torch.cat([steps[:c] + values, steps[c:].expand(n, -1, -1)], 1)
        for layer in self.layers:
            tokens = layer(tokens, c, hidden)
        return self.decode(tokens[:, c:])

    def arrays(self) -> dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"]:
        """The weights by name."""
        return {k: v.detach().numpy().copy() for k, v in self.state_dict().items()}

    def load_arrays(self, arrays: Mapping[str, "np.typing.NDArray[np.generic]"]) -> "PFN":
        """The inverse of :meth:`arrays`; returns self."""
        self.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in arrays.items()})
        return self
