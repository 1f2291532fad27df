"""No forecast may depend on what came after the observed epochs of a test curve, nor on which other curves are tested."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from evaluation.paper_protocol import Paper
from evaluation.protocol import Protocol, Strict
from nasbench_lc.curves import CurveSet, Floats
from nasbench_lc.forecast import Forecast
from predictors.base import Predictor
from tests.evaluation.toys import Last, Mean, Peek, toy_curves

K = 4


def with_other_futures(curves: CurveSet, test: CurveSet, k: int) -> CurveSet:
    """The curves with the futures of the test curves handed round among them."""
    rows = np.array([curves.uid.index(u) for u in test.uid])
    y = curves.y.copy()
    y[rows, k:] = y[np.roll(rows, 1), k:]
    return replace(curves, y=y)


def forecasts(protocol: Protocol, make: Callable[[], Predictor], curves: CurveSet, k: int) -> dict[str, Floats]:
    parts = protocol.parts(curves, 0)
    predictor = protocol.prepared(make(), k).fit(parts.train, parts.valid)
    observed, target = parts.test.observe(k)
    return dict(zip(parts.test.uid, predictor.predict(observed, target.t).mean, strict=True))


def leaks(protocol: Protocol, make: Callable[[], Predictor], curves: CurveSet) -> bool:
    """Whether any forecast changes when the futures of the test curves do."""
    before = forecasts(protocol, make, curves, K)
    after = forecasts(protocol, make, with_other_futures(curves, protocol.parts(curves, 0).test, K), K)
    return any(not np.array_equal(before[uid], after[uid]) for uid in before)


class Thief(Last):
    """Follows its views of the data back to the whole file."""

    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> "Thief":
        whole = train.y.base if train.y.base is not None else train.y
        self.std = np.nanmean(whole[:, -1], keepdims=False)[None]
        self.rows = len(whole)
        return self


class Planted(Last):
    """Is handed the whole file behind the back of the protocol."""

    def __init__(self, everything: CurveSet) -> None:
        super().__init__()
        self.everything = everything

    def predict(self, observed, t):
        known = {a.key: y for a, y in zip(self.everything.architectures, self.everything.target, strict=True)}
        truth = np.array([known[a.key][t.astype(int) - 1] for a in observed.architectures])
        return Forecast.from_point(t, truth)


@pytest.mark.parametrize("make", [Last, Mean, Peek, Thief])
def test_the_strict_protocol_does_not_leak(make: type[Predictor]) -> None:
    assert not leaks(Strict(), make, toy_curves())


def test_the_strict_protocol_hands_over_no_view_of_the_whole() -> None:
    curves = toy_curves()
    parts = Strict().parts(curves, 0)
    thief = Thief().fit(parts.train)
    assert thief.rows == len(parts.train)
    assert not np.shares_memory(parts.train.y, curves.y)


def test_a_planted_leak_is_caught() -> None:
    curves = toy_curves()
    current = [curves]

    def make() -> Predictor:
        return Planted(current[0])

    before = forecasts(Strict(), make, curves, K)
    current[0] = with_other_futures(curves, Strict().parts(curves, 0).test, K)
    after = forecasts(Strict(), make, current[0], K)
    assert any(not np.array_equal(before[uid], after[uid]) for uid in before)


def test_the_papers_protocol_is_caught_as_the_leak_it_is() -> None:
    assert leaks(Paper(), Peek, toy_curves())


@pytest.mark.parametrize("make", [Last, Mean, Peek])
def test_the_order_of_test_curves_changes_nothing(make: type[Predictor]) -> None:
    curves = toy_curves()
    shuffled = curves.subset(np.random.default_rng(3).permutation(len(curves)))
    a, b = forecasts(Strict(), make, curves, K), forecasts(Strict(), make, shuffled, K)
    assert a.keys() == b.keys()
    for uid in a:
        np.testing.assert_allclose(a[uid], b[uid], rtol=1e-12)
