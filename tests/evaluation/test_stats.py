import numpy as np
import pytest
from scipy import stats

from evaluation.stats import bootstrap_interval, corrected_t_test


def test_the_bootstrap_interval_is_scipys() -> None:
    values = np.random.default_rng(0).normal(3, 1, 12)
    ours = bootstrap_interval(values)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20000, method="percentile", random_state=1).confidence_interval
    assert ours == pytest.approx(tuple(theirs), abs=0.03)


def test_fewer_than_three_seeds_tell_nothing() -> None:
    assert bootstrap_interval(np.ones(2)) is None
    assert corrected_t_test(np.ones(2), np.zeros(2), 10, 5) is None


def test_without_test_curves_it_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=8), rng.normal(size=8)
    assert corrected_t_test(a, b, 100, 0) == pytest.approx(stats.ttest_rel(a, b).pvalue, rel=1e-9)


def test_the_correction_makes_it_harder_to_differ() -> None:
    a, b = np.array([1.0, 1.2, 0.9, 1.1]), np.array([1.3, 1.4, 1.3, 1.5])
    plain, corrected = corrected_t_test(a, b, 300, 0), corrected_t_test(a, b, 300, 100)
    assert plain is not None
    assert corrected is not None
    assert plain < corrected
    d = a - b
    t = d.mean() / np.sqrt((1 / 4 + 1 / 3) * d.var(ddof=1))
    assert corrected == pytest.approx(2 * stats.t.sf(abs(t), 3), rel=1e-12)


@pytest.mark.parametrize("gap", [0.0, 1.0, 0.1])  # three times 0.1 has a variance in floating point
def test_seeds_that_change_nothing_tell_nothing(gap: float) -> None:
    assert corrected_t_test(np.full(3, gap), np.zeros(3), 10, 5) is None
