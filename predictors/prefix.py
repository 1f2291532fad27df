"""What can be read off an observed prefix without a model."""

import numpy as np

from nasbench_lc.curves import Floats, Observed
from predictors.scale import to_scale

__all__ = ["fill", "held", "last_value", "scaled_prefix", "wobble"]

CALM, WILD = 0.02, 0.3
"""The least and the greatest wobble of a prefix, in the scale's units: 0.02 is 2 % of a loss, or 0.02 of an accuracy."""


def fill(z: Floats, default: Floats) -> Floats:
    """Missing values along the last axis replaced by the value before, leading ones by the first value, wholly missing rows by `default`.

    Arguments:
        z: Shape `(N, K)`, NaN where missing.
        default: Shape `(K,)`, finite.
    """
    there = np.isfinite(z)
    if np.all(there):
        return z
    index = np.maximum.accumulate(np.where(there, np.arange(z.shape[1]), -1), axis=1)
    first = np.argmax(there, axis=1)
    index = np.where(index < 0, first[:, None], index)
    out = np.take_along_axis(z, index, axis=1)
    return np.where(np.any(there, axis=1, keepdims=True), out, default)


def held(values: Floats) -> Floats:
    """Values over epochs, `(T, ...)`, where a missing one is that of the epoch before, or the first that there is; 0 without any."""
    epochs = len(values)
    return fill(values.reshape(epochs, -1).T, np.zeros(epochs)).T.reshape(values.shape)


def last_value(z: Floats, default: Floats) -> Floats:
    """The last finite value of every row of `(N, K)`, or of `default`, shape `(N,)`, where there is none."""
    if not z.shape[1]:
        return default.copy()
    there = np.isfinite(z)
    last = z.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
    return np.where(there.any(1), z[np.arange(len(z)), last], default)


def scaled_prefix(observed: Observed) -> Floats:
    """All observed metrics on the scale of comparison, shape `(N, K, M)`, NaN where missing."""
    return np.stack([to_scale(observed.y[:, :, j], m) for j, m in enumerate(observed.metrics)], axis=-1)


def wobble(observed: Observed) -> Floats:
    """How much a curve still moves: the mean absolute step over its last five observed epochs plus a constant, on the scale, shape `(N,)`.

    It is bounded, so that a curve that explodes within its prefix does not ask for an infinite interval.
    """
    z = to_scale(observed.target, observed.metric)[:, -6:]
    steps = np.abs(np.diff(fill(z, np.zeros(z.shape[1])), axis=1))
    return np.minimum(CALM + (steps.mean(1) if steps.shape[1] else np.zeros(len(z))), WILD)
