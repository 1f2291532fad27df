"""The epochs that recurrent networks walk along: every one early, then ever fewer.

A curve moves in the logarithm of the epoch: 33 of 200 epochs tell nearly all of it. A rung is 15 % above the one before once that is more than an
epoch; the last observed epoch, the one after it and the last epoch of the training curves are rungs always. At each rung a network is
told which one is next, since the stretch from the prefix to the rungs depends on where the prefix ends.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from predictors.posterior import Clock

__all__ = ["Walk", "walk"]

GROWTH = 0.15


@dataclass(frozen=True, eq=False)
class Walk:
    """Where a network steps.

    Arguments:
        past: The rungs that were observed, shape `(A,)`; the last one ends the prefix.
        ahead: The rungs to forecast, shape `(B,)`, at least one.
    """

    past: Tensor
    ahead: Tensor

    def times(self, clock: Clock) -> Tensor:
        """The time of every rung and of the one after it, shape `(A + B, 2)`; the last is followed by itself."""
        every = clock(torch.cat([self.past, self.ahead]))
        return torch.stack([every, torch.cat([every[1:], every[-1:]])], dim=-1)


def walk(epochs: int, end: float, last: float) -> Walk:
    """The rungs after a prefix that ends at epoch `end`, up to `epochs`, or `last` where that is later.

    Which rungs there are does not depend on `last` unless it is later, so neither does what is forecast at an epoch.

    Arguments:
        epochs: `T`, the length of the training curves.
        end: The last observed epoch, 0 for none.
        last: The last epoch that is asked for, after `end`.
    """
    far = max(epochs, math.ceil(last))
    rungs, rung = {epochs, far, int(end), int(end) + 1} - {0}, 1
    while rung < far:
        rungs.add(rung)
        rung += max(1, round(GROWTH * rung))
    every = torch.tensor(sorted(rungs), dtype=torch.float32)
    return Walk(every[every <= end], every[every > end])
