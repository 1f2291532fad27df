"""LSTM: a recurrent network that predicts increments and reads its own predictions, as the baseline of NRI does.

Kipf et al., "Neural relational inference for interacting systems", ICML 2018, arXiv 1802.04687, and its code (ethanfetaya/NRI,
`lstm_baseline.py`): two linear layers, a two-layer LSTM, two linear layers, x(t + 1) = x(t) + output; the observed epochs are burnt
in, the others predicted from predictions, in training too. Ours differs in width (64, not 256), in that time is an input, and in
that the variance is learned as a function of time and lead instead of fixed.
"""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from predictors.batches import Future, Inputs, Prefix, Scales
from predictors.fitting import Network
from predictors.neural import NeuralOptions, NeuralPredictor
from predictors.options import number
from predictors.paths import Paths, robust_nll
from predictors.posterior import MIN_SCALE, Clock

__all__ = ["LSTM", "LSTMOptions", "ResidualLSTM", "read_epochs"]


@dataclass(frozen=True)
class LSTMOptions(NeuralOptions):
    """The network.

    Arguments:
        hidden: The width of every layer.
        paths: 1: the network is deterministic.
        strata: Slices of the noise.
    """

    hidden: int = number(64, 1, 65536)
    paths: int = number(1, 1, 1)
    strata: int = number(40, 1, 10_000)


class ResidualLSTM(Network):
    """The network of LSTM.

    Arguments:
        hidden: The width of every layer.
        scales: What the training curves look like.
    """

    def __init__(self, hidden: int, scales: Scales) -> None:
        super().__init__()
        self.clock = Clock("linear", scales.epochs)
        self.into = nn.Sequential(nn.Linear(3, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.lstm = nn.LSTM(hidden, hidden, num_layers=2, batch_first=True)
        self.out = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.noise = nn.Sequential(nn.Linear(2, 16), nn.GELU(), nn.Linear(16, 1))

    def loss(self, prefix: Prefix, future: Future, beta: float, generator: torch.Generator) -> Tensor:
        """The negative log-likelihood of future values, under the network's own roll-out."""
        return robust_nll(self._roll(prefix, future.t), future.y, future.mask)

    def forecast(self, prefix: Prefix, t: Tensor, paths: int, generator: torch.Generator) -> Paths:
        """The one path."""
        return self._roll(prefix, t)

    def _roll(self, prefix: Prefix, t: Tensor) -> Paths:
        n, k, _ = prefix.values.shape
        ones = prefix.values.new_ones(n, 1)
        tokens = prefix.values.new_zeros(n, k + 1, 3)
        tokens[:, 1:, 0], tokens[:, 1:, 1] = prefix.values[:, :, 0], prefix.seen[:, :, 0]
        tokens[:, 1:, 2] = self.clock(prefix.epochs)
        hidden, state = self.lstm(self.into(tokens))
        x = prefix.last[:, :1] + self.out(hidden[:, -1])
        steps = read_epochs(prefix.end, t)
        values = [x]
        for time in self.clock(steps[:-1]).tolist():
            hidden, state = self.lstm(self.into(torch.cat([x, ones, ones * time], dim=-1)).unsqueeze(1), state)
            x = x + self.out(hidden[:, 0])
            values.append(x)
        mean = torch.cat(values, dim=-1)[:, torch.searchsorted(steps, t.contiguous()).clamp(max=len(steps) - 1)]
        lead = torch.stack([self.clock(t), torch.log1p(t - prefix.end)], dim=-1)
        scale = nn.functional.softplus(self.noise(lead)[:, 0]) + MIN_SCALE
        return Paths(mean.unsqueeze(1), scale.expand(n, 1, len(t)))


def read_epochs(end: float, t: Tensor) -> Tensor:
    """The epochs that a roll-out walks through, one after another: from the one after `end` to the last of `t`."""
    return torch.arange(end + 1, float(t[-1].ceil()) + 1, dtype=t.dtype)


@final
class LSTM(NeuralPredictor):
    """The prefix of the metric itself, and nothing else."""

    config: LSTMOptions

    def __init__(self, config: LSTMOptions = LSTMOptions()) -> None:
        self.config = config

    def inputs(self) -> Inputs:
        """Nothing but the metric."""
        return Inputs(centred=self.config.centred)

    def build(self, scales: Scales) -> Network:
        """A fresh :class:`ResidualLSTM`."""
        return ResidualLSTM(self.config.hidden, scales)
