"""What of a cell must be computed: dead operations gone, equal nodes merged, convolutions of one input joined.

Nothing here changes the function of a cell or its gradients, only the order of sums. A convolution of zero is not dead: its batch
normalisation answers its bias, which trains.
"""

from dataclasses import dataclass

from generators.spaces.nb201_cell import EDGES, Cell

__all__ = ["CellGraph", "Group", "Sum", "simplify"]


@dataclass(frozen=True)
class Group:
    """3x3 convolutions that read one node, as a single one with the output channels of all; or one 1x1 convolution.

    On a CPU a 3x3 convolution with 16 output channels takes hardly longer than with 8; for 1x1 the gain is less than taking them apart again.

    Arguments:
        source: The node that they read.
        kernel: 1 or 3.
        edges: The edges, ascending.
    """

    source: int
    kernel: int
    edges: tuple[int, ...]


@dataclass(frozen=True)
class Sum:
    """A node that is computed.

    Arguments:
        node: Its number, 1 .. 3.
        convs: (index of the group, position of the edge in it) of each convolution that ends here.
        constants: The edges whose convolution reads zero.
        skips: The nodes that are added as they are; one may come twice.
        pools: The nodes that are added pooled.
    """

    node: int
    convs: tuple[tuple[int, int], ...]
    constants: tuple[int, ...]
    skips: tuple[int, ...]
    pools: tuple[int, ...]


@dataclass(frozen=True)
class CellGraph:
    """The computation of a cell.

    Arguments:
        sums: The nodes that are computed, ascending.
        groups: The convolutions, ascending by source.
        output: The node that is the output; None where the output is zero.
        reads_input: Whether the output depends on the input.
    """

    sums: tuple[Sum, ...]
    groups: tuple[Group, ...]
    output: int | None
    reads_input: bool


def simplify(cell: Cell) -> CellGraph:
    """The computation of a cell (see above)."""
    live = _live_edges(cell)
    same = {0: 0}  # node to the earlier node that it equals
    for node in (1, 2, 3):
        incoming = [e for e in live if EDGES[e][1] == node]
        if incoming:
            lone_skip = len(incoming) == 1 and cell[incoming[0]] == "skip_connect"
            same[node] = same[EDGES[incoming[0]][0]] if lone_skip else node
    convs: dict[tuple[int, int, int], list[int]] = {}
    for e in live:
        if cell[e].startswith("nor_conv") and EDGES[e][0] in same:
            kernel = int(cell[e][-1])
            convs.setdefault((same[EDGES[e][0]], kernel, 0 if kernel == 3 else e), []).append(e)
    groups = tuple(Group(source, kernel, tuple(edges)) for (source, kernel, _), edges in sorted(convs.items()))
    place = {e: (g, p) for g, group in enumerate(groups) for p, e in enumerate(group.edges)}
    sums = []
    for node in (1, 2, 3):
        if same.get(node) != node:
            continue
        incoming = [e for e in live if EDGES[e][1] == node]
        sums.append(
            Sum(
                node,
                convs=tuple(place[e] for e in incoming if e in place),
                constants=tuple(e for e in incoming if cell[e].startswith("nor_conv") and e not in place),
                skips=tuple(same[EDGES[e][0]] for e in incoming if cell[e] == "skip_connect"),
                pools=tuple(same[EDGES[e][0]] for e in incoming if cell[e] == "avg_pool_3x3"),
            )
        )
    output = same.get(3)
    used = {0} if output == 0 else set()
    used.update(g.source for g in groups)
    for s in sums:
        used.update(s.skips, s.pools)
    return CellGraph(tuple(sums), groups, output, reads_input=0 in used)


def _live_edges(cell: Cell) -> list[int]:
    """The edges that carry something on to the output: neither zero nor thrown away."""
    filled = {0}
    for e, (a, b) in enumerate(EDGES):
        if cell[e].startswith("nor_conv") or (cell[e] != "none" and a in filled):
            filled.add(b)
    live: list[int] = []
    useful = {3}
    for e in sorted(range(len(EDGES)), key=lambda e: -EDGES[e][1]):
        a, b = EDGES[e]
        if b in useful and (cell[e].startswith("nor_conv") or (cell[e] != "none" and a in filled)):
            live.append(e)
            if a in filled:
                useful.add(a)
    return sorted(live)
