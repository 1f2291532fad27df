"""What a handful of seeds can tell: intervals and paired comparison."""

import numpy as np
from scipy import stats

from nasbench_lc.curves import Floats

__all__ = ["MIN_SEEDS", "SIGNIFICANT", "bootstrap_interval", "corrected_t_test"]

MIN_SEEDS = 3
"""With fewer seeds there is no interval and no significance."""

SIGNIFICANT = 0.05
"""The p value below which two models differ."""


def bootstrap_interval(values: Floats, level: float = 0.95, draws: int = 5000) -> tuple[float, float] | None:
    """The percentile bootstrap interval of a mean over seeds; None for fewer than 3 values.

    Arguments:
        values: One score per seed, shape `(n,)`.
        level: The probability of the interval.
        draws: How many resamples; their random numbers are fixed, so that equal scores have equal intervals.

    References:
        Efron, "Bootstrap methods: another look at the jackknife", 1979, doi:10.1214/aos/1176344552.
    """
    if len(values) < MIN_SEEDS:
        return None
    rows = np.random.default_rng(0).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(values[rows].mean(1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def corrected_t_test(a: Floats, b: Floats, n_train: float, n_test: float) -> float | None:
    """The two-sided p value that two models differ, paired by seed; None for fewer than 3 seeds, or where the difference never varies.

    A difference without any variance is no certainty: it says that the seeds changed nothing.

    The resampled t-test corrected for training sets that overlap from seed to seed: with differences d over n seeds,
    ``t = mean(d) / sqrt((1/n + n_test / n_train) var(d))`` on n - 1 degrees of freedom.

    Arguments:
        a: The scores of the one, one per seed, shape `(n,)`.
        b: The scores of the other for the same seeds, shape `(n,)`.
        n_train: Curves that each fit saw.
        n_test: Curves that each score averages over.

    References:
        Nadeau and Bengio, "Inference for the generalization error", 2003, doi:10.1023/A:1024068626366.
    """
    n = len(a)
    if n < MIN_SEEDS or n_train <= 0:
        return None
    difference = a - b
    if np.ptp(difference) == 0:  # not the variance, which rounding makes positive
        return None
    t = difference.mean() / np.sqrt((1 / n + n_test / n_train) * difference.var(ddof=1))
    return float(2 * stats.t.sf(abs(t), n - 1))
