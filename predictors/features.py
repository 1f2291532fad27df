"""An architecture, its hyperparameters and an observed prefix as fixed numbers, for models that take vectors."""

from collections import defaultdict
from typing import Any

import numpy as np

from nasbench_lc.architecture import Architecture
from nasbench_lc.curves import Bools, CurveSet, Floats, Observed
from predictors.prefix import fill

__all__ = [
    "architecture_features",
    "connected",
    "hyperparameter_features",
    "prefix_features",
    "static_features",
    "unknown_operations",
    "vocabulary",
]

DEAD = frozenset({"none", "zero", "zeroize"})
"""Operations that pass nothing on."""
PASSIVE = DEAD | {"input", "output", "identity", "skip_connect", "dropout"}
"""Operations without weights; those that pool are told by their name."""
POSITIONS = 40
"""Up to so many nodes, architectures of one shape are also described node by node."""
RAW = 20
"""So many epochs at the head and so many at the tail of a prefix are features themselves; what lies between is only summarised."""


def vocabulary(curves: CurveSet) -> dict[str, Any]:
    """What the features are about, learnt from training curves; a JSON object.

    ``ops`` and ``attributes`` are the operations and numeric attributes seen; ``nodes`` is the number of nodes where all architectures have
    one graph and differ in their operations only (cells), else 0; ``log`` says which hyperparameters are log-scaled: those
    that are positive and span more than a factor of 5; ``usual`` is what an unknown hyperparameter, and an unknown size, is taken to be: the mean of
    the known ones, 0 where none is.
    """
    ops = sorted({n.op for a in curves.architectures for n in a.nodes})
    numeric = {k for a in curves.architectures for n in a.nodes for k, v in n.attributes if isinstance(v, int | float)}
    shapes = {(len(a.nodes), a.edges) for a in curves.architectures}
    nodes = len(curves.architectures[0].nodes) if len(shapes) == 1 else 0
    hp = curves.hyperparameters
    wide = [bool(len(c) and np.isfinite(c).all() and c.min() > 0 and c.max() > 5 * c.min()) for c in hp.T]
    words = {"ops": ops, "attributes": sorted(numeric), "nodes": nodes if nodes <= POSITIONS else 0, "log": wide}
    usual = {"hyperparameters": _known_mean(_logarithmic(hp, words)), "sizes": _known_mean(_sizes(curves))}
    return {**words, "usual": usual}


def connected(architecture: Architecture) -> bool:
    """Whether a path from the input to the output passes no node that passes nothing on."""
    return _paths(architecture)[1][-1] > 0


def architecture_features(architecture: Architecture, words: dict[str, Any]) -> list[float]:
    """Counts, depths and paths of the part of a graph that matters.

    Nodes that pass nothing on, and those that no path from input to output crosses, are pruned first. In order: live nodes, live edges,
    log(1 + number of paths), shortest and longest path; how many operations with weights a path has: least, most, mean, and log(1 + sum over
    all paths); for every operation its count, its most frequent use on one path, and its mean use over all paths; for every numeric attribute
    log(1 + sum), maximum, minimum, mean, first and last over the live nodes; and, for cells, which operation is live at each node.
    """
    nodes, v = architecture.nodes, len(architecture.nodes)
    into, ahead, behind = _paths(architecture)
    paths = ahead[v - 1] if v > 1 else ahead[0]
    live = [ahead[i] > 0 and behind[i] > 0 for i in range(v)]
    into = [[a for a in into[b] if live[a]] if live[b] else [] for b in range(v)]

    def extreme(weight: list[float], best: Any) -> float:
        reach = list(weight)
        for b in range(v):
            if into[b]:
                reach[b] += best(reach[a] for a in into[b])
        return reach[v - 1] if live[v - 1] else 0.0

    def used(weight: list[float]) -> float:
        return sum(ahead[i] * behind[i] * weight[i] for i in range(v) if live[i])

    ones, learn = [1.0] * v, [float(n.op not in PASSIVE and "pool" not in n.op) for n in nodes]
    out = [float(sum(live)), float(sum(map(len, into))), float(np.log1p(paths)), extreme(ones, min), extreme(ones, max)]
    out += [extreme(learn, min), extreme(learn, max), used(learn) / max(paths, 1.0), float(np.log1p(used(learn)))]
    for op in words["ops"]:
        weight = [float(n.op == op) for n in nodes]
        out += [sum(w for w, alive in zip(weight, live, strict=True) if alive), extreme(weight, max), used(weight) / max(paths, 1.0)]
    seen: dict[str, list[float]] = defaultdict(list)
    for node, alive in zip(nodes, live, strict=True):
        for name, value in node.attributes if alive else ():
            if isinstance(value, int | float):
                seen[name].append(float(value))
    for name in words["attributes"]:
        x = seen.get(name) or [0.0]
        out += [float(np.log1p(max(sum(x), 0.0))), max(x), min(x), sum(x) / len(x), x[0], x[-1]]
    for i in range(words["nodes"]):
        out += [float(i < v and live[i] and nodes[i].op == op) for op in words["ops"]]
    return out


