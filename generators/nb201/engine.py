"""The network of a run with its own forward, backward and evaluation passes: the fast path on a CPU.

It computes what :class:`generators.nb201.network.CellNetwork` under autograd computes, up to rounding; parameters that cannot matter are left out.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from generators.nb201.blocks import CellBlock, ReductionBlock
from generators.nb201.draws import initial
from generators.nb201.graph import simplify
from generators.nb201.kernels import relu_backward_
from generators.nb201.layers import ConvNorm, Norm
from generators.nb201.memory import Memory
from generators.nb201.network import CELL_SLOTS, REDUCTION_SLOTS
from generators.nb201.spec import NB201Spec
from generators.saves import copy_into

__all__ = ["Engine"]


class Engine:
    """A network in training.

    Arguments:
        spec: The run.
        dtype: Of parameters and activations.
    """

    def __init__(self, spec: NB201Spec, dtype: torch.dtype = torch.float32) -> None:
        self._spec = spec
        self._memory = Memory(dtype)
        graph = simplify(spec.cell)
        height, width, colours = spec.shape
        channels, slot = spec.channels, 1
        stem = ConvNorm(self._memory, spec, [0], colours, channels, 3, needs_input=False)
        blocks: list[CellBlock | ReductionBlock] = []
        for stage in range(3):
            if stage:
                blocks.append(ReductionBlock(self._memory, spec, slot, channels))
                channels, height, width, slot = 2 * channels, height // 2, width // 2, slot + REDUCTION_SLOTS
            for _ in range(spec.cells):
                blocks.append(CellBlock(self._memory, spec, graph, slot, channels, height, width))
                slot += CELL_SLOTS
        # Where the cell does not read its input, all that lies before the last cell has no effect.
        self._stem = stem if graph.reads_input else None
        self._blocks = blocks if graph.reads_input else blocks[-1:]
        self._last = (height, width, channels)
        self._norm = Norm(self._memory, channels)
        values = initial(spec.stream, slot, (channels + 1) * spec.classes, channels)
        self._head = self._memory.add((spec.classes, channels), values[: channels * spec.classes])
        self._head_bias = self._memory.add((spec.classes,), values[channels * spec.classes :])
        self._memory.seal()

    def train_batch(self, x: Tensor, y: Tensor, lr: float) -> tuple[float, int]:
        """One step of SGD on images `(b, h, w, c)`; the sum of the batch's losses and the number of hits before the step."""
        loss, hits, g = _cross_entropy(self._forward(x), y)
        self._backward(g)
        self._memory.step(lr, self._spec.momentum, self._spec.weight_decay)
        return loss, hits

    def state(self) -> dict[str, Tensor]:
        """See :class:`generators.saves.Resumable`."""
        return self._memory.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """See :class:`generators.saves.Resumable`."""
        copy_into(self._memory.state(), state)

    def fold(self) -> None:
        """Prepare `evaluate` with the parameters as they are now."""
        for layer in (self._stem, *self._blocks, self._norm):
            if layer is not None:
                layer.fold()

    def evaluate(self, x: Tensor, y: Tensor) -> tuple[float, int]:
        """The sum of the losses and the number of hits in eval mode, after `fold`."""
        x = self._entry(x) if self._stem is None else self._stem.evaluate(x)
        for block in self._blocks:
            x = block.evaluate(x)
        features = (x * self._norm.scale).add_(self._norm.shift).relu_()
        loss, hits, _ = _cross_entropy(self._logits(_average(features)), y)
        return loss, hits

    def _entry(self, x: Tensor) -> Tensor:
        return x.new_zeros(len(x), *self._last)

    def _logits(self, features: Tensor) -> Tensor:
        return torch.addmm(self._head_bias.value, features, self._head.value.t())

    def _forward(self, x: Tensor) -> Tensor:
        x = self._entry(x) if self._stem is None else self._stem.norm.apply(self._stem.forward(x))
        for block in self._blocks:
            x = block.forward(x)
        self._last_output = (x - self._norm.guess).view(x.shape)
        self._norm.observe(self._last_output)
        self._active = self._norm.apply(self._last_output).relu_()
        self._features = _average(self._active)
        return self._logits(self._features)

    def _backward(self, g: Tensor) -> None:
        torch.mm(g.t(), self._features, out=self._head.grad)
        torch.sum(g, 0, out=self._head_bias.grad)
        height, width, _ = self._last
        pixels = torch.mm(g, self._head.value).mul_(1.0 / (height * width))
        back = relu_backward_(pixels[:, None, None, :].expand_as(self._active).contiguous(), self._active)
        back = self._norm.backward(back, self._last_output) * self._norm.scale
        for block in reversed(self._blocks):
            back = block.backward(back)
            if back is None:
                return
        if self._stem is not None:
            self._stem.backward(back)


def _average(x: Tensor) -> Tensor:
    """The mean over the pixels, `(n, c)`."""
    n, height, width, channels = x.shape
    return x.view(n, height * width, channels).sum(1).mul_(1.0 / (height * width))


def _cross_entropy(logits: Tensor, y: Tensor) -> tuple[float, int, Tensor]:
    """The sum of the losses, the number of hits, and the gradient of the mean loss by the logits."""
    log_p = torch.log_softmax(logits, 1)
    loss = -float(log_p.gather(1, y[:, None]).sum(dtype=torch.float64))
    hits = int((logits.argmax(1) == y).sum())
    g = log_p.exp_()
    g[torch.arange(len(y)), y] -= 1.0
    return loss, hits, g.mul_(1.0 / len(y))
