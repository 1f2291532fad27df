"""Curves of one task made to look like those of another, of which a few are known.

What carries over between tasks is which architectures and prefixes do better than others; how high curves lie at an epoch and how much they differ
there does not. So every curve of the source keeps its deviation from the mean, in units of the spread, and mean and spread become the target's:
moment matching, as for domains in Sun, Feng and Saenko, "Return of frustratingly easy domain adaptation" (AAAI 2016, arXiv 1511.05547), one epoch
and one metric at a time, on the scale of :mod:`predictors.scale`.

Moments of a few curves are rough, and a line is not how values of two tasks compare. Where configurations ran on both tasks these say more
(:mod:`evaluation.level_map`), until one's own curves are many. Not every curve carries over: see :mod:`evaluation.carry_over`.
"""

from dataclasses import replace

import numpy as np

from evaluation.carry_over import carries_over
from evaluation.level_map import level_map
from evaluation.shared_runs import Rows, shared_runs
from evaluation.split import Few, Split
from evaluation.transfer import check_length, concatenate
from nasbench_lc.curves import CurveSet, Floats
from predictors.robust import limits, over_curves
from predictors.scale import from_scale, to_scale

__all__ = ["beside", "levelled", "matched"]

MEAN_COUNTS, SPREAD_COUNTS = 1, 5
"""As how many curves of the target the source's own mean, and its own spread, count in the estimate of the target's. Chosen on 1 to 20 curves of
mlp-car and mlp-segment, splits 100 to 103."""
MOMENTS_COUNT = 10
"""As how many configurations on both tasks the moments count beside what these say. With 20 curves and `lc-gode-x`, errors from mlp-segment to mlp-car
change by -7, -7, -6, -2, -4 and -6 % from 1, 2, 5, 10, 20 and 50 observed epochs against moments alone (splits 101, 102 and 104; 20 on both), from mlp-car
to mlp-segment by 1, -1, -3, -2, -2 and -5 % (101 to 104, half for each, as with 10 on both). Without the moments the latter are 6 % higher at 1."""
ENOUGH = 100
"""From so many curves of the target on they have moments of their own to go by, and nothing else is asked. With 200 and `lc-gode-x`, the map raised errors
from mlp-segment to mlp-car by 5 to 19 % and changed those from mlp-car to mlp-segment by -1 to 4 % (split 101)."""
LEAST = 0.02
"""The least spread."""


def beside(source: Split, own: Split) -> Split:
    """What is learnt from, with those curves of the source that carry over moved to where one's own lie; scored are one's own.

    Both are told apart too, since errors on one's own set right what the source's teach (:mod:`predictors.few_shot`), there all of the source's.

    Raises:
        ConfigError: If source and target are not equally long.
    """
    shown = concatenate(own.train, own.valid)
    train, valid = (replace(matched(part, shown), schedule=shown.schedule) for part in (source.train, source.valid))
    few = Few((own.train, own.valid), (train, valid))
    theirs = concatenate(source.train, source.valid)
    telling = carries_over(theirs, shown)
    learnt = concatenate(train, valid).subset(telling)
    if len(shown) < ENOUGH:
        learnt = levelled(theirs.subset(telling), learnt, shown)
    n = int(telling[: len(train)].sum())
    return Split(concatenate(learnt.subset(slice(n)), own.train), concatenate(learnt.subset(slice(n, None)), own.valid), own.test, few)


def levelled(source: CurveSet, moved: CurveSet, few: CurveSet) -> CurveSet:
    """The source's curves between where moments put them and where configurations that ran on both tasks say that they lie.

    Arguments:
        source: `N` curves.
        moved: The same, by :func:`matched`.
        few: Some curves of the target, with the source's metrics.

    Returns:
        The same runs with other values; what is missing stays missing, and a metric that no configuration has on both tasks stays as it was moved.
    """
    shared, y = shared_runs(source, few), moved.y.copy()
    here, there = _typical(source, [ours for ours, _ in shared]), _typical(few, [theirs for _, theirs in shared])
    for j, metric in enumerate(source.metrics):
        to = level_map(here[:, :, j], there[:, :, j], metric)
        if to is not None:
            share = to.pairs / (to.pairs + MOMENTS_COUNT)
            z = (1 - share) * to_scale(moved.y[:, :, j], metric) + share * to_scale(to(source.y[:, :, j]), metric)
            y[:, :, j] = np.where(np.isfinite(y[:, :, j]), from_scale(z, metric), y[:, :, j])
    return replace(moved, y=y)


def matched(source: CurveSet, few: CurveSet) -> CurveSet:
    """The source's curves at the height and with the spread that the target's have.

    Arguments:
        source: `N` curves.
        few: Some curves of the target, with the source's metrics (see :func:`evaluation.transfer.aligned`).

    Returns:
        The same runs with other values; what is missing stays missing, and a metric or epoch that no curve of the target has stays as it is.

    Raises:
        ConfigError: If source and target are not equally long.
    """
    check_length(source, few)
    y = source.y.copy()
    for j, metric in enumerate(source.metrics):
        ours, theirs = to_scale(source.y[:, :, j], metric), to_scale(few.y[:, :, j], metric)
        known = np.isfinite(theirs).sum(0)
        centre, spread = _moments(ours)
        mean, _ = _moments(theirs)
        mean = (known * mean + MEAN_COUNTS * centre) / (known + MEAN_COUNTS)
        square = _nanmean((np.clip(theirs, *limits(theirs)) - mean) ** 2)
        wide = np.sqrt((known * square + SPREAD_COUNTS * spread**2) / (known + SPREAD_COUNTS))
        moved = from_scale(mean + (ours - centre) * (np.maximum(wide, LEAST) / spread), metric)
        y[:, :, j] = np.where(np.isfinite(source.y[:, :, j]) & (known > 0), moved, source.y[:, :, j])
    return replace(source, y=y)


def _typical(curves: CurveSet, repeats: list[Rows]) -> Floats:
    """The median over the runs of each configuration, shape `(C, T, M)`; NaN where none has a value."""
    finite = np.where(np.isfinite(curves.y), curves.y, np.nan)
    return np.array([over_curves(np.nanmedian, finite[rows]) for rows in repeats]).reshape(-1, *finite.shape[1:])


def _moments(z: Floats) -> tuple[Floats, Floats]:
    """Mean and spread at each epoch of curves `(n, T)` without exploded ones; 0 and the least spread where none is known."""
    z = np.clip(z, *limits(z))
    mean = _nanmean(z)
    return mean, np.maximum(np.sqrt(_nanmean((z - mean) ** 2)), LEAST)


def _nanmean(z: Floats) -> Floats:
    return np.nan_to_num(over_curves(np.nanmean, z))