def _paths(architecture: Architecture) -> tuple[list[list[int]], list[float], list[float]]:
    """The sources of every node, how many live paths lead from the input to it, and how many from it to the output."""
    nodes, v = architecture.nodes, len(architecture.nodes)
    into: list[list[int]] = [[] for _ in range(v)]
    for a, b in architecture.edges:
        into[b].append(a)
    dead = [n.op in DEAD for n in nodes]
    ahead, behind = [0.0] * v, [0.0] * v
    ahead[0] = float(not dead[0])
    behind[v - 1] = float(not dead[v - 1])
    for b in range(1, v):
        ahead[b] = 0.0 if dead[b] else sum(ahead[a] for a in into[b])
    for b in range(v - 1, 0, -1):
        for a in into[b]:
            behind[a] += 0.0 if dead[a] else behind[b]
    return into, ahead, behind


def hyperparameter_features(hyperparameters: Floats, words: dict[str, Any]) -> Floats:
    """Shape `(N, P)`; logarithms where the vocabulary says so, unknown values as the usual one."""
    return _known(_logarithmic(hyperparameters, words), words["usual"]["hyperparameters"])


def static_features(data: CurveSet | Observed, words: dict[str, Any]) -> Floats:
    """All that is known before a run begins: hyperparameters, architecture, parameters and operations, shape `(N, F)`; what is unknown is as usual."""
    rows: dict[str, list[float]] = {}
    for a in data.architectures:
        if a.key not in rows:
            rows[a.key] = architecture_features(a, words)
    graph = np.array([rows[a.key] for a in data.architectures], dtype=np.float64).reshape(len(data), -1)
    sizes = _known(_sizes(data), words["usual"]["sizes"])
    return np.concatenate(
        [hyperparameter_features(data.hyperparameters, words), np.nan_to_num(graph, posinf=0.0, neginf=0.0), sizes], axis=1
    )


def unknown_operations(data: CurveSet | Observed, words: dict[str, Any]) -> Bools:
    """Whose graph has an operation that the vocabulary lacks, shape `(N,)`."""
    known = set(words["ops"])
    strange = {a.key: not known.issuperset(n.op for n in a.nodes) for a in data.architectures}
    return np.array([strange[a.key] for a in data.architectures], dtype=np.bool_)


def _sizes(data: CurveSet | Observed) -> Floats:
    """Logarithms of parameters and operations, shape `(N, 2)`."""
    return np.log1p(np.stack([data.n_params, data.n_macs], axis=1))


def _logarithmic(hyperparameters: Floats, words: dict[str, Any]) -> Floats:
    wide = np.array(words["log"], dtype=bool)
    return np.where(wide, np.log(np.maximum(hyperparameters, 1e-12)), hyperparameters)


def _known(values: Floats, usual: list[float]) -> Floats:
    """`(N, P)` with what is not finite replaced by the column's usual value."""
    return np.where(np.isfinite(values), values, np.array(usual, dtype=np.float64))


def _known_mean(values: Floats) -> list[float]:
    return [float(column[np.isfinite(column)].mean()) if np.isfinite(column).any() else 0.0 for column in values.T]


def prefix_features(z: Floats, default: Floats) -> Floats:
    """What was observed of every metric, shape `(N, F)`.

    For each metric: its first and last 20 values at most, and, where `K` > 1, mean, minimum, maximum, last step, slopes over the last
    half and the last quarter, and the spread of its steps.

    Arguments:
        z: Prefixes of `K` epochs on the scale, shape `(N, K, M)`, NaN where missing; with `K` = 0 there is no feature.
        default: What a metric is taken to be where a curve shows no value of it, shape `(K, M)`.
    """
    n, k, metrics = z.shape
    if not k:
        return np.empty((n, 0))
    columns: list[Floats] = []
    for j in range(metrics):
        x = fill(z[:, :, j], default[:, j])
        columns.append(x if k <= 2 * RAW else np.concatenate([x[:, :RAW], x[:, -RAW:]], axis=1))
        if k > 1:
            steps = np.diff(x, axis=1)
            half, quarter = max(k // 2, 1), max(k // 4, 1)
            summary = (x.mean(1), x.min(1), x.max(1), steps[:, -1], x[:, -1] - x[:, -1 - half], x[:, -1] - x[:, -1 - quarter], steps.std(1))
            columns.append(np.stack(summary, axis=1))
    return np.concatenate(columns, axis=1)
