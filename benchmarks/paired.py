"""By how much one mean error lies under another, with what the choice of test curves makes uncertain."""

from collections.abc import Mapping

import numpy as np

from nasbench_lc.curves import Floats

__all__ = ["reduction"]

DRAWS = 2000


def reduction(errors: Mapping[str, Floats], arm: str, baseline: str) -> tuple[float, float, float]:
    """``1 - mean(arm) / mean(baseline)`` with its 95 % interval: a paired bootstrap over curves.

    A curve that is drawn is drawn for both arms and for every seed whose test part holds it, so that neither the pairing nor the overlap
    of the test parts is lost.

    Arguments:
        errors: For every arm the error of every curve under every seed, shape `(seeds, N)`; NaN where a seed does not test a curve.
        arm: The one.
        baseline: The other; it tests the same curves.

    Returns:
        The reduction, its low and its high end, fractions.
    """
    ours, theirs = errors[arm], errors[baseline]
    tested = np.isfinite(ours)
    draws = np.random.default_rng(0).multinomial(ours.shape[1], np.full(ours.shape[1], 1 / ours.shape[1]), DRAWS)
    weights = np.concatenate([np.ones((1, ours.shape[1])), draws])
    count = weights @ tested.T
    whole = (count > 0).all(1)  # in tiny files a draw may miss all curves of a seed
    means = [((weights @ np.nan_to_num(x).T)[whole] / count[whole]).mean(1) for x in (ours, theirs)]
    value = 1 - means[0] / means[1]
    low, high = np.quantile(value[1:], [0.025, 0.975])
    return float(value[0]), float(low), float(high)
