"""By how much one mean error lies under another, with what the choice of test curves makes uncertain."""

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from nasbench_lc.curves import Floats

__all__ = ["means", "means_over_splits", "reduction", "resamples"]

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
    weights = resamples(range(errors[arm].shape[1]))
    value = 1 - means(errors[arm], weights) / means(errors[baseline], weights)
    low, high = np.nanquantile(value[1:], [0.025, 0.975])
    return float(value[0]), float(low), float(high)


@lru_cache(maxsize=1)  # all prefixes of a case ask for the same
def resamples(groups: Sequence[Hashable]) -> Floats:
    """How often every curve is drawn, shape `(1 + draws, N)`: once in row 0, then as a bootstrap over groups has it.

    Arguments:
        groups: `N` labels, a tuple or a range; curves of one label are drawn together, since they compute the same function.
    """
    place: dict[object, int] = {}
    index = np.array([place.setdefault(label, len(place)) for label in groups])
    draws = np.random.default_rng(0).multinomial(len(place), np.full(len(place), 1 / len(place)), DRAWS)
    return np.concatenate([np.ones((1, len(index))), draws[:, index].astype(np.float64)])


def means(values: Floats, weights: Floats) -> Floats:
    """The mean over seeds of the weighted mean over the curves that each tests, shape `(1 + draws,)`; NaN where a draw misses a seed's curves.

    Arguments:
        values: Shape `(seeds, N)`, NaN where a seed does not test a curve.
        weights: From :func:`resamples`.
    """
    return by_seed(values, weights).mean(1)


def means_over_splits(values: Floats, weights: Floats) -> Floats:
    """As :func:`means`, but every draw after row 0 draws the seeds anew too: for what hangs on the curves of train and valid as much as on the tested."""
    each = by_seed(values, weights)
    drawn = np.random.default_rng(1).integers(each.shape[1], size=each.shape)
    drawn[0] = np.arange(each.shape[1])
    return np.take_along_axis(each, drawn, 1).mean(1)


def by_seed(values: Floats, weights: Floats) -> Floats:
    """The weighted mean over the curves that a seed tests, shape `(1 + draws, seeds)`; NaN where there is none."""
    count = weights @ np.isfinite(values).T
    total = weights @ np.nan_to_num(values).T
    return np.where(count > 0, total / np.where(count > 0, count, 1), np.nan)
