from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics import CURVE_METRICS, SET_METRICS, measure
from evaluation.ranks import precision_at, top_overlap
from evaluation.results import KEYS
from nasbench_lc.curves import Target
from nasbench_lc.forecast import Forecast


def test_every_metric_has_a_key_in_the_rows() -> None:
    assert set(CURVE_METRICS) | set(SET_METRICS) <= set(KEYS)


def test_what_does_not_apply_is_none() -> None:
    t = np.arange(1.0, 4.0)
    truth = np.random.default_rng(0).uniform(1, 2, (5, 3))
    scores = measure(Forecast.from_point(t, truth + 0.1), Target(t, truth), higher=False)
    without = {"crps", "crps_median", "nll", "coverage_50", "coverage_80", "coverage_95", "width_80"}
    assert {n for n, v in scores.items() if v is None} == without
    assert all(v is None for v in measure(Forecast.from_point(t, truth[:0]), Target(t, truth[:0]), False).values())


def test_what_overflows_is_none() -> None:
    t = np.arange(1.0, 3.0)
    truth = np.array([[1.0, 1e300], [1.0, 2.0]])
    scores = measure(Forecast.from_point(t, np.ones((2, 2))), Target(t, truth), higher=False)
    assert scores["rmse"] is None
    assert scores["mape_median"] is not None


def best(values: list[int], order: tuple[int, ...], k: int, up: bool) -> set[int]:
    """The best `k` where `order` breaks the ties."""
    return set(sorted(order, key=lambda i: -values[i] if up else values[i])[:k])


def shared(x: list[int], y: list[int], k: int, m: int, up: bool) -> float:
    """How many of the best `k` by `x` are among the best `m` by `y`, the mean over every way to break ties."""
    distinct = len(set(x)) == len(x) and len(set(y)) == len(y)
    orders = [tuple(range(len(x)))] if distinct else list(permutations(range(len(x))))
    return float(np.mean([len(best(x, a, k, up) & best(y, b, m, up)) for a, b in product(orders, orders)]))


DISTINCT = st.integers(1, 40).flatmap(lambda n: st.tuples(st.permutations(range(n)), st.permutations(range(n))))
TIED = st.integers(1, 4).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 2), min_size=n, max_size=n)] * 2))


@settings(deadline=None)
@given(st.one_of(DISTINCT, TIED), st.booleans())
def test_choices_by_sets(pair: tuple[list[int], list[int]], up: bool) -> None:
    x, y = pair
    n, t = len(x), np.array([1.0])
    forecast, target = Forecast.from_point(t, np.array(x, dtype=float)[:, None]), Target(t, np.array(y, dtype=float)[:, None])
    expected = {"precision_at_10": shared(x, y, 10, max(1, round(0.1 * n)), up), "top10_overlap": shared(x, y, 10, 10, up)}
    for name, number in expected.items():
        assert SET_METRICS[name].score(forecast, target, up) == pytest.approx(number / min(10, n), rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(TIED, st.integers(1, 4), st.booleans())
def test_few_choices_by_sets(pair: tuple[list[int], list[int]], k: int, up: bool) -> None:
    x, y = (np.array(v, dtype=float) for v in pair)
    assert precision_at(x, y, k, up) == pytest.approx(shared(*pair, k, 1, up) / min(k, len(x)), rel=1e-9, abs=1e-12)
    assert top_overlap(x, y, k, up) == pytest.approx(shared(*pair, k, k, up) / min(k, len(x)), rel=1e-9, abs=1e-12)
