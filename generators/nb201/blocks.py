"""The blocks of the network with their own backward pass: cell and reduction."""

import torch
from torch import Tensor

from generators.nb201.draws import initial
from generators.nb201.graph import CellGraph, Sum
from generators.nb201.kernels import box_mean, channel_sum, conv, conv_backward, relu_backward_, wide
from generators.nb201.layers import ConvNorm, Norm
from generators.nb201.memory import Memory
from generators.nb201.network import CELL_SLOTS
from generators.nb201.spec import NB201Spec

__all__ = ["CellBlock", "ReductionBlock"]


class CellBlock:
    """A cell on images of one size.

    Arguments:
        memory: Where the parameters live.
        spec: The run.
        graph: What of the cell must be computed.
        slot: The INIT stream of its first edge.
        channels: Channels of every node.
        height: Of the images.
        width: Of the images.
    """

    def __init__(self, memory: Memory, spec: NB201Spec, graph: CellGraph, slot: int, channels: int, height: int, width: int) -> None:
        self._graph, self._channels = graph, channels
        self._groups = [
            ConvNorm(memory, spec, [slot + e for e in group.edges], channels, channels, group.kernel) for group in graph.groups
        ]
        self._constants = {e: Norm(memory, channels) for s in graph.sums for e in s.constants}
        ones = torch.ones(1, height, width, channels, dtype=memory.dtype)
        unit = torch.ones(height * width * channels, dtype=memory.dtype)
        self._inverse_count = 1.0 / box_mean(ones, unit).view(-1)

    def forward(self, x: Tensor) -> Tensor:
        """Images to images of the same shape, in train mode."""
        self._relus: dict[int, Tensor] = {}
        return self._run(x, train=True)

    def evaluate(self, x: Tensor) -> Tensor:
        """The same in eval mode, after `fold`."""
        return self._run(x, train=False)

    def fold(self) -> None:
        """Prepare `evaluate`."""
        for group in self._groups:
            group.fold()

    def _run(self, x: Tensor, train: bool) -> Tensor:
        nodes, outputs = {0: x}, {}
        sums = {s.node: s for s in self._graph.sums}
        for node in range(4):
            if node in sums:
                nodes[node] = self._sum(sums[node], nodes, outputs, x)
            for g, group in enumerate(self._graph.groups):
                if group.source == node:
                    outputs[g] = self._convolve(g, node, nodes[node], train)
        return torch.zeros_like(x) if self._graph.output is None else nodes[self._graph.output]

    def _convolve(self, g: int, node: int, x: Tensor, train: bool) -> Tensor:
        layer = self._groups[g]
        if not train:
            return layer.evaluate(torch.relu(x))
        if node not in self._relus:
            self._relus[node] = torch.relu(x)
        return layer.norm.apply(layer.forward(self._relus[node]))

    def _sum(self, s: Sum, nodes: dict[int, Tensor], outputs: dict[int, Tensor], x: Tensor) -> Tensor:
        parts = [outputs[g][..., p * self._channels : (p + 1) * self._channels] for g, p in s.convs]
        if s.pools:
            pooled = nodes[s.pools[0]]
            for source in s.pools[1:]:
                pooled = pooled + nodes[source]
            parts.append(box_mean(pooled, self._inverse_count))
        own = bool(parts)
        total = parts[0].contiguous() if parts else None
        for part in parts[1:]:
            assert total is not None
            total += part
        for source in s.skips:
            total = nodes[source] if total is None else (total.add_(nodes[source]) if own else total + nodes[source])
            own = own or total is not nodes[source]
        if s.constants:
            bias = torch.stack([self._constants[e].bias.value for e in s.constants]).sum(0)
            total = bias.expand(x.shape).contiguous() if total is None else total + bias
        assert total is not None
        return total

    def backward(self, g: Tensor) -> Tensor | None:
        """The gradient of the input, or None where the output does not depend on it; writes those of the parameters."""
        grads: dict[int, Tensor] = {} if self._graph.output is None else {self._graph.output: g}
        owned: set[int] = set()

        def accumulate(node: int, part: Tensor, fresh: bool) -> None:
            if node not in grads:
                grads[node] = part
                owned.update([node] if fresh else [])
            elif node in owned:
                grads[node] += part
            else:
                grads[node] = grads[node] + part
                owned.add(node)

        sums = {s.node: s for s in self._graph.sums}
        target = {place: s.node for s in self._graph.sums for place in s.convs}
        for node in (3, 2, 1, 0):
            back: Tensor | None = None
            for i, group in enumerate(self._graph.groups):
                if group.source == node:
                    parts = [grads[target[i, p]] for p in range(len(group.edges))]
                    part = self._groups[i].backward(parts[0] if len(parts) == 1 else torch.cat(parts, 3))
                    back = part if back is None or part is None else back.add_(part)
            if back is not None:
                accumulate(node, relu_backward_(back, self._relus[node]), fresh=True)
            if node in sums:
                self._distribute(sums[node], grads, accumulate)
        return grads.get(0)

    def _distribute(self, s: Sum, grads: dict[int, Tensor], accumulate) -> None:
        g = grads[s.node]
        for source in s.skips:
            accumulate(source, g, fresh=False)
        if s.pools:
            pooled = box_mean(g, self._inverse_count, transposed=True)
            for source in s.pools:
                accumulate(source, pooled, fresh=len(s.pools) == 1)
        if s.constants:
            total = channel_sum(wide(g), self._channels)
            for e in s.constants:
                self._constants[e].bias.grad.copy_(total)


