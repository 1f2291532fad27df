from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.fits import Fits
from evaluation.level_map import level_map
from evaluation.matching import ENOUGH, LEAST, MEAN_COUNTS, MOMENTS_COUNT, SPREAD_COUNTS, beside, levelled, matched
from evaluation.protocol import Strict
from evaluation.split import split
from evaluation.transfer import concatenate
from nasbench_lc.curves import CurveSet, Floats
from nasbench_lc.errors import ConfigError
from predictors.knn import KNN
from predictors.scale import from_scale, to_scale
from tests.evaluation.toys import toy_curves


def logs(curves: CurveSet) -> Floats:
    return to_scale(curves.target, curves.metric)


def shifted(curves: CurveSet, factor: float, power: float = 1.0) -> CurveSet:
    """Losses of another height and spread, on their logarithmic scale."""
    y = curves.y.copy()
    for j in (0, 1):
        z = to_scale(y[:, :, j], "test_loss")
        y[:, :, j] = from_scale((z - z.mean()) * power + z.mean() + np.log(factor), "test_loss")
    return replace(curves, y=y)


@pytest.mark.parametrize(("factor", "power"), [(0.1, 1.0), (3.0, 0.5), (0.5, 2.0)])
def test_curves_come_to_lie_where_the_target_s_do(factor: float, power: float) -> None:
    source, few = toy_curves(60, seed=1), shifted(toy_curves(400, seed=2), factor, power)
    moved = matched(source, few)
    np.testing.assert_allclose(logs(moved).mean(0), logs(few).mean(0), atol=0.02)
    np.testing.assert_allclose(logs(moved).std(0), logs(few).std(0), rtol=0.05)


