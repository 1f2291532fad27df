"""Which networks have collapsed: they had learnt, and now give one answer, whatever they are shown.

Where one step throws the weights so far that no unit of a layer is active any more, what the network says is its last bias, and the gradient that would
bring it back is zero. Its accuracy falls to the share of one class and is the very same number epoch after epoch. Training curves show few of these runs
or none, and whoever has learnt from curves that rise forecasts that they will.
"""

import numpy as np

from nasbench_lc.curves import Bools, Observed, higher_is_better

__all__ = ["collapsed"]

SAME = 4
"""So many epochs show that a value is one."""
FALLEN, LEAST = 0.5, 0.1
"""It lost more than this share of its best accuracy, and more than this accuracy: among a thousand classes chance halves. Chosen on split seeds 100 to 103
of metaqnn_svhn (Baker et al.), where every tested run that fell so stayed, and the mean error falls by 4 % from 5 observed epochs and 11 % from 10. Where
networks are scored on a few hundred examples, and repeat a value by chance, hardly any falls as far."""


def collapsed(observed: Observed) -> Bools:
    """Whose accuracy lost half of its best, is no more than after the first epoch, and the same in the last four, shape `(N,)`; never a loss."""
    y = observed.target
    if y.shape[1] <= SAME or not higher_is_better(observed.metric):
        return np.zeros(len(y), dtype=np.bool_)
    last = y[:, -1:]
    lost = np.fmax.reduce(y, axis=1, keepdims=True) - last
    fallen = (last <= y[:, :1]) & (lost > np.maximum(LEAST, FALLEN * (lost + last)))
    return (fallen & (y[:, -SAME:] == last)).all(axis=1)
