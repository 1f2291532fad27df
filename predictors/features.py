"""An architecture, its hyperparameters and an observed prefix as fixed numbers, for models that take vectors."""

import json
from functools import lru_cache
from typing import Any

import numpy as np

from nasbench_lc.architecture import Architecture
from nasbench_lc.curves import Bools, CurveSet, Floats, Observed
from predictors.architecture_features import architecture_features
from predictors.graph_flow import flow_features
from predictors.live_paths import LivePaths, learns
from predictors.prefix import fill
from predictors.training_speed import training_speed

__all__ = ["hyperparameter_features", "prefix_features", "static_features", "told_features", "unknown_operations", "vocabulary"]

POSITIONS = 40
"""Up to so many nodes, architectures of one shape are also described node by node."""
RAW = 20
"""So many epochs at the head and so many at the tail of a prefix are features themselves; what lies between is only summarised."""


def vocabulary(curves: CurveSet) -> dict[str, Any]:
    """What the features are about, learnt from training curves; a JSON object.

    ``ops`` and ``attributes`` are the operations and numeric attributes seen, ``learning`` the operations with weights; ``nodes`` is the number of
    nodes where all architectures have one graph and differ in their operations only (cells), else 0; ``log`` says which hyperparameters are
    log-scaled: those that are positive and span more than a factor of 5, and ``log_speed`` which columns of
    :func:`predictors.training_speed.training_speed`; ``repeated`` says which features of
    :func:`predictors.graph_flow.flow_features` are, up to scale and shift, another one, and are left out: of a chain nearly all are its depth,
    and a dozen copies of it would outvote the rest in a network; ``usual`` is what an unknown hyperparameter, and an unknown size, is taken to
    be: the mean of the known ones, 0 where none is. ``repeated_speed`` are the columns of training speed that say no more than one hyperparameter.
    """
    ops = sorted({n.op for a in curves.architectures for n in a.nodes})
    numeric = {k for a in curves.architectures for n in a.nodes for k, v in n.attributes if isinstance(v, int | float)}
    shapes = {(len(a.nodes), a.edges) for a in curves.architectures}
    nodes = len(curves.architectures[0].nodes) if len(shapes) == 1 else 0
    hp, speed = curves.hyperparameters, training_speed(curves.hyperparameters, curves.hyperparameter_names)
    learning = [op for op in ops if learns(op)]
    words = {"ops": ops, "learning": learning, "attributes": sorted(numeric), "nodes": nodes if nodes <= POSITIONS else 0}
    words |= {"log": _wide(hp), "log_speed": _wide(speed)}
    usual = {
        "hyperparameters": _known_mean(_logarithmic(hp, words["log"])),
        "speed": _known_mean(_logarithmic(speed, words["log_speed"])),
        "sizes": _known_mean(_sizes(curves)),
    }
    words |= {"usual": usual, "repeated": _repeated(*_graph_features(curves, words))}
    return {**words, "repeated_speed": _repeated(hyperparameter_features(hp, words), _speed(curves, words))}


def hyperparameter_features(hyperparameters: Floats, words: dict[str, Any]) -> Floats:
    """Shape `(N, P)`; logarithms where the vocabulary says so, unknown values as the usual one."""
    return _known(_logarithmic(hyperparameters, words["log"]), words["usual"]["hyperparameters"])


def told_features(data: CurveSet | Observed, words: dict[str, Any]) -> Floats:
    """The hyperparameters of each run, and what several of them say together of how fast it trains."""
    speed = np.delete(_speed(data, words), words["repeated_speed"], axis=1)
    return np.concatenate([hyperparameter_features(data.hyperparameters, words), speed], axis=1)


def _speed(data: CurveSet | Observed, words: dict[str, Any]) -> Floats:
    speed = training_speed(data.hyperparameters, data.hyperparameter_names)
    return _known(_logarithmic(speed, words["log_speed"]), words["usual"]["speed"])


def static_features(data: CurveSet | Observed, words: dict[str, Any]) -> Floats:
    """All that is known before a run begins: hyperparameters, architecture, parameters and operations, shape `(N, F)`; what is unknown is as usual."""
    graph, flow = _graph_features(data, words)
    sizes = _known(_sizes(data), words["usual"]["sizes"])
    return np.concatenate([told_features(data, words), graph, np.delete(flow, words["repeated"], axis=1), sizes], axis=1)


def _graph_features(data: CurveSet | Observed, words: dict[str, Any]) -> tuple[Floats, Floats]:
    """:func:`predictors.architecture_features.architecture_features` and :func:`predictors.graph_flow.flow_features` of each run."""
    asked = json.dumps({name: words[name] for name in ("ops", "learning", "attributes", "nodes")})
    rows = [_architecture_row(a, asked) for a in data.architectures]
    graph, flow = (np.array([row[i] for row in rows]).reshape(len(data), -1) for i in (0, 1))
    return graph, flow


@lru_cache(maxsize=16384)
def _architecture_row(architecture: Architecture, asked: str) -> tuple[Floats, Floats]:
    """Those of one architecture; a forecast asks for them several times, and they are most of its cost."""
    words, paths = json.loads(asked), LivePaths.of(architecture)
    both = architecture_features(architecture, paths, words), flow_features(paths, words)
    graph, flow = (np.nan_to_num(np.array(x, dtype=np.float64), posinf=0.0, neginf=0.0) for x in both)
    return graph, flow


def _repeated(first: Floats, second: Floats) -> list[int]:
    """The columns of `second` that vary and are, up to scale and shift, an earlier one or one of `first`: both `(n, ...)`."""
    both = np.concatenate([first, second], axis=1)
    deviation = both.std(0)
    varies = np.flatnonzero(deviation > 1e-9 * (1 + np.abs(both.mean(0))))
    z = (both[:, varies] - both[:, varies].mean(0)) / deviation[varies]
    alike = np.triu(np.abs(z.T @ z) / len(both) > 1 - 1e-6, 1)
    return [int(i) - first.shape[1] for i in varies[alike.any(0)] if i >= first.shape[1]]


def unknown_operations(data: CurveSet | Observed, words: dict[str, Any]) -> Bools:
    """Whose graph has an operation that the vocabulary lacks, shape `(N,)`."""
    known = set(words["ops"])
    strange = {a.key: not known.issuperset(n.op for n in a.nodes) for a in data.architectures}
    return np.array([strange[a.key] for a in data.architectures], dtype=np.bool_)


def _sizes(data: CurveSet | Observed) -> Floats:
    """Logarithms of parameters and operations, shape `(N, 2)`."""
    return np.log1p(np.stack([data.n_params, data.n_macs], axis=1))


def _wide(values: Floats) -> list[bool]:
    """Which columns of `(n, P)` are positive and span more than a factor of 5."""
    return [bool(len(c) and np.isfinite(c).all() and c.min() > 0 and c.max() > 5 * c.min()) for c in values.T]


def _logarithmic(values: Floats, wide: list[bool]) -> Floats:
    return np.where(np.array(wide, dtype=bool), np.log(np.maximum(values, 1e-12)), values)


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
