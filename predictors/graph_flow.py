"""In which order operations with weights lie on the paths of a graph."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from predictors.live_paths import LivePaths

__all__ = ["flow_features"]

PAIRS = 6
"""Up to so many kinds of operations with weights, which follows which is counted."""


def flow_features(graph: LivePaths, words: Mapping[str, Any]) -> list[float]:
    """How many there are, what comes first, last, and after what, and how deep.

    How many operations with weights a path has: least, most, mean, and log(1 + sum over all paths). For every such operation, on which share of the
    paths it is the first; on which the last. For every two, how often the one follows the other, a path, with nothing that has weights between
    them. Then how many lie before one, mean over paths and most; and how many behind; each as mean and maximum over nodes.

    Arguments:
        graph: Its live paths.
        words: From :func:`predictors.features.vocabulary`.
    """
    learning: list[str] = words["learning"]
    place, paths = {op: i for i, op in enumerate(learning)}, max(graph.count, 1.0)
    nodes = [v for v, learns in enumerate(graph.learns) if learns and graph.ops[v] in place]
    v = len(graph.ops)
    ends = [[0.0] * len(learning) for _ in range(2)]
    from_input, from_output = _walks(graph, 0, graph.onto, range(v)), _walks(graph, v - 1, graph.into, range(v - 1, -1, -1))
    for u in nodes:
        ends[0][place[graph.ops[u]]] += from_input[u] * graph.behind[u] / paths
        ends[1][place[graph.ops[u]]] += from_output[u] * graph.ahead[u] / paths
    weight = [float(x) for x in graph.learns]
    out = [graph.extreme(weight, min), graph.extreme(weight, max), graph.total(weight) / paths, float(np.log1p(graph.total(weight)))]
    out += ends[0] + ends[1]
    if len(learning) <= PAIRS:
        follows = [[0.0] * len(learning) for _ in learning]
        for u in nodes:
            between = _walks(graph, u, graph.onto, range(u, v))
            for w in (w for w in nodes if w > u):
                follows[place[graph.ops[u]]][place[graph.ops[w]]] += graph.ahead[u] * between[w] * graph.behind[w] / paths
        out += [share for row in follows for share in row]
    for sources, order, reach in ((graph.into, range(v), graph.ahead), (graph.onto, range(v - 1, -1, -1), graph.behind)):
        mean, most = _depths(graph, sources, order, reach)
        for depth in (mean, most):
            here = [depth[u] for u in nodes] or [0.0]
            out += [sum(here) / len(here), max(here)]
    return out


def _walks(graph: LivePaths, start: int, onto: Sequence[Sequence[int]], order: Sequence[int]) -> list[float]:
    """How many walks lead from a node to each other with nothing but operations without weights between them."""
    count = [0.0] * len(graph.ops)
    count[start] = float(graph.live[start])
    for u in order:
        if count[u] and (u == start or not graph.learns[u]):
            for w in onto[u]:
                count[w] += count[u]
    return count


def _depths(
    graph: LivePaths, sources: Sequence[Sequence[int]], order: Sequence[int], reach: Sequence[float]
) -> tuple[list[float], list[float]]:
    """How many operations with weights lie between one end and each node: mean and most over the paths."""
    total, most = [0.0] * len(graph.ops), [0.0] * len(graph.ops)
    for v in order:
        for a in sources[v]:
            total[v] += total[a] + reach[a] * graph.learns[a]
            most[v] = max(most[v], most[a] + graph.learns[a])
    return [t / max(r, 1.0) for t, r in zip(total, reach, strict=True)], most
