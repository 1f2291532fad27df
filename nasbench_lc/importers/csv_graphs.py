"""The architectures of a user's log: whatever text stands in its column `arch`."""

import hashlib
import re
from collections.abc import Sequence

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.importers.graphs import cell_graph, chain, function_class

__all__ = ["graph_of", "readings"]

_WIDTHS = re.compile(r"[1-9]\d{0,5}(-[1-9]\d{0,5}){0,99}")
_OP = r"(none|skip_connect|nor_conv_1x1|nor_conv_3x3|avg_pool_3x3)"
_CELL = re.compile(rf"\|{_OP}~0\|\+\|{_OP}~0\|{_OP}~1\|\+\|{_OP}~0\|{_OP}~1\|{_OP}~2\|")
_EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))


def graph_of(text: str) -> tuple[Architecture, str]:
    """The graph that a text stands for, and its group (empty where that is the graph's own key).

    ``64-128`` are the widths of a perceptron, ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`` a cell of NAS-Bench-201, both as the spaces of
    those names have them. Any other text is an unknown network, one node that carries it; no text is input and output, nothing between.
    """
    if not text:
        return chain("csv", (), ""), ""
    if _WIDTHS.fullmatch(text):
        return chain("mlp", [Node.of("linear", units=int(width)) for width in text.split("-")], text), ""
    if match := _CELL.fullmatch(text):
        cell = cell_graph("nb201", _EDGES, match.groups(), text)
        return cell, hashlib.sha256(f"nb201/exact/1/{function_class(_EDGES, match.groups(), _nb201)}".encode()).hexdigest()
    return chain("csv", [Node.of("unknown", text=text)], text), ""


def readings(graphs: Sequence[Architecture]) -> list[str]:
    """How :func:`graph_of` took the texts of a log: one sentence, and advice where its widths may be ids; none where there is no text."""
    texts = {space: list(dict.fromkeys(g.string for g in graphs if g.string and g.space == space)) for space in ("mlp", "nb201", "csv")}
    widths, cells, unknown = texts.values()
    taken = [f"{len(widths)} as hidden widths of perceptrons (such as {widths[0][:40]})"] if widths else []
    taken += [f"{len(cells)} as NAS-Bench-201 cells"] if cells else []
    taken += [f"{len(unknown)} as unknown networks (such as {unknown[0][:40]})"] if unknown else []
    notes = [f"Architectures were read by the form of their texts: {', '.join(taken)}."] if taken else []
    if widths and all(map(str.isdigit, widths)):
        notes.append(f"Every width is a single number; where these are ids, write a letter in front (a{widths[0]}).")
    return notes


def _nb201(op: str, inner: str, mark: str) -> str:
    if op == "avg_pool_3x3":
        return f"p({inner})" if inner else ""
    # A convolution of zero is the bias of its batch normalisation, which trains.
    return f"{mark}{op[-1]}({inner})"
