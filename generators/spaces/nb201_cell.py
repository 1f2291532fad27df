"""The cells of NAS-Bench-201: their grammar, their order and their graph.

Source: Dong and Yang, "NAS-Bench-201", ICLR 2020, arXiv 2001.00326, and its code (D-X-Y/AutoDL-Projects, MIT).
"""

import itertools
import random
import re
from functools import cache

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.errors import FormatError

__all__ = ["EDGES", "OPS", "Cell", "all_cells", "cell_string", "parse", "to_architecture", "to_cell"]

Cell = tuple[str, ...]
"""The names of six operations, one for each of :data:`EDGES`."""

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""The operations in official order."""

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""The edges (source, target) between the four nodes of a cell, in official order; a node is the sum of its incoming edges."""

_CELL = re.compile(r"\|(\w+)~0\|\+\|(\w+)~0\|(\w+)~1\|\+\|(\w+)~0\|(\w+)~1\|(\w+)~2\|")
_GRAPH = tuple(sorted(
    [(0, 1 + e) for e, (a, _) in enumerate(EDGES) if a == 0]
    + [(1 + e, 1 + f) for e, (_, b) in enumerate(EDGES) for f, (a, _) in enumerate(EDGES) if a == b]
    + [(1 + e, 1 + len(EDGES)) for e, (_, b) in enumerate(EDGES) if b == 3]
))  # fmt: skip


def cell_string(cell: Cell) -> str:
    """The official way to write a cell: ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``, where ``~k`` names the source node."""
    return "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*cell)


def parse(text: str) -> Cell:
    """The inverse of :func:`cell_string`.

    Raises:
        FormatError: If the text does not follow the grammar or names an unknown operation.
    """
    match = _CELL.fullmatch(text)
    if match is None or not set(match.groups()) <= set(OPS):
        raise FormatError(
            f"A NAS-Bench-201 cell must read |op~0|+|op~0|op~1|+|op~0|op~1|op~2| with op one of {', '.join(OPS)}; "
            f"got {text[:160]!r}. Correct the string."
        )
    return match.groups()


@cache
def all_cells() -> tuple[Cell, ...]:
    """All 15,625 cells in official index order (enumerated, then shuffled with Python's generator at seed 88)."""
    cells = list(itertools.product(OPS, repeat=len(EDGES)))
    random.Random(88).shuffle(cells)
    return tuple(cells)


def to_architecture(cell: Cell) -> Architecture:
    """The cell as a graph of 8 nodes: input, the operations of the six edges in official order, output."""
    nodes = (Node.of("input"), *(Node.of(op) for op in cell), Node.of("output"))
    return Architecture("nb201", nodes, _GRAPH, cell_string(cell))


def to_cell(architecture: Architecture) -> Cell:
    """The inverse of :func:`to_architecture`.

    Raises:
        FormatError: If the architecture is not a cell of this space.
    """
    cell = tuple(node.op for node in architecture.nodes[1:-1])
    if architecture.space != "nb201" or architecture.edges != _GRAPH or not set(cell) <= set(OPS):
        raise FormatError(f"The architecture must be a cell of the space nb201; got {architecture.json[:160]}. Use to_architecture.")
    return cell
