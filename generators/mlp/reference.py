"""The obviously right way to train a multilayer perceptron, and the definition of what its curve is.

The network is Linear, ReLU, Dropout for each hidden layer, then Linear. A run of `T` epochs:

1. The weights start as :meth:`~generators.mlp.draws.Draws.initial` says.
2. Each epoch draws a fresh order of the training rows and cuts it into consecutive batches; a short last batch is kept.
3. A batch: the mean cross-entropy (sum w_i l_i / sum w_i where the recipe weighs the classes), its gradient, and one step of SGD:
   buf = momentum * buf + (grad + weight_decay * p), p = p - lr * buf, biases like weights, buf = 0 at the start.
4. The train loss and accuracy of an epoch are means over its batches, weighted by their sizes, of the cross-entropy and accuracy
   that each batch showed in train mode (with dropout) before its step. Recorded losses never weigh classes.
5. After the last batch the validation and test parts are evaluated in eval mode.
6. The learning rate is constant within an epoch (:func:`~generators.spaces.schedules.learning_rates`).
7. A run ends early after the first epoch in which a stored loss is not finite: that epoch is stored, later ones are missing.

Dropout at rate q/65536 zeroes the units that the stream says and multiplies the others by 65536 / (65536 - q).
"""

import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from generators.base import Task
from generators.mlp.draws import Draws
from generators.mlp.spec import MLPSpec, class_weights
from generators.record import Record
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve

__all__ = ["StreamDropout", "build", "train_reference"]


class StreamDropout(nn.Module):
    """Dropout with masks that are handed in.

    Arguments:
        scale: What kept units are multiplied by.
    """

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.mask: Tensor | None = None
        """Which units the next batch keeps, 0 or 1, shape `(batch, units)`; None keeps all."""

    def forward(self, x: Tensor) -> Tensor:
        """The input in eval mode; in train mode its kept units, scaled."""
        return x * self.mask * self.scale if self.training and self.mask is not None else x


def build(spec: MLPSpec, draws: Draws, dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """The network of a run with its initial weights."""
    modules: list[nn.Module] = []
    for layer, (fan_in, out) in enumerate(spec.layers):
        linear = nn.Linear(fan_in, out, dtype=dtype)
        with torch.no_grad():
            for p, values in zip((linear.weight, linear.bias), draws.initial(layer), strict=True):
                p.copy_(torch.from_numpy(values))
        modules.append(linear)
        if layer < len(spec.widths):
            modules += [nn.ReLU(), StreamDropout(spec.scales[layer])]
    return nn.Sequential(*modules)


def train_reference(run: RunConfig, task: Task, dtype: torch.dtype = torch.float32) -> Curve:
    """Train one run with plain modules, autograd and torch.optim.SGD."""
    spec = MLPSpec.of(run, task)
    x = {s: torch.from_numpy(v).to(dtype) for s, v in task.x.items()}
    y = {s: torch.from_numpy(v) for s, v in task.y.items()}
    draws = Draws(spec, len(y["train"]))
    net = build(spec, draws, dtype)
    dropouts = [m for m in net if isinstance(m, StreamDropout)]
    optimizer = torch.optim.SGD(net.parameters(), lr=spec.lr[0], momentum=spec.momentum, weight_decay=spec.weight_decay)
    weight = torch.from_numpy(class_weights(task)).to(dtype) if spec.weighted else None
    record = Record(run, task, spec)
    for epoch in range(1, spec.epochs + 1):
        begin = time.perf_counter()
        optimizer.param_groups[0]["lr"] = spec.lr[epoch - 1]
        order = torch.from_numpy(draws.order(epoch))
        masks = [_masks(draws, epoch, layer, rate, dtype) for layer, rate in enumerate(spec.rates)]
        net.train()
        loss_sum, hits = 0.0, 0
        for start in range(0, len(order), spec.batch_size):
            rows = order[start : start + spec.batch_size]
            for dropout, mask in zip(dropouts, masks, strict=True):
                dropout.mask = None if mask is None else mask[start : start + spec.batch_size]
            logits = net(x["train"][rows])
            loss = cross_entropy(logits, y["train"][rows], weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += cross_entropy(logits.detach(), y["train"][rows]).item() * len(rows)
            hits += int((logits.argmax(1) == y["train"][rows]).sum())
        values = {"train_loss": loss_sum / len(order), "train_acc": hits / len(order)}
        net.eval()
        with torch.no_grad():
            for split in (s for s in ("val", "test") if s in x):
                logits = net(x[split])
                values[f"{split}_loss"] = cross_entropy(logits, y[split]).item()
                values[f"{split}_acc"] = int((logits.argmax(1) == y[split]).sum()) / len(y[split])
        record.add(epoch, values, time.perf_counter() - begin)
        if not record.alive:
            break
    return record.curve()


def _masks(draws: Draws, epoch: int, layer: int, rate: int, dtype: torch.dtype) -> Tensor | None:
    if rate == 0:
        return None
    pieces = draws.kept(epoch, layer, rows=np.iinfo(np.int64).max)
    return torch.from_numpy(np.concatenate(list(pieces))).to(dtype)
