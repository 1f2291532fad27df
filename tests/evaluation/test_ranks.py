from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from evaluation import ranks
from nasbench_lc.curves import Floats

# Few distinct values, so that ties are common.
TIED = st.integers(2, 30).flatmap(lambda n: st.tuples(*(arrays(float, n, elements=st.integers(0, 8).map(float)) for _ in range(2))))
ANY = st.integers(2, 30).flatmap(
    lambda n: st.tuples(*(arrays(float, n, elements=st.floats(-1e3, 1e3).map(lambda v: round(v, 6))) for _ in range(2)))
)
CORRELATIONS = [(ranks.pearson, stats.pearsonr), (ranks.spearman, stats.spearmanr)]


@pytest.mark.parametrize(("ours", "theirs"), CORRELATIONS)
@settings(deadline=None)
@given(pair=st.one_of(TIED, ANY))
def test_correlations_against_scipy(ours, theirs, pair: tuple[Floats, Floats]) -> None:
    x, y = pair
    if x.min() == x.max() or y.min() == y.max():
        assert np.isnan(ours(x, y))
    else:
        assert ours(x, y) == pytest.approx(theirs(x, y).statistic, abs=1e-9)


@settings(deadline=None)
@given(pair=st.one_of(TIED, ANY))
def test_kendall_by_counting_pairs(pair: tuple[Floats, Floats]) -> None:
    x, y = pair
    pairs = list(combinations(range(len(x)), 2))
    agree = sum(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i, j in pairs)
    untied = [sum(v[i] != v[j] for i, j in pairs) for v in pair]
    if not all(untied):
        assert np.isnan(ranks.kendall(x, y))
    else:
        assert ranks.kendall(x, y) == pytest.approx(agree / np.sqrt(untied[0] * untied[1]), abs=1e-9)


@pytest.mark.parametrize("metric", [ranks.pearson, ranks.spearman, ranks.kendall])
def test_nan_policy_of_correlations(metric) -> None:
    y = np.array([1.0, 2.0, np.nan, 4.0, 3.0])
    x = np.array([1.0, 3.0, np.nan, 4.0, 2.0])
    keep = np.isfinite(y)
    assert metric(x, y) == pytest.approx(metric(x[keep], y[keep]))
    for missing in (np.nan, np.inf, -np.inf):
        assert np.isnan(metric(np.array([1.0, missing, 2.0]), np.array([1.0, 2.0, 3.0])))
    assert np.isnan(metric(np.ones(1), np.ones(1)))
    assert np.isnan(metric(np.empty(0), np.empty(0)))
    assert np.isnan(metric(np.ones(4), np.arange(4.0)))
    assert metric(np.array([1e300, -1e300, 0.0]), np.array([3.0, 1.0, 2.0])) == pytest.approx(1.0)


def _by_all_tie_breaks(predicted: Floats, truth: Floats, k: int, higher: bool) -> tuple[float, float]:
    """Overlap and regret averaged over every order of the curves, ties broken by that order."""
    sign = -1 if higher else 1
    overlaps, regrets = [], []
    orders = [np.array(p) for p in permutations(range(len(truth)))]
    best = [set(o[np.argsort(sign * truth[o], kind="stable")][:k].tolist()) for o in orders]
    for o in orders:
        chosen = o[np.argsort(sign * predicted[o], kind="stable")][:k]
        overlaps.append(np.mean([len(set(chosen.tolist()) & b) / len(b) for b in best]))
        regrets.append(np.min(sign * truth[chosen]) - np.min(sign * truth))
    return float(np.mean(overlaps)), float(np.mean(regrets))


@settings(deadline=None, max_examples=30)
@given(
    pair=st.tuples(*(arrays(float, 5, elements=st.integers(0, 3).map(float)) for _ in range(2))), k=st.integers(1, 6), higher=st.booleans()
)
def test_choices_average_over_ties(pair: tuple[Floats, Floats], k: int, higher: bool) -> None:
    overlap, regret = _by_all_tie_breaks(*pair, k, higher)
    assert ranks.top_overlap(*pair, k, higher) == pytest.approx(overlap, abs=1e-9)
    assert ranks.regret_at(*pair, k, higher) == pytest.approx(regret, abs=1e-9)


def test_choices_on_known_cases() -> None:
    truth = np.array([0.9, 0.8, 0.7, 0.1])
    assert ranks.regret_at(truth[::-1].copy(), truth, 1, True) == pytest.approx(0.8)
    assert ranks.regret_at(truth, truth, 1, True) == 0
    assert ranks.regret_at(truth, truth, 1, False) == 0
    assert ranks.regret_at(np.array([0.0, 1.0, 0.0, 0.0]), truth, 1, True) == pytest.approx(0.1)
    assert ranks.regret_at(np.array([0.0, 0.5, 1.0, 0.0]), truth, 2, True) == pytest.approx(0.1)
    assert ranks.regret_at(np.ones(4), truth, 1, True) == pytest.approx(0.9 - truth.mean())
    assert ranks.top_overlap(np.ones(4), truth, 2, True) == pytest.approx(0.5)
    assert ranks.top_overlap(truth, truth, 10, True) == 1
    assert ranks.precision_at(truth, truth, 2, True, share=0.25) == pytest.approx(0.5)
    assert ranks.precision_at(np.arange(40.0), np.arange(40.0), 4, False) == 1


@pytest.mark.parametrize("metric", [ranks.top_overlap, ranks.precision_at, ranks.regret_at])
def test_nan_policy_of_choices(metric) -> None:
    for missing in (np.nan, np.inf, -np.inf):
        assert np.isnan(metric(np.array([missing, 1.0]), np.ones(2), 1, True))
    assert np.isnan(metric(np.empty(0), np.empty(0), 1, True))
    kept = metric(np.array([1.0, np.nan, 2.0]), np.array([1.0, np.nan, 2.0]), 1, True)
    assert kept == metric(np.array([1.0, 2.0]), np.array([1.0, 2.0]), 1, True)


def test_top_share_sums_to_k() -> None:
    values = np.array([3.0, 1.0, 3.0, 2.0, 1.0, 1.0])
    for k in range(8):
        assert ranks.top_share(values, k, True).sum() == pytest.approx(min(k, 6))
