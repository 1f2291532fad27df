"""Which curves of a source say how those of a target go.

Many runs of a task can end alike: networks that never leave what a constant answer scores. That tells that the task was too hard for them, and no more. On
an easier task some of them learn and others do not, and whoever has learnt from the source that such runs stay where they are forecasts them all to
stay. Where the target is no easier they stay there too, and then it is worth learning.

Configurations that ran on both tasks tell the two cases apart. Where those that end alike on the source do not on the target, such runs do not carry over.
With 20 curves of mlp-segment beside mlp-car's, and `lc-gode-x`, the error is 24 % lower without them from one observed epoch, 12 % from 10, 2 % from 50
(splits 100 to 103). The other way round they carry over; to leave them out all the same costs 4 % (splits 100 and 101).
"""

import numpy as np

from evaluation.shared_runs import shared_runs
from nasbench_lc.curves import Bools, CurveSet, Floats
from predictors.robust import tame
from predictors.scale import to_scale

__all__ = ["carries_over"]

ALIKE = 0.05
"""Ends this near to one of them, in units of their spread, are alike ..."""
MANY = 0.2
"""... and where so great a share of a source's runs is, it is no chance. Of the cells on CIFAR-10 a tenth is."""
MOST = 0.75
"""Configurations of which so many end alike on the target too carry over. On splits 100 to 107, with 20 to 200 curves known, 0.1 to 0.7 of those that do
on mlp-car do on mlp-segment, and 0.83 to 1 of those that do on mlp-segment do on mlp-car."""


def carries_over(source: CurveSet, few: CurveSet) -> Bools:
    """Which curves of the source to learn from beside those of the target, shape `(N,)`.

    Arguments:
        source: `N` curves.
        few: Some curves of the target. Those with the architecture and the hyperparameters of a curve of the source are compared with it; where there is
            none, all carry over.
    """
    ends, theirs = _ends(source), _ends(few)
    alike = _alike(ends, _spread(ends))
    met = theirs[np.array([row for ours, rows in shared_runs(source, few) if alike[ours].any() for row in rows], dtype=np.int64)]
    met = met[np.isfinite(met)]
    chance = alike.mean() < MANY
    return ~alike | (chance or not len(met) or _alike(met, _spread(theirs)).mean() >= MOST)


def _ends(curves: CurveSet) -> Floats:
    """The last value of every curve, on the scale, shape `(N,)`; NaN where it has none."""
    return to_scale(curves.target[:, -1], curves.metric)


def _spread(ends: Floats) -> float:
    known = ends[np.isfinite(ends)]
    return float(tame(known).std()) if len(known) else 0.0


def _alike(ends: Floats, spread: float) -> Bools:
    """Which ends lie near the one that most others lie near, shape `(N,)`."""
    known, reach = np.sort(ends[np.isfinite(ends)]), ALIKE * spread
    if not len(known):
        return np.zeros(len(ends), dtype=np.bool_)
    near = np.searchsorted(known, known + reach, "right") - np.searchsorted(known, known - reach, "left")
    return np.abs(ends - known[near.argmax()]) <= reach
