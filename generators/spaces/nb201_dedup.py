"""Which cells of NAS-Bench-201 compute the same function.

Two answers. The published one (6,466 strings) prints shared and separate weights alike and so merges cells that differ;
the exact one (5,875 classes) removes zeros, flattens sums through skip connections, and tells shared weights from separate ones.
A convolution of zero is its batch normalisation's bias, which trains, and so is kept.
"""

from functools import cache
from typing import Literal

from generators.spaces.nb201_cell import EDGES, Cell, all_cells

__all__ = ["Dedup", "exact_class", "is_constant", "members", "unique_string"]

Dedup = Literal["none", "nb201", "exact"]


def unique_string(cell: Cell) -> str:
    """The string whose 6,466 values are the published count: ``to_unique_str(consider_zero=True)`` of NATS-Bench."""
    nodes = ["0"]
    for target in (1, 2, 3):
        terms = []
        for (a, b), op in zip(EDGES, cell, strict=True):
            if b != target:
                continue
            if op == "none" or nodes[a] == "#":
                terms.append("#")
            else:
                terms.append(nodes[a] if op == "skip_connect" else f"({nodes[a]})@{op}")
        nodes.append("+".join(sorted(terms)))
    return nodes[-1]


def exact_class(cell: Cell) -> str:
    """The function of a cell as a canonical expression; equal exactly where two cells can only compute equal functions.

    ``x`` is the input, ``1(..)``, ``3(..)`` a convolution and ``p(..)`` a pooling of a sum. Only the operation of edge 0->1 can occur
    more than once in the output, for only node 1 has several outgoing edges behind an operation: where it is a convolution and does,
    ``@`` marks that its occurrences share their weights.
    """
    shared = _expression(cell, mark="@")
    return shared if shared.count("@") > 1 else _expression(cell, mark="")


def is_constant(cell: Cell) -> bool:
    """Whether the input does not reach the output (341 cells): the network answers the same whatever the image."""
    return "x" not in exact_class(cell)


@cache
def members(dedup: Dedup) -> tuple[Cell, ...]:
    """The first cell of each class in official order; all of them for ``"none"``."""
    if dedup == "none":
        return all_cells()
    key = unique_string if dedup == "nb201" else exact_class
    first: dict[str, Cell] = {}
    for cell in all_cells():
        first.setdefault(key(cell), cell)
    return tuple(first.values())


def _expression(cell: Cell, mark: str) -> str:
    nodes: list[list[str]] = [["x"]]
    for target in (1, 2, 3):
        terms: list[str] = []
        for (a, b), op in zip(EDGES, cell, strict=True):
            if b != target or op == "none":
                continue
            inner = "+".join(nodes[a])
            if op == "skip_connect":
                terms += nodes[a]
            elif op == "avg_pool_3x3":
                terms += [f"p({inner})"] if inner else []
            else:
                terms.append(f"{mark if target == 1 else ''}{op[-1]}({inner})")
        nodes.append(sorted(terms))
    return "+".join(nodes[-1])
