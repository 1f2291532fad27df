"""The networks of NAS-Bench-201 as plain modules: the reference that the fast path is tested against, and what runs on a GPU.

Source: `tiny_network.py` and `cell_operations.py` of D-X-Y/AutoDL-Projects (MIT); Dong and Yang, arXiv 2001.00326.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generators.nb201.draws import initial
from generators.spaces.nb201_cell import EDGES, Cell
from nasbench_lc.seeding import Stream

__all__ = ["CellNetwork", "initialise", "slots"]

CELL_SLOTS = len(EDGES)
REDUCTION_SLOTS = 3


class ConvUnit(nn.Module):
    """ReLU, convolution without bias, batch normalisation."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        """`(n, c_in, h, w)` to `(n, c_out, h / stride, w / stride)`."""
        return self.bn(self.conv(F.relu(x)))


class CellModule(nn.Module):
    """Four nodes, each the sum of its incoming edges; the output is the last."""

    def __init__(self, cell: Cell, channels: int) -> None:
        super().__init__()
        self.cell = cell
        self.convs = nn.ModuleDict(
            {str(e): ConvUnit(channels, channels, int(op[-1])) for e, op in enumerate(cell) if op.startswith("nor_conv")}
        )

    def forward(self, x: Tensor) -> Tensor:
        """`(n, c, h, w)` to the same shape."""
        nodes = [x, torch.zeros_like(x), torch.zeros_like(x), torch.zeros_like(x)]
        for e, ((a, b), op) in enumerate(zip(EDGES, self.cell, strict=True)):
            if op == "skip_connect":
                nodes[b] = nodes[b] + nodes[a]
            elif op == "avg_pool_3x3":
                nodes[b] = nodes[b] + F.avg_pool2d(nodes[a], 3, 1, 1, count_include_pad=False)
            elif op != "none":
                nodes[b] = nodes[b] + self.convs[str(e)](nodes[a])
        return nodes[3]


class Reduction(nn.Module):
    """A residual block that halves the image and doubles the channels."""

    def __init__(self, c_in: int) -> None:
        super().__init__()
        self.first = ConvUnit(c_in, 2 * c_in, 3, stride=2)
        self.second = ConvUnit(2 * c_in, 2 * c_in, 3)
        self.shortcut = nn.Conv2d(c_in, 2 * c_in, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(n, c, h, w)` to `(n, 2 c, h / 2, w / 2)`."""
        return self.second(self.first(x)) + self.shortcut(F.avg_pool2d(x, 2, 2))


class CellNetwork(nn.Module):
    """Stem, three stages of equal cells with a reduction between them, batch normalisation, ReLU, global average, linear map.

    Arguments:
        cell: The operations of a cell's six edges.
        colours: Channels of the images.
        classes: Number of classes.
        channels: Channels of the first stage.
        cells: Cells in each stage.
    """

    def __init__(self, cell: Cell, colours: int, classes: int, channels: int, cells: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(colours, channels, 3, padding=1, bias=False)
        self.stem_bn = nn.BatchNorm2d(channels)
        blocks: list[CellModule | Reduction] = []
        for stage in range(3):
            if stage:
                blocks.append(Reduction(channels * 2 ** (stage - 1)))
            blocks += [CellModule(cell, channels * 2**stage) for _ in range(cells)]
        self.blocks = nn.ModuleList(blocks)
        self.head_bn = nn.BatchNorm2d(4 * channels)
        self.head = nn.Linear(4 * channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Images `(n, colours, h, w)` to logits `(n, classes)`."""
        x = self.stem_bn(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(F.relu(self.head_bn(x)).mean((2, 3)))


def slots(network: CellNetwork) -> list[tuple[int, nn.Conv2d | nn.Linear]]:
    """Each weighted layer with the number of its INIT stream: 0 for the stem; then six for a cell, one per edge whatever its operation,
    and three for a reduction (first, second, shortcut), in order of the blocks; then the linear map."""
    found: list[tuple[int, nn.Conv2d | nn.Linear]] = [(0, network.stem)]
    slot = 1
    for block in network.blocks:
        if isinstance(block, CellModule):
            found += [(slot + int(e), unit.conv) for e, unit in block.convs.items() if isinstance(unit, ConvUnit)]
            slot += CELL_SLOTS
        elif isinstance(block, Reduction):
            found += [(slot, block.first.conv), (slot + 1, block.second.conv), (slot + 2, block.shortcut)]
            slot += REDUCTION_SLOTS
    return [*found, (slot, network.head)]


def initialise(network: CellNetwork, stream: Stream) -> None:
    """PyTorch's default distributions from a run's own streams (see :func:`generators.nb201.draws.initial`); the weight's first."""
    for slot, layer in slots(network):
        bias = 0 if layer.bias is None else layer.bias.numel()
        n, fan_in = layer.weight.numel(), layer.weight[0].numel()
        values = torch.from_numpy(initial(stream, slot, n + bias, fan_in))
        with torch.no_grad():
            layer.weight.copy_(values[:n].view_as(layer.weight))
            if layer.bias is not None:
                layer.bias.copy_(values[n:])