def test_few_curves_count_as_so_many_and_the_source_as_one_and_five() -> None:
    source, few = toy_curves(60, seed=1), shifted(toy_curves(3, seed=2), 0.2)
    ours, theirs, moved = logs(source), logs(few), logs(matched(source, few))
    mean = (3 * theirs.mean(0) + MEAN_COUNTS * ours.mean(0)) / (3 + MEAN_COUNTS)
    np.testing.assert_allclose(moved.mean(0), mean, atol=1e-9)
    square = 3 * ((theirs - mean) ** 2).mean(0) + SPREAD_COUNTS * np.maximum(ours.std(0), LEAST) ** 2
    np.testing.assert_allclose(moved.std(0), np.sqrt(square / (3 + SPREAD_COUNTS)), rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_ranks_gaps_and_everything_else_stay(seed: int, n: int) -> None:
    source, few = toy_curves(20, seed=seed), shifted(toy_curves(n, seed=seed + 1), 0.3, 1.5)
    source.y[3, 4:, :] = np.nan
    source.y[5, -1, 1] = np.inf
    moved = matched(source, few)
    np.testing.assert_array_equal(np.isfinite(moved.y), np.isfinite(source.y))
    assert (moved.uid, moved.group, moved.status, moved.architectures) == (source.uid, source.group, source.status, source.architectures)
    for epoch in range(source.epochs):
        there = np.isfinite(source.target[:, epoch])
        order = np.argsort(source.target[there, epoch])
        assert (np.diff(moved.target[there, epoch][order]) >= 0).all()
    accuracy = moved.for_metric("test_acc").target
    assert ((accuracy >= 0) & (accuracy <= 1) | ~np.isfinite(accuracy)).all()


def test_one_exploding_curve_on_either_side_moves_no_other() -> None:
    source, few = toy_curves(60, seed=1), toy_curves(20, seed=2)
    before = matched(source, few).target
    source.y[7], few.y[3] = 1e12, 1e12
    after = matched(source, few).target
    assert after[7, -1] > 1e3
    rest = np.arange(60) != 7
    assert np.abs(np.log(after[rest] / before[rest])).max() < 0.7


def test_what_the_target_does_not_record_stays_as_it_is() -> None:
    source, few = toy_curves(20, seed=1), shifted(toy_curves(10, seed=2), 0.2)
    few.y[:, :, 2] = np.nan
    few.y[:, 8:, :] = np.nan
    moved = matched(source, few)
    np.testing.assert_array_equal(moved.y[:, :, 2], source.y[:, :, 2])
    np.testing.assert_array_equal(moved.y[:, 8:], source.y[:, 8:])
    assert (moved.y[:, :8, :2] < source.y[:, :8, :2]).all()


def test_curves_of_another_length_are_refused() -> None:
    with pytest.raises(ConfigError, match="12 epochs; got 9"):
        matched(toy_curves(), toy_curves(epochs=9))


def test_a_transfer_moves_the_source_by_nothing_but_the_curves_that_it_may_see() -> None:
    source, goal = toy_curves(seed=1), shifted(toy_curves(40, seed=2), 0.1)
    parts = Strict(transfer_to=goal, transfer_curves=12).parts(source, 0)
    own = len(parts.train) - len(split(goal, 0, 12).train)
    assert logs(parts.train)[:own].mean() == pytest.approx(logs(goal).mean(), abs=0.5)
    spoilt = replace(
        goal, y=np.where(np.isin(goal.uid, split(goal, 0, 12).train.uid + split(goal, 0, 12).valid.uid)[:, None, None], goal.y, 99.0)
    )
    again = Strict(transfer_to=spoilt, transfer_curves=12).parts(source, 0)
    np.testing.assert_array_equal(again.train.y, parts.train.y)
    np.testing.assert_array_equal(again.valid.y, parts.valid.y)
    zero = Strict(transfer_to=goal).parts(source, 0)
    np.testing.assert_array_equal(zero.train.y, split(source, 0).train.y)


def test_one_s_own_curves_are_told_apart_from_what_the_source_teaches() -> None:
    source = split(toy_curves(40, seed=1), 0)
    own = split(replace(toy_curves(50, seed=2), schedule=np.linspace(1, 0, 12)), 0)
    few = beside(source, own).few
    assert few is not None
    assert few.own == (own.train, own.valid)
    train, valid = few.others
    assert (train.uid, valid.uid) == (source.train.uid, source.valid.uid)
    np.testing.assert_array_equal(train.y, matched(source.train, concatenate(own.train, own.valid)).y)
    assert train.schedule is own.train.schedule


def test_what_is_learnt_from_both_keeps_one_s_own_schedule_and_test_part() -> None:
    source, own = split(toy_curves(40, seed=1), 0), split(replace(toy_curves(20, seed=2), schedule=np.linspace(1, 0, 12)), 0)
    both = beside(source, own)
    assert both.train.uid == source.train.uid + own.train.uid
    assert both.valid.uid == source.valid.uid + own.valid.uid
    assert both.test is own.test
    assert both.train.schedule is own.train.schedule
    np.testing.assert_array_equal(both.valid.y[-len(own.valid) :], own.valid.y)


def test_what_does_not_carry_over_is_learnt_from_apart_only() -> None:
    curves = toy_curves(40, seed=1)
    stuck, low = curves.y.copy(), np.geomspace(0.05, 0.8, 40)[:, None, None]
    stuck[:20, :, :2] = 0.6
    source, own = (
        split(replace(curves, y=stuck, uid=tuple(f"other-{u}" for u in curves.uid)), 0),
        split(replace(curves, y=curves.y * low), 0),
    )
    both = beside(source, own)
    assert both.few is not None
    shown = concatenate(own.train, own.valid)
    everything, moved = concatenate(source.train, source.valid), concatenate(*both.few.others)
    telling = everything.target[:, -1] != 0.6
    learnt = levelled(everything.subset(telling), moved.subset(telling), shown)
    for ours, theirs, others, part in zip(
        (both.train, both.valid), (own.train, own.valid), both.few.others, (source.train, source.valid), strict=True
    ):
        kept = part.target[:, -1] != 0.6
        rows = np.isin(learnt.uid, ours.uid)
        assert rows.sum() == kept.sum()
        np.testing.assert_array_equal(ours.y[: kept.sum()], learnt.y[rows])
        assert ours.uid == (*(u for u, k in zip(part.uid, kept, strict=True) if k), *theirs.uid)
        np.testing.assert_array_equal(others.y, matched(part, shown).y)
        assert others.uid == part.uid
    assert {u for part in both.learnt for u in part.uid} > {*both.train.uid, *both.valid.uid}
    assert own.learnt == (own.train, own.valid)


def test_what_is_learnt_from_both_lies_where_shared_configurations_say() -> None:
    """Each of the curves on the target is a bent one of the source's: so are those that were not seen there, and twenty curves' moments miss them."""
    curves = toy_curves(80, seed=1)
    bent = replace(curves, y=np.concatenate([np.sqrt(curves.y[:, :, :2]) * 0.3, curves.y[:, :, 2:] ** 2], axis=2))
    source, own = split(replace(curves, uid=tuple(f"other-{u}" for u in curves.uid)), 0), split(bent, 0, 20)
    both = beside(source, own)
    assert both.few is not None
    n = len(source.train)
    truth = bent.subset(np.array([bent.uid.index(uid.removeprefix("other-")) for uid in source.train.uid]))
    for j, metric in enumerate(curves.metrics):
        wanted = to_scale(truth.y[:, :, j], metric)
        off, before = (np.abs(to_scale(part.y[:n, :, j], metric) - wanted).mean() for part in (both.train, both.few.others[0]))
        assert off < 0.5 * before


@pytest.mark.parametrize("n", [1, 5, 40])
def test_moments_count_as_ten_configurations_on_both(n: int) -> None:
    source = toy_curves(60, seed=1)
    few = shifted(source.subset(slice(n)), 0.2, 1.5)
    moved, to = matched(source, few), level_map(source.target[:n], few.target, source.metric)
    assert to is not None
    said = to_scale(to(source.target), source.metric)
    np.testing.assert_allclose(
        logs(levelled(source, moved, few)), (n * said + MOMENTS_COUNT * logs(moved)) / (n + MOMENTS_COUNT), rtol=1e-9
    )


def test_repeats_count_as_one_by_their_median() -> None:
    source = toy_curves(30, seed=1)
    few = shifted(source.subset(slice(10)), 0.2, 1.5)
    moved = matched(source, few)
    wanted = levelled(source, moved, few)
    exploded = replace(few, y=np.where(np.arange(10)[:, None, None] == 4, 1e9, few.y))
    thrice = concatenate(concatenate(few, exploded), few)
    np.testing.assert_array_equal(levelled(source, moved, thrice).y, wanted.y)


def test_logs_without_a_configuration_are_of_one() -> None:
    """Nothing tells their runs apart, so all pairs of them would be shared."""
    source, few = toy_curves(60, seed=1), shifted(toy_curves(40, seed=2), 0.2)
    one = [replace(c, architectures=c.architectures[:1] * len(c), hyperparameters=np.zeros((len(c), 2))) for c in (source, few)]
    moved = matched(*one)
    off = logs(levelled(one[0], moved, one[1])) - logs(moved)
    assert 0 < np.abs(off).mean() < 0.1


@pytest.mark.parametrize("n", [ENOUGH - 1, ENOUGH])
def test_many_curves_have_moments_of_their_own_to_go_by(n: int) -> None:
    curves = toy_curves(240, seed=1)
    source, own = split(replace(curves, uid=tuple(f"other-{u}" for u in curves.uid)), 0), split(shifted(curves, 0.2, 1.5), 0, n)
    both = beside(source, own)
    assert both.few is not None
    same = np.array_equal(both.train.y[: len(source.train)], both.few.others[0].y)
    assert same == (n == ENOUGH)


def test_a_metric_without_shared_values_stays_as_it_was_moved() -> None:
    source = toy_curves(40, seed=1)
    own = shifted(source.subset(slice(20)), 0.2)
    own.y[:, :, 0] = np.nan
    own.y[:, :, 2] = np.nan
    moved = matched(source, own)
    found = levelled(source, moved, own)
    np.testing.assert_array_equal(found.y[:, :, [0, 2]], moved.y[:, :, [0, 2]])
    assert np.abs(found.y[:, :, 1] - moved.y[:, :, 1]).max() > 0.01
    strangers = replace(own, hyperparameters=own.hyperparameters + 1)
    np.testing.assert_array_equal(levelled(source, moved, strangers).y, moved.y)


def test_one_s_own_curves_remain_where_nothing_of_the_source_carries_over() -> None:
    curves = toy_curves(40, seed=1)
    flat = replace(curves, y=np.full_like(curves.y, 0.6), uid=tuple(f"other-{u}" for u in curves.uid))
    own = split(replace(curves, y=curves.y * np.geomspace(0.05, 0.8, 40)[:, None, None]), 0)
    both = beside(split(flat, 0), own)
    assert (both.train.uid, both.valid.uid) == (own.train.uid, own.valid.uid)
    fitted, _ = Fits().learn(KNN, both)
    observed, target = own.test.observe(4)
    assert np.isfinite(fitted.predict(observed, target.t).mean).all()
