"""An architecture as a fixed number of features."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from nasbench_lc.architecture import Architecture
from predictors.live_paths import LivePaths

__all__ = ["architecture_features"]


def architecture_features(architecture: Architecture, graph: LivePaths, words: Mapping[str, Any]) -> list[float]:
    """Counts, depths and paths of the part of a graph that matters: `graph`, its live paths.

    In order: live nodes, live edges, log(1 + number of paths), shortest and longest path; for every operation its count, its most frequent use on
    one path, and its mean use over all paths; for every numeric attribute log(1 + sum), maximum, minimum, mean, first and last over the live
    nodes; and, for cells, which operation is live at each node.
    """
    live, paths = graph.live, max(graph.count, 1.0)
    ones = [1.0] * len(live)
    out = [
        float(sum(live)),
        float(sum(map(len, graph.into))),
        float(np.log1p(graph.count)),
        graph.extreme(ones, min),
        graph.extreme(ones, max),
    ]
    for op in words["ops"]:
        weight = [float(o == op and alive) for o, alive in zip(graph.ops, live, strict=True)]
        out += [sum(weight), graph.extreme(weight, max), graph.total(weight) / paths]
    seen: dict[str, list[float]] = defaultdict(list)
    for node, alive in zip(architecture.nodes, live, strict=True):
        for name, value in node.attributes if alive else ():
            if isinstance(value, int | float):
                seen[name].append(float(value))
    for name in words["attributes"]:
        x = seen.get(name) or [0.0]
        out += [float(np.log1p(max(sum(x), 0.0))), max(x), min(x), sum(x) / len(x), x[0], x[-1]]
    for i in range(words["nodes"]):
        out += [float(i < len(live) and live[i] and graph.ops[i] == op) for op in words["ops"]]
    return out
