"""Training curves as a table of features and futures: the common ground of the nearest neighbours, the trees and the support vectors.

These models learn one function per prefix length, so what they remember of the training curves is the table itself.
"""

from dataclasses import dataclass

import numpy as np

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.features import prefix_features, static_features, vocabulary
from predictors.packing import pack, pack_json, under, unpack, unpack_json
from predictors.prefix import fill, last_value, scaled_prefix
from predictors.robust import limits
from predictors.scale import to_scale

__all__ = ["Table", "remember", "remembered", "tabulate"]


@dataclass(frozen=True, eq=False)
class Table:
    """Features and futures at one prefix length.

    Arguments:
        train: Features of the training curves, shape `(n, F)`.
        query: Features of the curves to forecast, shape `(N, F)`.
        future: The training curves at each epoch asked for, on the scale, shape `(n, H)`.
        before: Their last observed value, shape `(n,)`; 0 where `K` is 0.
        start: That of the curves to forecast, shape `(N,)`.
    """

    train: Floats
    query: Floats
    future: Floats
    before: Floats
    start: Floats

    @property
    def change(self) -> Floats:
        """How far the training curves move away from their last observed value, shape `(n, H)`."""
        return self.future - self.before[:, None]


def remember(train: CurveSet) -> State:
    """The training curves that show any value of the metric, the limits within which values are read, static features and their vocabulary."""
    train = train.subset(np.flatnonzero(np.isfinite(train.target).any(1)))
    words = vocabulary(train)
    known = {"words": pack_json(words), "static": static_features(train, words), "limits": limits(_scaled(train))}
    return known | {f"train.{k}": v for k, v in pack(train).items()}


def remembered(known: State) -> CurveSet:
    """The training curves that :func:`remember` has kept."""
    return unpack(under("train.", known))


def tabulate(known: State, observed: Observed, t: Floats, prefix: bool = True) -> Table:
    """The table at the prefix length of `observed` for the horizon `t`, shape `(H,)`; `prefix=False` hides what was observed.

    A training curve that misses a value counts as staying at the value before; epochs beyond the training curves are their last. Exploding
    values, trained on or observed, are read as the limits.
    """
    train = remembered(known)
    words, bounds = unpack_json(known["words"]), known["limits"]
    table = np.clip(_scaled(train), *bounds)
    k, column = len(observed.t), train.metrics.index(train.metric)
    z = fill(table[:, :, column], np.zeros(train.epochs))
    future = z[:, np.minimum(t.astype(np.int64), train.epochs) - 1]
    static = static_features(observed, words)
    if not prefix or not k:
        return Table(np.asarray(known["static"]), static, future, np.zeros(len(future)), np.zeros(len(observed)))
    seen, asked = table[:, :k], np.clip(scaled_prefix(observed), *bounds[:, :k])
    there = np.isfinite(seen)
    default = np.where(there, seen, 0.0).sum(0) / np.maximum(there.sum(0), 1)
    return Table(
        np.concatenate([np.asarray(known["static"]), prefix_features(seen, default)], axis=1),
        np.concatenate([static, prefix_features(asked, default)], axis=1),
        future,
        z[:, k - 1],
        last_value(asked[:, :, column], np.full(len(observed), z[:, k - 1].mean())),
    )


def _scaled(train: CurveSet) -> Floats:
    """All metrics on the scale, shape `(n, T, M)`."""
    return np.stack([to_scale(train.y[:, :, j], m) for j, m in enumerate(train.metrics)], axis=-1)
