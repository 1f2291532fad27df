"""Many small networks at once: one batched matrix product where the lean kernel makes one call for each network.

The curves are those of :mod:`generators.mlp.reference`, to rounding, and to the byte the same whatever else is in the group: every
operation works on each network alone, in a shape that is a function of its own configuration (:class:`~generators.mlp.cost.Shape`).

* Networks have equal depth. Widths are padded with zeros, batches with rows of zeros that weigh 0: neither changes a value.
* Networks with fewer steps in an epoch come last, so that the networks still at work are always the first ones.
* The last column of a hidden layer is 1: its weights copy it from layer to layer, and bias gradients come with those of the weights.
* Masks are 0 or 1 without their scale s: the column of ones is 1/s instead, so that activations are the true ones divided by the
  product S of the scales so far. Logits are multiplied by S, and so are, at once, all gradients.
* The momentum buffer holds lr times torch's, so that each network's learning rate enters through the weights of its rows.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generators.base import Task
from generators.mlp.cost import Shape, fused_seconds
from generators.mlp.draws import Draws
from generators.mlp.fused_evaluation import FusedEvaluation
from generators.mlp.fused_layout import EpochLayout
from generators.mlp.memory import padded, rows_with_ones
from generators.mlp.spec import MLPSpec
from generators.record import Record
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve

__all__ = ["Fused", "train_fused"]

_MASK_ELEMENTS = 1 << 14
"""Mask elements of a network to make at a time."""


@dataclass(frozen=True)
class _Layer:
    """One linear map of all networks, `(G, inputs, outputs)`, the output layer `(G, outputs, inputs)`.

    `momentum` is lr times torch's buffer; `decay` is lr times weight decay for each element, 0 for the entry that copies the ones.
    """

    weight: Tensor
    momentum: Tensor
    decay: Tensor


class _Live:
    """Views of the first networks of a group, for the steps in which only those still work."""

    def __init__(self, fused: "Fused", count: int) -> None:
        self.hidden = [h[:count] for h in fused.hidden]
        self.hidden_t = [h.transpose(1, 2) for h in self.hidden]
        self.flat = [h.view(-1) for h in self.hidden]
        self.flat_np = [h.numpy() for h in self.flat]
        self.signal = [g[:count] for g in fused.signals]
        self.signal_np = [g.view(-1).numpy() for g in self.signal]
        self.signal_ones = [g.numpy()[:, :, -1] for g in self.signal]
        self.slope = fused.slope[:count]
        self.slope_np = self.slope.numpy()
        self.slope_t = self.slope.transpose(1, 2)
        self.gain = fused.gain[:count]
        self.weights = [a.weight[:count] for a in fused.layers]
        self.backward = [w.transpose(1, 2) for w in self.weights[:-1]] + self.weights[-1:]
        self.momenta = [a.momentum[:count] for a in fused.layers]
        self.factor = fused.factor[:count]
        self.updates = [
            (m.view(count, -1).numpy(), m, w, a.decay[:count], m.numpy(), w.numpy())
            for a, m, w in zip(fused.layers, self.momenta, self.weights, strict=True)
        ]


class Fused:
    """The state of a group and its passes.

    Arguments:
        specs: `G` runs of one shape, those with more steps first.
        task: Their task.
        shape: Their padded shape.
        dtype: float32, or float64 for comparisons.
    """

    def __init__(self, specs: list[MLPSpec], task: Task, shape: Shape, dtype: torch.dtype = torch.float32) -> None:
        group, rows, columns, n = len(specs), shape.rows, shape.columns, len(task.y["train"])
        self._specs, self._task, self._shape, self._dtype = specs, task, shape, dtype
        self._draws = [Draws(s, n) for s in specs]
        self._scales = np.array([[s or 1.0 for s in spec.scales] for spec in specs])
        gains = self._scales.prod(1)
        real = torch.zeros(0, dtype=dtype).numpy().dtype
        self.gain = gains.astype(real)[:, None, None]
        self.factor = np.array([s.momentum for s in specs], real)[:, None]
        self._inputs = padded(shape.inputs + 1, 8)
        self.layers = [self._layer(i) for i in range(shape.depth + 1)]
        self._lr = np.ones(group)
        self._layout = EpochLayout(specs, self._draws, task, rows, gains, real)
        steps = self._layout.steps
        x = rows_with_ones(task.x["train"], dtype)[:, : self._inputs]
        self._x = torch.cat([x, torch.zeros_like(x[:1])])
        self._chunk = min(padded(max(1, _MASK_ELEMENTS // (rows * columns)), 4), steps[0])
        self._rows = torch.zeros(self._chunk, group, rows, self._inputs, dtype=dtype)
        self._masks = [np.zeros((self._chunk, group, rows, columns), real) for _ in range(shape.depth)]
        for layer, mask in enumerate(self._masks):
            mask[..., -1] = 1.0
            for k, spec in enumerate(specs):
                mask[:, k] = 1.0 if spec.rates[layer] == 0 else mask[:, k]
        self.hidden = [torch.zeros(group, rows, columns, dtype=dtype) for _ in range(shape.depth)]
        self.signals = [torch.zeros_like(h) for h in self.hidden]
        self.slope = torch.zeros(group, shape.classes, rows, dtype=dtype)
        self._z = torch.zeros(steps[0], group, shape.classes, rows, dtype=dtype)
        self._scratch = torch.zeros_like(self._z)
        counts = [sum(s > i for s in steps) for i in range(steps[0])]
        live = {count: _Live(self, count) for count in set(counts)}
        self._steps = [
            (live[c], self._rows[i % self._chunk, :c], self._z[i, :c], [m[i % self._chunk, :c].reshape(-1) for m in self._masks], c)
            for i, c in enumerate(counts)
        ]
        self._evaluations = [FusedEvaluation(task, s, group, shape, dtype) for s in ("val", "test") if s in task.x]

    def _layer(self, i: int) -> _Layer:
        shape, last = self._shape, i == self._shape.depth
        inputs = shape.columns if i else self._inputs
        weight = torch.zeros(len(self._specs), inputs, shape.classes if last else shape.columns, dtype=self._dtype)
        for k, draws in enumerate(self._draws):
            w, b = draws.initial(i)
            weight[k, : w.shape[1], : w.shape[0]] = torch.from_numpy(w.T)
            weight[k, self._bias(i), : w.shape[0]] = torch.from_numpy(b)
        if last:
            weight = weight.transpose(1, 2).contiguous()
        return _Layer(weight, torch.zeros_like(weight), torch.zeros_like(weight))

    def _bias(self, layer: int) -> int:
        return self._shape.columns - 1 if layer else self._shape.inputs

    def without(self, gone: set[int]) -> "Fused":
        """The group without some of its networks; what is left of it goes on to the byte as it would have."""
        keep = [k for k in range(len(self._specs)) if k not in gone]
        rest = Fused([self._specs[k] for k in keep], self._task, self._shape, self._dtype)
        for old, new in zip(self.layers, rest.layers, strict=True):
            new.weight.copy_(old.weight[keep])
            new.momentum.copy_(old.momentum[keep])
            new.decay.copy_(old.decay[keep])
        rest._lr = self._lr[keep]
        return rest

    def epoch(self, epoch: int) -> list[dict[str, float]]:
        """Train an epoch (1-based) and evaluate; the metrics of each network."""
        self._layout.shuffle(epoch)
        self._set_rates(epoch)
        self._copy_ones(1.0 / self._scales)
        kept = [self._kept(epoch, layer) for layer in range(self._shape.depth)]
        for start in range(0, len(self._steps), self._chunk):
            steps = slice(start, min(start + self._chunk, len(self._steps)))
            index = torch.from_numpy(self._layout.rows[steps].reshape(-1))
            torch.index_select(self._x, 0, index, out=self._rows[: steps.stop - start].view(-1, self._inputs))
            for mask, runs in zip(self._masks, kept, strict=True):
                for k, pieces in runs.items():
                    piece = next(pieces, None)
                    if piece is not None:
                        self._layout.place(mask[:, k, :, : piece.shape[1]], piece, self._specs[k].batch_size)
            self._train(steps)
        torch.log_softmax(self._z, 2, out=self._scratch)
        own = np.take_along_axis(self._scratch.numpy(), self._layout.labels[:, :, None], 2)[:, :, 0]
        values = self._layout.measure(own, np.argmax(self._z.numpy(), 2))
        self._copy_ones(np.ones_like(self._scales))
        for evaluation in self._evaluations:
            for value, more in zip(values, evaluation.measure([a.weight for a in self.layers]), strict=True):
                value.update(more)
        return values

    def _kept(self, epoch: int, layer: int) -> dict[int, Iterator[npt.NDArray[np.bool_]]]:
        return {
            k: draws.kept(epoch, layer, self._chunk * spec.batch_size)
            for k, (spec, draws) in enumerate(zip(self._specs, self._draws, strict=True))
            if spec.rates[layer]
        }

    def _set_rates(self, epoch: int) -> None:
        lr = np.array([s.lr[epoch - 1] for s in self._specs])
        if np.array_equal(lr, self._lr):
            return
        ratio = torch.from_numpy(lr / self._lr)[:, None, None]
        decay = torch.from_numpy(lr * [s.weight_decay for s in self._specs])[:, None, None]
        for i, layer in enumerate(self.layers):
            layer.momentum.mul_(ratio.to(self._dtype))
            layer.decay.copy_(decay)
            if i < self._shape.depth:
                layer.decay[:, self._bias(i), -1] = 0.0
        self._lr = lr

    def _copy_ones(self, factors: npt.NDArray[np.float64]) -> None:
        for i, layer in enumerate(self.layers[:-1]):
            layer.weight[:, self._bias(i), -1] = torch.from_numpy(factors[:, i]).to(self._dtype)

    def _train(self, steps: slice) -> None:
        bmm, softmax, multiply, subtract = torch.bmm, torch.softmax, np.multiply, np.subtract
        layers = range(self._shape.depth)
        dropout = [any(s.rates[i] for s in self._specs) for i in layers]
        last = self._shape.depth
        for (live, x, z, masks, count), target, row_weights in zip(
            self._steps[steps], self._layout.target[steps], self._layout.weights[steps], strict=True
        ):
            h, z_np = x, z.numpy()
            for i in layers:
                bmm(h, live.weights[i], out=live.hidden[i])
                live.flat[i].relu_()
                if dropout[i]:
                    multiply(live.flat_np[i], masks[i], out=live.flat_np[i])
                h = live.hidden[i]
            bmm(live.weights[last], live.hidden_t[-1], out=z)
            multiply(z_np, live.gain, out=z_np)
            softmax(z, 1, out=live.slope)
            subtract(live.slope_np, target[:count], out=live.slope_np)
            multiply(live.slope_np, row_weights[:count], out=live.slope_np)
            d = live.slope_t
            for i in reversed(layers):
                bmm(d, live.backward[i + 1], out=live.signal[i])
                self._accumulate(live, i + 1, live.slope if i + 1 == last else live.hidden_t[i], live.hidden[i] if i + 1 == last else d)
                live.flat[i].sign_()
                multiply(live.signal_np[i], live.flat_np[i], out=live.signal_np[i])
                live.signal_ones[i].fill(0.0)
                d = live.signal[i]
            self._accumulate(live, 0, x.transpose(1, 2), d)
            for _, m, w, decay, m_np, w_np in live.updates:
                m.addcmul_(w, decay)
                subtract(w_np, m_np, out=w_np)

    @staticmethod
    def _accumulate(live: _Live, layer: int, left: Tensor, right: Tensor) -> None:
        flat = live.updates[layer][0]
        np.multiply(flat, live.factor, out=flat)
        live.momenta[layer].baddbmm_(left, right)


def train_fused(runs: Sequence[RunConfig], task: Task, shape: Shape, dtype: torch.dtype = torch.float32) -> list[Curve]:
    """Train runs of one shape as one group; their curves in the same order.

    A run whose loss is not finite harms no other; it leaves the group at the end of that epoch. The processor seconds of an epoch are the
    group's, shared by expected cost among the runs that are in it.
    """
    rows = len(task.y["train"])
    evaluated = sum(len(y) for y in task.y.values()) - rows
    specs = [MLPSpec.of(run, task) for run in runs]
    costs = np.array([fused_seconds(s, shape, rows, evaluated) for s in specs])
    records = [Record(run, task, spec, "apportioned") for run, spec in zip(runs, specs, strict=True)]
    alive = sorted(range(len(runs)), key=lambda k: specs[k].batch_size)
    with torch.inference_mode(), np.errstate(all="ignore"):
        begin = time.thread_time()
        group = Fused([specs[k] for k in alive], task, shape, dtype)
        for epoch in range(1, shape.epochs + 1):
            values = group.epoch(epoch)
            now = time.thread_time()
            for k, value, share in zip(alive, values, costs[alive] / costs[alive].sum(), strict=True):
                records[k].add(epoch, value, (now - begin) * share)
            begin = now
            gone = {i for i, k in enumerate(alive) if not records[k].alive}
            if len(gone) == len(alive):
                break
            if gone:
                group = group.without(gone)
                alive = [k for k in alive if records[k].alive]
    return [record.curve() for record in records]
