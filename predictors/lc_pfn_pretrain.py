"""Pretraining LC-PFN on its prior."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nasbench_lc.curves import Floats
from predictors.lc_pfn_bars import Bars, equal_mass_borders
from predictors.lc_pfn_net import PFN, PFNSize
from predictors.lc_pfn_prior import sample_prior

__all__ = ["STEPS", "Progress", "grid", "pretrain", "prior_nll"]

STEPS = 100
"""The source's curves have this many steps."""
SHORTEST, LONGEST = 20, 200
"""The range of the other lengths that training sees, so that any number of epochs can be mapped onto the axis 0 .. 100."""
QUERIES = 16
"""Later points of a curve that enter the loss at each step: a random part of them, since the loss is a mean over all."""


@dataclass(frozen=True, eq=False)
class Progress:
    """How far pretraining has come.

    Arguments:
        step: Optimiser steps done.
        loss: Mean negative log likelihood since the last report, in nats.
        net: The network as it is now.
        borders: Of its bar distribution, shape `(buckets + 1,)`.
    """

    step: int
    loss: float
    net: PFN
    borders: Tensor


def pretrain(size: PFNSize, steps: int, batch: int, lr: float, seed: int, every: int = 500) -> Iterator[Progress]:
    """Train on fresh draws of the prior, reporting every so many steps and at the end.

    AdamW without weight decay, cosine schedule after a warm-up over the first tenth, gradients clipped at norm 1, one cut-off ~ U{0 .. L - 1} per batch;
    matrix products in bfloat16. Half of the batches have the source's 100 steps, half a length log-uniform in 20 .. 200 on the same axis.

    Arguments:
        size: Of the network.
        steps: Optimiser steps.
        batch: Curves per step.
        lr: Peak learning rate.
        seed: Of weights and curves.
        every: Steps between reports.
    """
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = PFN(size)
    borders = equal_mass_borders(torch.from_numpy(sample_prior(grid(STEPS), 10_000, rng)), size.buckets).float()
    bars = Bars(borders)
    optimizer = torch.optim.AdamW(net.parameters(), lr, weight_decay=0.0)
    warm = max(steps // 10, 1)
    net.train()
    total = 0.0
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = lr * min(step / warm, 0.5 + 0.5 * math.cos(math.pi * max(step - warm, 0) / max(steps - warm, 1)))
        length = STEPS if rng.random() < 0.5 else round(math.exp(rng.uniform(math.log(SHORTEST), math.log(LONGEST))))
        x = grid(length)
        y = torch.from_numpy(sample_prior(x, batch, rng)).float()
        cut = int(rng.integers(length))
        later = np.sort(rng.choice(np.arange(cut, length), min(QUERIES, length - cut), replace=False))
        axis = torch.from_numpy(x).float()
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(axis[:cut], y[:, :cut], axis[later])
        loss = -bars.log_density(logits.float(), y[:, later]).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        total += float(loss.detach())
        if step % every == 0 or step == steps:
            yield Progress(step, total / ((step - 1) % every + 1), net, borders)
            total = 0.0


def grid(length: int) -> Floats:
    """So many equal steps on the axis 0 .. 100, the last at 100."""
    return np.arange(1, length + 1, dtype=np.float64) * (100.0 / length)


def prior_nll(net: PFN, borders: Tensor, cuts: tuple[int, ...], curves: int = 1000, seed: int = 1) -> dict[int, float]:
    """Mean negative log likelihood in nats of all later points of fresh curves of 100 steps, by cut-off."""
    y = torch.from_numpy(sample_prior(grid(STEPS), curves, np.random.default_rng(seed))).float()
    axis, bars = torch.from_numpy(grid(STEPS)).float(), Bars(borders)
    out: dict[int, float] = {}
    with torch.no_grad():
        for cut in cuts:
            parts = [-bars.log_density(net(axis[:cut], p[:, :cut], axis[cut:]), p[:, cut:]).mean(1) for p in y.split(50)]
            out[cut] = float(torch.cat(parts).mean())
    return out
