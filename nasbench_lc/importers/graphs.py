"""The two shapes of foreign networks: cells of four nodes with an operation on every edge, and chains."""

from collections.abc import Callable, Sequence

from nasbench_lc.architecture import Architecture, Node

__all__ = ["Edges", "cell_graph", "chain", "function_class"]

Edges = Sequence[tuple[int, int]]
"""The edges (source, target) of a cell between its nodes 0 (input) to 3 (output), in the order in which the source lists their operations."""


def cell_graph(space: str, edges: Edges, ops: Sequence[str], string: str) -> Architecture:
    """A cell as a graph whose nodes are its operations: input, the operations in edge order, output.

    The operation on edge (a, b) feeds every operation on an edge (b, c); those from 0 read the input, those to 3 feed the output.
    Nodes are numbered in the order of their edges, which must be topological: no edge may stand before one that feeds it.
    """
    last = len(edges) + 1
    links = [(0, 1 + e) for e, (a, _) in enumerate(edges) if a == 0]
    links += [(1 + e, 1 + f) for e, (_, b) in enumerate(edges) for f, (a, _) in enumerate(edges) if a == b]
    links += [(1 + e, last) for e, (_, b) in enumerate(edges) if b == 3]
    return Architecture(space, (Node("input"), *map(Node, ops), Node("output")), tuple(sorted(links)), string)


def chain(space: str, hidden: Sequence[Node], string: str) -> Architecture:
    """Input, hidden nodes, output, each joined to the next."""
    nodes = (Node("input"), *hidden, Node("output"))
    return Architecture(space, nodes, tuple((i, i + 1) for i in range(len(nodes) - 1)), string)


def function_class(edges: Edges, ops: Sequence[str], apply: Callable[[str, str, str], str]) -> str:
    """The function of a cell as a canonical expression: two cells with one expression can only compute equal functions.

    ``none`` is zero and ``skip_connect`` the identity, so sums are flattened through it, and what does not reach the output does not
    occur. Only the operation of edge (0, 1) can occur more than once, for only node 1 has several outgoing edges behind an operation: where it
    does, ``@`` marks that its occurrences share their weights, which sets them apart from equal operations with weights of their own.

    Arguments:
        edges: The six edges.
        ops: Their operations.
        apply: (operation, the sum that it is applied to, ``""`` for zero, mark) to the text of the result, ``""`` where that is zero; an
            operation with weights puts the mark in front.
    """
    shared = _expression(edges, ops, apply, "@")
    return shared if shared.count("@") > 1 else _expression(edges, ops, apply, "")


def _expression(edges: Edges, ops: Sequence[str], apply: Callable[[str, str, str], str], mark: str) -> str:
    nodes: list[list[str]] = [["x"]]
    for target in (1, 2, 3):
        terms: list[str] = []
        for (a, b), op in zip(edges, ops, strict=True):
            if b != target or op == "none":
                continue
            if op == "skip_connect":
                terms += nodes[a]
            elif term := apply(op, "+".join(nodes[a]), mark if target == 1 else ""):
                terms.append(term)
        nodes.append(sorted(terms))
    return "+".join(nodes[-1])
