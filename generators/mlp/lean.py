"""One network, trained by hand-written passes over buffers that are made once.

The curve is that of :mod:`generators.mlp.reference`, to rounding. What differs is only where time goes:

* Matrix products write into place. The bias is a column of the weights and meets a column of ones in the input; the product that gives
  a gradient adds it to momentum times the momentum buffer at once (``beta`` of addmm).
* Dropout masks and scales in one multiplication, by a matrix of 0 and 1/(1 - rate) made for many steps at a time.
* For h = mask * relu(z) the gradient of z is that of h where h > 0: no mask is kept, and h turns into its sign in place.
* The logits of an epoch stay in one buffer, so that its losses and hits are found at the end, in few calls.
* NumPy and torch share the buffers: a NumPy call costs a quarter of a torch call, a torch relu a quarter of a NumPy maximum.
"""

import time
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from generators.base import Task
from generators.mlp.draws import Draws
from generators.mlp.evaluation import Evaluation
from generators.mlp.logits import EpochLogits
from generators.mlp.masks import Masks
from generators.mlp.memory import Parameters, rows_with_ones, with_ones
from generators.mlp.spec import MLPSpec
from generators.record import Record
from generators.saves import Saves, copy_into
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve

__all__ = ["Lean", "train_lean"]


class _Batch:
    """Views of the hidden buffers for steps of one size."""

    def __init__(self, hidden: list[Tensor], signals: list[Tensor], widths: tuple[int, ...], rows: int) -> None:
        whole, back = [h[:rows] for h in hidden], [s[:rows] for s in signals]
        self.inputs = [h[:, : w + 1] for h, w in zip(whole, widths, strict=True)]
        self.inputs_t = [h.t() for h in self.inputs]
        self.z = [h[:, :w] for h, w in zip(whole, widths, strict=True)]
        self.flat = [h.view(-1) for h in whole]
        self.flat_np = [h.numpy() for h in self.flat]
        self.dz = [s[:, :w] for s, w in zip(back, widths, strict=True)]
        self.dz_np = [s.view(-1).numpy() for s in back]


class Lean:
    """The state of one run and its passes.

    Arguments:
        spec: The run.
        task: Its task.
        dtype: float32, or float64 for comparisons.
    """

    def __init__(self, spec: MLPSpec, task: Task, dtype: torch.dtype = torch.float32) -> None:
        rows = len(task.y["train"])
        size = spec.batch_size
        self.spec = spec
        self.draws = Draws(spec, rows)
        self.parameters = Parameters(spec.layers, dtype)
        for layer in range(len(spec.layers)):
            self.parameters.load(layer, *self.draws.initial(layer))
        self._x = rows_with_ones(task.x["train"], dtype)
        self._shuffled = torch.empty_like(self._x)
        self._logits = EpochLogits(spec, task, dtype)
        hidden = [with_ones(size, w, dtype) for w in spec.widths]
        signals = [torch.zeros_like(h) for h in hidden]
        batches = {r: _Batch(hidden, signals, spec.widths, r) for r in {size, rows % size or size}}
        self._steps = [
            (self._shuffled[a : a + size, : self.parameters.inputs], batches[min(size, rows - a)], views)
            for a, views in zip(range(0, rows, size), self._logits.steps, strict=True)
        ]
        self._masks = [Masks(self.draws, spec, layer, dtype) for layer in range(len(spec.widths))]
        self._evaluations = [Evaluation(self.parameters, spec, task, s, dtype) for s in ("val", "test") if s in task.x]

    def epoch(self, epoch: int) -> dict[str, float]:
        """Train an epoch (1-based) and evaluate; the metrics of the task."""
        order = self.draws.order(epoch)
        torch.index_select(self._x, 0, torch.from_numpy(order), out=self._shuffled)
        self._logits.shuffle(order)
        self._train(epoch)
        values = self._logits.measure()
        for evaluation in self._evaluations:
            values.update(evaluation.measure())
        return values

    def state(self) -> dict[str, Tensor]:
        """See :class:`generators.saves.Resumable`."""
        return {"value": self.parameters.flat, "momentum": self.parameters.momentum}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """See :class:`generators.saves.Resumable`."""
        copy_into(self.state(), state)

    def _train(self, epoch: int) -> None:
        spec = self.spec
        mm, addmm, softmax, multiply, subtract = torch.mm, torch.addmm, torch.softmax, np.multiply, np.subtract
        weights, momenta = self.parameters.weights, self.parameters.momenta
        flat, flat_momentum = self.parameters.flat, self.parameters.momentum
        last, lr, momentum, decay = len(spec.widths), spec.lr[epoch - 1], spec.momentum, spec.weight_decay
        backward = [w[:-1].t() for w in weights[:last]] + [weights[last][:, :-1]]
        walks = [m.walk(epoch) for m in self._masks]
        layers = range(last)
        for x, batch, views in self._steps:
            z, slope, slope_np, target_np, row_weights, alpha = views
            h = x
            for i in layers:
                mm(h, weights[i], out=batch.z[i])
                batch.flat[i].relu_()
                if spec.rates[i]:
                    multiply(batch.flat_np[i], next(walks[i]), out=batch.flat_np[i])
                h = batch.inputs[i]
            mm(weights[last], h.t(), out=z)
            softmax(z, 0, out=slope)
            subtract(slope_np, target_np, out=slope_np)
            if row_weights is not None:
                multiply(slope_np, row_weights, out=slope_np)
            addmm(momenta[last], slope, h, beta=momentum, alpha=alpha, out=momenta[last])
            d = slope.t()
            for i in reversed(layers):
                addmm(batch.dz[i], d, backward[i + 1], beta=0, alpha=spec.scales[i], out=batch.dz[i])
                batch.flat[i].sign_()
                multiply(batch.dz_np[i], batch.flat_np[i], out=batch.dz_np[i])
                d = batch.dz[i]
                h_t = batch.inputs_t[i - 1] if i else x.t()
                addmm(momenta[i], h_t, d, beta=momentum, alpha=alpha, out=momenta[i])
            flat_momentum.add_(flat, alpha=decay)
            flat.add_(flat_momentum, alpha=-lr)


def train_lean(run: RunConfig, task: Task, dtype: torch.dtype = torch.float32, saves: Saves | None = None) -> Curve:
    """Train one run."""
    saves = saves or Saves(run)
    spec = MLPSpec.of(run, task)
    record = Record(run, task, spec, "processor")
    with torch.inference_mode(), np.errstate(all="ignore"):
        begin = time.thread_time()
        network = Lean(spec, task, dtype)
        done = saves.resume(record, network)
        for epoch in range(done + 1, spec.epochs + 1):
            values = network.epoch(epoch)
            record.add(epoch, values, time.thread_time() - begin)
            if not record.alive:
                break
            saves.keep(record, network, epoch)
            begin = time.thread_time()
    return record.curve()
