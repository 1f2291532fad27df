"""Training curves as a table of features and futures: the common ground of the nearest neighbours, the trees and the support vectors.

These models learn one function per prefix length, so what they remember of the training curves is the table itself.
"""

from dataclasses import dataclass

import numpy as np

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.features import prefix_features, static_features, vocabulary
from predictors.packing import pack, pack_json, unpack, unpack_json
from predictors.prefix import fill, last_value
from predictors.robust import tame
from predictors.scale import to_scale

__all__ = ["Table", "remember", "tabulate"]


@dataclass(frozen=True, eq=False)
class Table:
    """Features and futures at one prefix length.

    Arguments:
        train: Features of the training curves, shape `(n, F)`.
        query: Features of the curves to forecast, shape `(N, F)`.
        change: How far the training curves move away from their last observed value at each epoch asked for, on the scale,
            shape `(n, H)`; from 0 where `K` is 0.
        start: The last observed value of the curves to forecast, shape `(N,)`.
    """

    train: Floats
    query: Floats
    change: Floats
    start: Floats


def remember(train: CurveSet) -> State:
    """The training curves that show any value of the metric, their static features, and the vocabulary of these."""
    train = train.subset(np.flatnonzero(np.isfinite(train.target).any(1)))
    words = vocabulary(train)
    return {"words": pack_json(words), "static": static_features(train, words)} | {f"train.{k}": v for k, v in pack(train).items()}


def tabulate(known: State, observed: Observed, t: Floats, prefix: bool = True) -> Table:
    """The table at the prefix length of `observed` for the horizon `t`, shape `(H,)`; `prefix=False` hides what was observed.

    A training curve that misses a value counts as staying at the value before; epochs beyond the training curves are their last.
    """
    train = unpack({k.removeprefix("train."): v for k, v in known.items() if k.startswith("train.")})
    words = unpack_json(known["words"])
    z = tame(to_scale(train.target, train.metric))
    z = fill(z, np.zeros(z.shape[1]))
    future = z[:, np.minimum(t.astype(np.int64), train.epochs) - 1]
    static = static_features(observed, words)
    k = len(observed.t)
    if not prefix or not k:
        return Table(np.asarray(known["static"]), static, future, np.zeros(len(observed)))
    seen, _ = train.observe(k)
    default = np.stack([_mean(to_scale(seen.y[:, :, j], m)) for j, m in enumerate(train.metrics)], axis=1)
    column = train.metrics.index(train.metric)
    start = last_value(to_scale(observed.target, observed.metric), np.full(len(observed), default[-1, column]))
    return Table(
        np.concatenate([np.asarray(known["static"]), prefix_features(seen, default)], axis=1),
        np.concatenate([static, prefix_features(observed, default)], axis=1),
        future - z[:, k - 1 : k],
        start,
    )


def _mean(z: Floats) -> Floats:
    there = np.isfinite(z)
    return np.where(there, z, 0.0).sum(0) / np.maximum(there.sum(0), 1)
