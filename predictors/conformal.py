"""Split-conformal quantiles: right in finite samples where calibration and test curves are exchangeable.

For every horizon epoch the residuals of the calibration curves, divided by how hard each curve looks from its prefix, are sorted; the
quantile at level q of a new curve is its point forecast plus its own difficulty times order statistic number (n + 1) q of them. A new residual
falls below number k with probability k / (n + 1), whatever the model and the distribution. Where (n + 1) q is no integer, the
quantile lies between the two neighbours, at that part of the way: it is never more than 1 / (n + 1) off, and not off at all where the distribution
is uniform between them. (Taking the outer neighbour instead would promise at least q, and make every interval too wide.)
Where that number is below 1 or above n, so with fewer than 19 curves for the levels 0.05 and 0.95 and fewer than 39 for 0.025 and 0.975, the quantile
is NaN: no number of that size can be had from so few curves.

Curves of one group compute the same function, so they are no independent witnesses, and one large group may be most of a calibration set. It
is groups that are exchangeable: each counts as one curve, shared out among its members, and `n` above is the number of groups. A new curve of
a new group is then covered as stated (hierarchical conformal prediction: Lee, Barber and Willett 2023, arXiv 2306.06342). Curves that are
groups of their own count as before.

One curve in a hundred explodes, and its scaled residual times the difficulty of another curve is a number that no curve ever took. So
quantiles are bounded by a range: of the `n` curves, learnt from or calibrated on, that are finite at every epoch (of all curves where none is),
the j with the greatest values are left out, and the j with the least, j = n // 100 but at least 1, or 0 of fewer than 39 curves; the range is what the
others ever took, widened to hold what the curve itself has shown and its own point forecast. So one explosion among the calibration
curves is not the outer quantile of every forecast. What the bounds cost: a new curve that is exchangeable with those leaves
the range upwards with probability at most (j + 1) / (n + 1), and downwards likewise, so a new value falls below the upper quantile with
probability at least that much less than without them; it matters to a level only where so many curves do explode. With 400 curves that is
1.2 %. Beyond the epochs of those curves nothing is promised, with or without bounds.

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
    """The order statistic of every level, between two where (n + 1) q is no integer.

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
    count = (members > 0).sum(0)
    order = np.argsort(np.where(there, residuals, np.nan), axis=0, kind="stable")  # NaN last
    ordered, mass = np.take_along_axis(residuals, order, 0), np.take_along_axis(weight, order, 0).cumsum(0)
    return np.stack([_order_statistics(ordered[: there[:, h].sum(), h], mass[:, h], int(count[h]), levels) for h in range(horizon)])


def _order_statistics(ordered: Floats, mass: Floats, count: int, levels: Floats) -> Floats:
    """Number (n + 1) q of `n` = `count` groups, shape `(Q,)`, for values in order and how many groups lie at or below each.

    A whole group is the mean of what lies between the masses (n + 1) q - 1 and (n + 1) q, so that it does not matter how it is shared out.
    """
    place = (count + 1) * levels
    place = np.where(np.abs(place - np.rint(place)) < HAIR, np.rint(place), place)
    upto = mass[: len(ordered), None]
    since = np.concatenate([np.zeros((1, 1)), upto[:-1]])[: len(ordered)]
    share = np.maximum(np.minimum(upto, place) - np.maximum(since, place - 1), 0.0)
    value = (np.where(share < HAIR, 0.0, share) * ordered[:, None]).sum(0)
    # Rounding may take a hair off the order of equal values.
    return np.where((place >= 1) & (place <= count), np.fmax.accumulate(np.where(place >= 1, value, np.nan)), np.nan)


def value_range(*sets: CurveSet) -> Floats:
    """Between which values curves keep that are not the most extreme hundredth of their kind, shape `(2,)`; see the head of this module.

    On the scale of :mod:`predictors.scale`; infinite where there is no value at all.
    """
    rows = [to_scale(curves.target, curves.metric) for curves in sets]
    whole = [z[np.isfinite(z).all(1)] for z in rows]
    kept = whole if any(map(len, whole)) else rows
    least = np.sort(np.concatenate([np.fmin.reduce(z, axis=1, initial=np.inf) for z in kept]))
    greatest = np.sort(np.concatenate([np.fmax.reduce(z, axis=1, initial=-np.inf) for z in kept]))
    left_out = max(1, len(least) // 100) if len(least) >= ENOUGH else 0
    return np.array([least[left_out], greatest[-1 - left_out]]) if len(least) else np.array([np.inf, -np.inf])


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
