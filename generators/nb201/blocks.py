"""The blocks of the network with their own backward pass: cell and reduction."""

import torch
from torch import Tensor

from generators.nb201.draws import initial
from generators.nb201.graph import CellGraph, Sum
from generators.nb201.kernels import box_mean, channel_sum, conv, conv_backward, relu_backward_, tile, wide
from generators.nb201.layers import ConvNorm, Norm
from generators.nb201.memory import Memory
from generators.nb201.spec import NB201Spec

__all__ = ["CellBlock", "ReductionBlock"]


class CellBlock:
    """A cell on images `(n, height, width, channels)`, which it answers with such images.

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
        self._groups = [ConvNorm(memory, spec, [slot + e for e in group.edges], channels, channels, group.kernel) for group in graph.groups]
        self._constants = {e: Norm(memory, channels) for s in graph.sums for e in s.constants}
        self._sums = {s.node: s for s in graph.sums}
        self._target = {place: s.node for s in graph.sums for place in s.convs}
        self._alone = [len(group.edges) == 1 for group in graph.groups]
        ones = torch.ones(1, height, width, channels, dtype=memory.dtype)
        unit = torch.ones(height * width * channels, dtype=memory.dtype)
        self._inverse_count = 1.0 / box_mean(ones, unit).view(-1)

    def forward(self, x: Tensor) -> Tensor:
        """The output in train mode."""
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
        for node in range(4):
            if node in self._sums:
                nodes[node] = self._sum(self._sums[node], nodes, outputs, x, train)
            for g, group in enumerate(self._graph.groups):
                if group.source == node:
                    outputs[g] = self._convolve(g, node, nodes[node], train)
        return torch.zeros_like(x) if self._graph.output is None else nodes[self._graph.output]

    def _convolve(self, g: int, node: int, x: Tensor, train: bool) -> Tensor:
        """What group `g` answers, `(n, h, w, k c)` for its k edges; in train mode a lone convolution's normalisation is left to `_sum`."""
        layer = self._groups[g]
        if not train:
            return layer.evaluate(torch.relu(x))
        if node not in self._relus:
            self._relus[node] = torch.relu(x)
        y = layer.forward(self._relus[node])
        return y if self._alone[g] else layer.norm.apply(y)

    def _sum(self, s: Sum, nodes: dict[int, Tensor], outputs: dict[int, Tensor], x: Tensor, train: bool) -> Tensor:
        """The value of a node, in the shape of `x`, from those of earlier nodes and the outputs of their groups, both by number."""
        raw = [g for g, _ in s.convs if train and self._alone[g]]
        parts = [outputs[g][..., p * self._channels : (p + 1) * self._channels] for g, p in s.convs if g not in raw]
        if s.pools:
            pooled = nodes[s.pools[0]]
            for source in s.pools[1:]:
                pooled = pooled + nodes[source]
            parts.append(box_mean(pooled, self._inverse_count))
        bias = [self._groups[g].norm.shift for g in raw] + [self._constants[e].bias.value for e in s.constants]
        total = self._affine(raw, outputs, torch.stack(bias).sum(0), x) if bias else None
        parts += [nodes[source] for source in s.skips]
        if total is None:
            total = parts[0].contiguous() if len(parts) == 1 else parts[0] + parts[1]
            parts = parts[2:]
        for part in parts:
            total += part
        return total

    def _affine(self, raw: list[int], outputs: dict[int, Tensor], bias: Tensor, x: Tensor) -> Tensor:
        """The sum of normalised convolutions and constants, in the shape of `x`; `bias`, `(c,)`, is all that does not depend on the image."""
        if not raw:
            return bias.expand(x.shape).contiguous()
        first, *others = ((wide(outputs[g]), self._groups[g].norm.scale) for g in raw)
        total = torch.addcmul(tile(bias, first[0]), first[0], tile(first[1], first[0]))
        for rows, scale in others:
            total.addcmul_(rows, tile(scale, rows))
        return total.view(x.shape)

    def backward(self, g: Tensor) -> Tensor | None:
        """The gradient of the input, or None where the output does not depend on it, from that of the output; writes the parameters'."""
        grads = _Gradients()
        if self._graph.output is not None:
            grads.add(self._graph.output, g, fresh=False)
        for node in (3, 2, 1, 0):
            back: Tensor | None = None
            for i, group in enumerate(self._graph.groups):
                if group.source == node:
                    targets = [self._target[i, p] for p in range(len(group.edges))]
                    part = self._convolve_backward(i, grads, targets)
                    back = part if back is None or part is None else back.add_(part)
            if back is not None:
                grads.add(node, relu_backward_(back, self._relus[node]), fresh=True)
            if node in self._sums:
                self._distribute(self._sums[node], grads)
        return grads.get(0)

    def _convolve_backward(self, i: int, grads: "_Gradients", targets: list[int]) -> Tensor | None:
        sums = [grads.pixel_sum(t) for t in targets]
        if len(targets) == 1:
            return self._groups[i].backward(grads[targets[0]], sums[0])
        return self._groups[i].backward(torch.cat([grads[t] for t in targets], 3), torch.cat(sums))

    def _distribute(self, s: Sum, grads: "_Gradients") -> None:
        g = grads[s.node]
        for source in s.skips:
            grads.add(source, g, fresh=False)
        if s.pools:
            pooled = box_mean(g, self._inverse_count, transposed=True)
            for source in s.pools:
                grads.add(source, pooled, fresh=len(s.pools) == 1)
        for e in s.constants:
            self._constants[e].bias.grad.copy_(grads.pixel_sum(s.node))


class _Gradients:
    """The gradients of a cell's nodes, `(n, h, w, c)` each. A node's is complete once all that read the node have added to it."""

    def __init__(self) -> None:
        self._grads: dict[int, Tensor] = {}
        self._owned: set[int] = set()
        self._pixel_sums: dict[int, Tensor] = {}

    def __getitem__(self, node: int) -> Tensor:
        return self._grads[node]

    def get(self, node: int) -> Tensor | None:
        """The node's gradient, or None where nothing was added."""
        return self._grads.get(node)

    def add(self, node: int, part: Tensor, fresh: bool) -> None:
        """Add to a node's gradient; a fresh part belongs to nobody else and may be written to."""
        if node not in self._grads:
            self._grads[node] = part
            self._owned.update([node] if fresh else [])
        elif node in self._owned:
            self._grads[node] += part
        else:
            self._grads[node] = self._grads[node] + part
            self._owned.add(node)

    def pixel_sum(self, node: int) -> Tensor:
        """The sum of a complete gradient over the pixels, `(c,)`, taken once."""
        if node not in self._pixel_sums:
            g = self._grads[node]
            self._pixel_sums[node] = channel_sum(wide(g), g.shape[-1])
        return self._pixel_sums[node]


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
        """The gradient of the input, `(n, h, w, c)`, from that of the output, `(n, h / 2, w / 2, 2 c)`; writes those of the parameters."""
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
        """The same in eval mode, after `fold`."""
        middle = self._first.evaluate(torch.relu(x)).relu_()
        return self._second.evaluate(middle).add_(conv(_halve(x), self._shortcut.value))


def _halve(x: Tensor) -> Tensor:
    """The average over 2x2 blocks, `(n, h, w, c)` to `(n, h / 2, w / 2, c)`."""
    n, height, width, channels = x.shape
    rows = x.view(n, height // 2, 2, width * channels)
    pairs = (rows[:, :, 0] + rows[:, :, 1]).view(n, height // 2, width // 2, 2, channels)
    return (pairs[..., 0, :] + pairs[..., 1, :]).mul_(0.25)
