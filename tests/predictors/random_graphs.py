"""Small random graphs whose live paths can be listed."""

import numpy as np

from nasbench_lc.architecture import Architecture, Node


def random_graph(rng: np.random.Generator, ops: tuple[str, ...] = ("a", "b", "skip_connect", "none")) -> Architecture:
    """Three to seven nodes, each possible edge with probability 0.6."""
    v = int(rng.integers(3, 8))
    names = ["input", *rng.choice(ops, v - 2).tolist(), "output"]
    edges = tuple((i, j) for i in range(v) for j in range(i + 1, v) if rng.random() < 0.6)
    return Architecture("random", tuple(Node.of(name) for name in names), edges)


def live_paths_of(graph: Architecture) -> list[list[int]]:
    """All paths from the first node to the last that pass no "none", listed."""
    paths, stack = [], [[0]]
    while stack:
        path = stack.pop()
        if path[-1] == len(graph.nodes) - 1:
            paths.append(path)
        stack += [[*path, b] for a, b in graph.edges if a == path[-1] and graph.nodes[b].op != "none"]
    return paths
