"""An accuracy is the share of some examples that a network gets right, so a forecast of it is a count of them too.

Many runs end at one value: all examples right, or what the largest class gives. Forecasts that lie a hair apart there rank what cannot be told apart.
"""

import numpy as np

from nasbench_lc.curves import Floats, higher_is_better

__all__ = ["counted", "examples"]

CLOSE = 0.01
"""How far from an integer a share times the number of examples may lie; single precision moves it by less."""
MOST = 1000
"""Shares of more examples hardly ever tie, and single precision does not tell for sure how many they are."""


def examples(values: Floats, metric: str) -> int:
    """Of how many examples all known values of a metric are shares, 0 where there is no such number up to 1000.

    Arguments:
        values: Of training curves, any shape; NaN where missing.
        metric: Its name; a metric that falls is no share.
    """
    known = np.unique(values[np.isfinite(values)])
    apart = np.diff(known)
    apart = apart[apart > 0.5 / MOST]
    if not higher_is_better(metric) or not len(apart) or known[0] < 0 or known[-1] > 1:
        return 0
    n = round(1 / apart.min())
    return n if np.abs(known * n - np.rint(known * n)).max() < CLOSE else 0


def counted(shares: Floats, n: int) -> Floats:
    """The nearest shares of `n` examples, any shape; as they are where `n` is 0."""
    return np.rint(shares * n) / n if n else shares
