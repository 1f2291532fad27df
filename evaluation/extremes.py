"""Which architectures lie at the edges of a set: where forecasts learnt from the middle go wrong first."""

import numpy as np

from nasbench_lc.architecture import Architecture
from nasbench_lc.curves import Bools, Floats

__all__ = ["depth", "extremes"]

_WEIGHTS = {"input": 0.0, "output": 0.0, "skip_connect": 0.0, "identity": 0.0, "none": -np.inf}
"""What a node adds to the depth where it is not one layer: no path leads through a node that passes nothing on."""


def depth(architecture: Architecture) -> float:
    """The layers on the longest path from the input to the output; 0 where none connects them."""
    longest = [0.0] + [-np.inf] * (len(architecture.nodes) - 1)
    for a, b in architecture.edges:  # sorted by source, so that a path is whole before it goes on
        longest[b] = max(longest[b], longest[a] + _WEIGHTS.get(architecture.nodes[b].op, 1.0))
    return max(longest[-1], 0.0)


def extremes(values: Floats, share: float = 0.1) -> Bools:
    """Which of the values are the smallest or the largest `share`, at least one of each, shape `(N,)` to `(N,)`.

    What ties with the last of these belongs to them, but for the median: what most have in common is not extreme. Neither is NaN (unknown).
    """
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return np.zeros(len(values), dtype=np.bool_)
    k, middle = max(1, round(share * len(known))), np.median(known)
    return np.asarray(((values <= known[k - 1]) & (values < middle)) | ((values >= known[-k]) & (values > middle)))
