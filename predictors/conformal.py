"""Split-conformal quantiles: exact in finite samples where calibration and test curves are exchangeable.

For every horizon epoch the residuals of the calibration curves, divided by how hard each curve looks from its prefix, are sorted; the
quantile at level q of a new curve is its point forecast plus its own difficulty times one order statistic of them: number ceil((n + 1) q)
for q > 1/2, number floor((n + 1) q) for q < 1/2, the mean of both at the median. A new residual then falls below the upper
statistic with probability at least q and below the lower one with probability at most q, whatever the model and the distribution.
Where that number is 0 or n + 1, so with fewer than 19 curves for the levels 0.05 and 0.95 and fewer than 39 for 0.025 and 0.975, the quantile is NaN:
no number of that size can be had from so few curves.

Curves of one group compute the same function, so they are no independent witnesses, and one large group may be most of a calibration set. It
is groups that are exchangeable: each counts as one curve, shared out among its members, and `n` above is the number of groups. A new curve of
a new group is then covered as stated (hierarchical conformal prediction: Lee, Barber and Willett 2023, arXiv 2306.06342). Curves that are
groups of their own count as before.

One curve in a hundred explodes, and its scaled residual times the difficulty of another curve is a number that no curve ever took. So
quantiles are bounded by the range of the metric over all epochs of those `n` curves, learnt from or calibrated on, that are finite at every
epoch (of all curves where none is), widened to hold what the curve itself has shown and its own point forecast. A run that stops being
finite passes 1e28 on its way; no curve that is scored does. What the bounds cost: a new curve that is exchangeable with those leaves
their range upwards with probability at most 1 / (n + 1), and downwards likewise, so a new value falls below the upper quantile with
probability at least q - 1 / (n + 1), and below the lower one with at most q + 1 / (n + 1); a central interval loses at most 2 / (n + 1).
With 400 curves that is 0.5 %. Beyond the epochs of those curves nothing is promised, with or without bounds.

Sources: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World" (2005); Lei et al., "Distribution-free predictive inference
for regression", JASA 2018, arXiv 1604.04173 (residuals scaled by a difficulty: section 5.2).
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from nasbench_lc.curves import CurveSet, Floats
from nasbench_lc.forecast import LEVELS
from predictors.scale import to_scale

__all__ = ["ENOUGH", "bounded", "conformal_offsets", "hold_out", "value_range"]

ENOUGH = 39
"""The fewest calibration groups from which all levels 0.025 .. 0.975 can be had."""

HAIR = 1e-9
"""(n + 1) q is often an integer, which floating point may miss by so much."""


def conformal_offsets(residuals: Floats, levels: Floats = LEVELS, groups: Sequence[str] | None = None) -> Floats:
    """The order statistic of every level.

    Arguments:
        residuals: Signed residuals of `n` calibration curves, shape `(n, H)`; NaN where the truth is missing.
        levels: Shape `(Q,)`, increasing.
        groups: `n` labels, those of :class:`~nasbench_lc.curves.CurveSet`; None where every curve is a group of its own.

    Returns:
        Shape `(H, Q)`, non-decreasing along the last axis; NaN where too few residuals are there.
    """
    n, horizon = residuals.shape
    if not n:
        return np.full((horizon, len(levels)), np.nan)
    there = np.isfinite(residuals)
    _, index = np.unique(np.arange(n) if groups is None else np.array(groups), return_inverse=True)
    members = np.zeros((index.max() + 1, horizon))
    np.add.at(members, index, there)
    weight = there / np.maximum(members[index], 1)
    count = (members > 0).sum(0)[:, None]
    order = np.argsort(residuals, axis=0, kind="stable")  # NaN last
    ordered, weight = np.take_along_axis(residuals, order, 0), np.take_along_axis(weight, order, 0)
    high = _reached(ordered.T, weight.cumsum(0).T, (count + 1) * levels)
    low = _reached(ordered[::-1].T, weight[::-1].cumsum(0).T, (count + 1) * (1 - levels))
    middle = np.abs(levels - 0.5) < HAIR
    return np.where(middle, (low + high) / 2, np.where(levels < 0.5, low, high))


def _reached(ordered: Floats, mass: Floats, wanted: Floats) -> Floats:
    """The first value, in each row of `(H, n)`, at which the mass reaches what is wanted, shape `(H, Q)`; NaN where it never does."""
    place = (mass[:, None, :] < wanted[:, :, None] - HAIR).sum(-1)
    inside = place < ordered.shape[1]
    return np.where(inside, np.take_along_axis(ordered, np.minimum(place, ordered.shape[1] - 1), 1), np.nan)


def value_range(*sets: CurveSet) -> Floats:
    """The least and the greatest value of the metric at any epoch of any curve that is finite at every one, shape `(2,)`.

    On the scale of :mod:`predictors.scale`; of all curves where none is finite throughout, and infinite where there is no value at all.
    """
    rows = [to_scale(curves.target, curves.metric) for curves in sets]
    whole = [z[np.isfinite(z).all(1)] for z in rows]
    z = np.concatenate([part.ravel() for part in (whole if any(map(len, whole)) else rows)])
    return np.array([np.fmin.reduce(z, initial=np.inf), np.fmax.reduce(z, initial=-np.inf)])


def bounded(quantiles: Floats, span: Floats, shown: Floats, centre: Floats) -> Floats:
    """Quantiles moved into a range, everything on one scale; see the head of this module for what it costs. NaN stays NaN.

    Arguments:
        quantiles: Shape `(N, H, Q)`.
        span: The range of :func:`value_range`.
        shown: What each curve has shown of itself, shape `(N, K)`, NaN where missing; the range is widened to hold it.
        centre: The point forecasts, shape `(N, H)`; likewise.
    """
    low = np.minimum(np.fmin.reduce(shown, axis=1, initial=span[0])[:, None], centre)
    high = np.maximum(np.fmax.reduce(shown, axis=1, initial=span[1])[:, None], centre)
    return np.clip(quantiles, low[..., None], high[..., None])


def hold_out(train: CurveSet, valid: CurveSet | None) -> tuple[CurveSet, CurveSet]:
    """The curves to learn from and those to calibrate on.

    The calibration curves are `valid`, topped up with whole groups taken from `train` until there are 39 groups, or without `valid` a seventh of
    the groups of `train` if that is more; never more than a third of the curves of `train` is taken. The groups come in the order of the sha256 of
    their names, so that nothing but chance decides.
    """
    groups = np.array(train.group)
    order = sorted(set(train.group), key=lambda g: hashlib.sha256(f"calibration:{g}".encode()).hexdigest())
    want = ENOUGH - len(set(valid.group)) if valid is not None else max(ENOUGH, len(order) // 7)
    chosen = np.zeros(len(train), dtype=bool)
    for name in order:
        rows = groups == name
        if want > 0 and chosen.sum() + rows.sum() <= len(train) // 3:
            chosen |= rows
            want -= 1
    rest, taken = train.subset(~chosen), train.subset(chosen)
    return rest, taken if valid is None else _join(valid, taken)


def _join(a: CurveSet, b: CurveSet) -> CurveSet:
    """The curves of two sets that share metrics, hyperparameters and epochs."""
    return CurveSet(
        architectures=a.architectures + b.architectures,
        hyperparameters=np.concatenate([a.hyperparameters, b.hyperparameters]),
        hyperparameter_names=a.hyperparameter_names,
        y=np.concatenate([a.y, b.y]),
        metrics=a.metrics,
        metric=a.metric,
        uid=a.uid + b.uid,
        group=a.group + b.group,
        status=a.status + b.status,
        seconds=np.concatenate([a.seconds, b.seconds]),
        schedule=a.schedule,
        n_params=np.concatenate([a.n_params, b.n_params]),
        n_macs=np.concatenate([a.n_macs, b.n_macs]),
    )
