"""From an observed prefix to one vector per curve: GRU, LSTM, or self-attention over (value, time) tokens.

Every encoder takes tokens `(N, K, C)` whose missing values are already filled forward, with a mask among the channels, and a mask
of the epochs that hold anything. `K` = 0 is a prefix like any other: it gives a learned vector.
"""

import abc
import math

import torch
from torch import Tensor, nn

__all__ = ["ENCODERS", "SequenceEncoder"]


class SequenceEncoder(nn.Module, abc.ABC):
    """Tokens `(N, K, C)` and mask `(N, K)` to `(N, width)`."""

    @abc.abstractmethod
    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Encode; row i depends on row i only."""


class _Recurrent(SequenceEncoder):
    """A recurrent network over the epochs; its last state. The learned initial state answers for an empty prefix."""

    def __init__(self, channels: int, width: int, cell: str) -> None:
        super().__init__()
        self.rnn = (nn.GRU if cell == "gru" else nn.LSTM)(channels, width, batch_first=True)
        self.empty = nn.Parameter(torch.zeros(width))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        start = self.empty.expand(1, len(tokens), -1).contiguous()
        if tokens.shape[1] == 0:
            return start[0]
        state = (start, torch.zeros_like(start)) if isinstance(self.rnn, nn.LSTM) else start
        hidden, _ = self.rnn(tokens, state)
        return torch.where(mask.any(1, keepdim=True), hidden[:, -1], start[0])


class GRUEncoder(_Recurrent):
    """Cho et al. 2014."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__(channels, width, "gru")


class LSTMEncoder(_Recurrent):
    """Hochreiter and Schmidhuber 1997."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__(channels, width, "lstm")


class AttentionEncoder(SequenceEncoder):
    """A learned start token and the observed tokens attend to each other; the start token's row is the answer.

    One layer in two blocks: self-attention among the tokens, then the start token reads them (Vaswani et al. 2017; Lee et al. 2019).
    The tokens carry their time, so no positional code is added, and epochs may be missing or unevenly spaced.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        heads = math.gcd(4, width)
        self.token = nn.Sequential(nn.Linear(channels, width), nn.GELU(), nn.Linear(width, width))
        self.start = nn.Parameter(torch.randn(width) / width**0.5)
        self.attend = nn.MultiheadAttention(width, heads, batch_first=True)
        self.read = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mix = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        start = self.start.expand(len(tokens), 1, -1)
        x = torch.cat([start, self.token(tokens)], dim=1)
        hidden = torch.cat([mask.new_zeros(len(tokens), 1), ~mask], dim=1)
        x = self.norms[0](x + self.attend(x, x, x, key_padding_mask=hidden, need_weights=False)[0])
        x = x[:, :1] + self.read(x[:, :1], x, x, key_padding_mask=hidden, need_weights=False)[0]
        return self.norms[1](x + self.mix(x))[:, 0]


ENCODERS: dict[str, type[GRUEncoder] | type[LSTMEncoder] | type[AttentionEncoder]] = {
    "gru": GRUEncoder,
    "lstm": LSTMEncoder,
    "attention": AttentionEncoder,
}
