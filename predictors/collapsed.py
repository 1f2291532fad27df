"""Which networks have collapsed: they had learnt, and now give one answer, whatever they are shown.

Where one step throws the weights so far that no unit of a layer is active any more, what the network says is its last bias, and the gradient that would
bring the rest back is zero. Its accuracy falls to the share of one class and is the very same number epoch after epoch. Training curves show few of these
runs or none, and whoever has learnt from curves that rise forecasts that they will. Where the bias goes on to the class that most examples are of, as it
can with two classes, training curves that collapsed and came back tell so.
"""

import numpy as np

from nasbench_lc.curves import Bools, CurveSet, Floats, Observed, higher_is_better

__all__ = ["collapsed", "stays"]

SAME = 4
"""So many epochs show that a value is one."""
FALLEN, LEAST = 0.5, 0.1
"""It lost more than this share of its best accuracy, and more than this accuracy: among a thousand classes chance halves. Chosen on split seeds 100 to 103
of metaqnn_svhn (Baker et al.), where every tested run that fell so stayed, and the mean error falls by 4 % from 5 observed epochs and 11 % from 10. Where
networks are scored on a few hundred examples, and repeat a value by chance, hardly any falls as far."""


def collapsed(observed: Observed) -> Bools:
    """Whose accuracy lost half of its best, is no more than after the first epoch and the same in the last four, shape `(N,)`; never a loss."""
    if not len(observed.t) or not higher_is_better(observed.metric):
        return np.zeros(len(observed), dtype=np.bool_)
    return _fallen(observed.target)[:, -1]


def stays(train: CurveSet) -> bool:
    """Whether no more training curves that collapsed gained :data:`LEAST` afterwards than did not; so where none collapsed."""
    fell, y = _fallen(train.target), train.target
    runs = np.flatnonzero(fell.any(axis=1))
    gains = [
        np.fmax.reduce(y[run, when:], initial=-np.inf) - y[run, when] for run, when in zip(runs, fell[runs].argmax(axis=1), strict=True)
    ]
    return 2 * sum(gain > LEAST for gain in gains) <= len(gains)


def _fallen(y: Floats) -> Bools:
    """After which epochs curves `(N, T)` had fallen, same shape."""
    before = np.pad(y, ((0, 0), (SAME - 1, 0)), constant_values=np.nan)  # epochs before the first are like no other
    same = (np.lib.stride_tricks.sliding_window_view(before, SAME, axis=1) == y[:, :, None]).all(axis=2)
    lost = np.fmax.accumulate(y, axis=1) - y
    return same & (y <= y[:, :1]) & (lost > np.maximum(LEAST, FALLEN * (lost + y)))
