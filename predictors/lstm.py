"""LSTM: a recurrent network that predicts increments and reads its own predictions, as the baseline of NRI does.

Kipf et al., "Neural relational inference for interacting systems", ICML 2018, arXiv 1802.04687, and its code (ethanfetaya/NRI,
`lstm_baseline.py`): two linear layers, a two-layer LSTM, two linear layers, x(t + 1) = x(t) + output; the observed epochs are burnt
in, the others predicted from predictions, in training too. Ours differs in width (64, not 256), in that time is an input, in that the
variance is learned as a function of time and lead instead of fixed, and in that it steps along the rungs of
:mod:`predictors.ladder`, not from every epoch to the next; between rungs its path is straight.
"""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from predictors.batches import Future, Inputs, Prefix, Scales
from predictors.fitting import Network
from predictors.interpolation import linear_weights
from predictors.ladder import walk
from predictors.neural import NeuralOptions, NeuralPredictor
from predictors.options import number
from predictors.paths import Paths, robust_nll
from predictors.posterior import FAR, MIN_SCALE, Clock

__all__ = ["LSTM", "LSTMOptions", "ResidualLSTM", "lstm_step"]


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
        self.into = nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
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
        n, way = len(prefix), walk(self.clock.epochs, prefix.end, float(t[-1]))
        times = way.times(self.clock).to(prefix.values)
        times = torch.cat([torch.stack([times.new_zeros(()), times[0, 0]]).unsqueeze(0), times])  # a start token, so that K may be 0
        burnt = 1 + len(way.past)
        read = torch.isin(prefix.epochs, way.past.to(prefix.epochs))
        tokens = prefix.values.new_zeros(n, burnt, 4)
        tokens[:, 1:, 0] = prefix.values[:, read, 0].clamp(-FAR, FAR)
        tokens[:, 1:, 1] = prefix.seen[:, read, 0]
        tokens[:, :, 2:] = times[:burnt]
        hidden, (h, c) = self.lstm(self.into(tokens))
        states = list(zip(h, c, strict=True))
        x = prefix.last[:, :1] + self.out(hidden[:, -1])
        values, ones = [x], torch.ones_like(x)
        for pair in times[burnt:-1]:
            token = torch.cat([x.clamp(-FAR, FAR), ones, pair.expand(n, 2)], dim=-1)
            states = lstm_step(self.lstm, self.into(token), states)
            x = x + self.out(states[-1][0])
            values.append(x)
        mean = torch.cat(values, dim=-1) @ linear_weights(way.ahead.to(t), t).T
        lead = torch.stack([self.clock(t), torch.log1p(t - prefix.end)], dim=-1)
        scale = nn.functional.softplus(self.noise(lead)[:, 0]) + MIN_SCALE
        return Paths(mean.unsqueeze(1), scale.expand(n, 1, len(t)))


def lstm_step(lstm: nn.LSTM, x: Tensor, states: list[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
    """One step of a network of several layers at `x` `(N, C)`: what a sequence of length 1 gives, without what it costs to set one up.

    Arguments:
        lstm: The network.
        x: The input of its first layer.
        states: (h, c) of every layer, each `(N, hidden)`.

    Returns:
        The states after the step; the last h is the output.
    """
    after = []
    for weights, state in zip(lstm.all_weights, states, strict=True):
        after.append(torch.lstm_cell(x, state, *weights))
        x = after[-1][0]
    return after


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