class ReductionBlock:
    """The residual block that halves the images and doubles the channels.

    Arguments:
        memory: Where the parameters live.
        spec: The run.
        slot: The INIT stream of its first convolution.
        c_in: Input channels.
    """

    def __init__(self, memory: Memory, spec: NB201Spec, slot: int, c_in: int) -> None:
        c_out = 2 * c_in
        self._first = ConvNorm(memory, spec, [slot], c_in, c_out, 3, stride=2)
        self._second = ConvNorm(memory, spec, [slot + 1], c_out, c_out, 3)
        self._shortcut = memory.add((c_out, c_in, 1, 1), initial(spec.stream, slot + 2, c_out * c_in, c_in))

    def forward(self, x: Tensor) -> Tensor:
        """`(n, h, w, c)` to `(n, h / 2, w / 2, 2 c)` in train mode."""
        self._relu = torch.relu(x)
        first = self._first.forward(self._relu)
        self._middle = self._first.norm.apply(first).relu_()
        second = self._second.forward(self._middle)
        self._pooled = _halve(x)
        return self._second.norm.apply(second).add_(conv(self._pooled, self._shortcut.value))

    def backward(self, g: Tensor) -> Tensor:
        """The gradient of the input; writes those of the parameters."""
        middle = self._second.backward(g)
        assert middle is not None
        back = self._first.backward(relu_backward_(middle, self._middle))
        assert back is not None
        relu_backward_(back, self._relu)
        pooled, gw = conv_backward(g, self._pooled, self._shortcut.value)
        assert pooled is not None
        self._shortcut.grad.copy_(gw)
        n, height, width, channels = pooled.shape
        twice = pooled.mul_(0.25).unsqueeze(3).expand(n, height, width, 2, channels).reshape(n, height, 1, 2 * width * channels)
        back.view(n, height, 2, 2 * width * channels).add_(twice)
        return back

    def fold(self) -> None:
        """Prepare `evaluate`."""
        self._first.fold()
        self._second.fold()

    def evaluate(self, x: Tensor) -> Tensor:
        """The same as `forward` in eval mode, after `fold`."""
        middle = self._first.evaluate(torch.relu(x)).relu_()
        return self._second.evaluate(middle).add_(conv(_halve(x), self._shortcut.value))


def _halve(x: Tensor) -> Tensor:
    """The average over 2x2 blocks."""
    n, height, width, channels = x.shape
    rows = x.view(n, height // 2, 2, width * channels)
    pairs = (rows[:, :, 0] + rows[:, :, 1]).view(n, height // 2, width // 2, 2, channels)
    return (pairs[..., 0, :] + pairs[..., 1, :]).mul_(0.25)
