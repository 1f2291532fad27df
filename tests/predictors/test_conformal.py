from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from nasbench_lc.forecast import LEVELS
from predictors.conformal import bounded, conformal_offsets, hold_out, value_range
from predictors.extra_trees import ExtraTrees
from predictors.forest import ForestConfig
from predictors.gaussian import Gaussian
from predictors.knn import KNN
from predictors.last_value import LastValue
from tests.predictors.toy_curves import power_curves


def test_offsets_are_the_order_statistics_of_the_rule() -> None:
    rng = np.random.default_rng(0)
    r = rng.standard_normal((99, 3))
    offsets = conformal_offsets(r)
    for q, column in ((0.05, 5), (0.25, 25), (0.5, 50), (0.8, 80), (0.95, 95)):
        at = np.flatnonzero(np.isclose(LEVELS, q))[0]
        np.testing.assert_array_equal(offsets[:, at], np.sort(r, 0)[column - 1])
    assert (np.diff(offsets, axis=1) >= 0).all()


@pytest.mark.parametrize(("n", "known"), [(0, 0), (1, 1), (18, 35), (19, 37), (38, 37), (39, 39)])
def test_too_few_curves_leave_the_outer_quantiles_open(n: int, known: int) -> None:
    offsets = conformal_offsets(np.random.default_rng(0).standard_normal((n, 2)))
    finite = np.isfinite(offsets)
    assert finite.sum(1).tolist() == [known, known]
    assert (finite == finite[:, ::-1]).all()


def test_missing_truths_count_as_no_curve() -> None:
    r = np.random.default_rng(0).standard_normal((60, 2))
    r[20:, 1] = np.nan
    np.testing.assert_array_equal(conformal_offsets(r)[1], conformal_offsets(r[:20, 1:])[0])


def test_each_level_covers_exactly_on_average() -> None:
    rng = np.random.default_rng(1)
    n, repeats = 57, 4000
    offsets = conformal_offsets(rng.standard_exponential((n, repeats)))  # skewed on purpose
    below = (rng.standard_exponential((repeats, 1)) <= offsets).mean(0)
    for level, share in zip(LEVELS, below, strict=True):
        if 1 <= (n + 1) * level <= n:
            low, high = (
                binom.ppf(p, repeats, round_((n + 1) * level) / (n + 1)) / repeats for p, round_ in ((1e-4, np.floor), (1 - 1e-4, np.ceil))
            )
            assert low <= share <= high, level
            assert abs(share - level) < 0.02, level


def test_between_two_order_statistics_a_level_takes_its_part_of_the_way() -> None:
    r = np.arange(1.0, 58.0)[:, None] ** 2  # n + 1 = 58
    offsets = conformal_offsets(r)[0]
    for level, value in zip(LEVELS, offsets, strict=True):
        place = 58 * level
        if 1 <= place <= 57:
            assert value == pytest.approx(np.interp(place, np.arange(1, 58), r[:, 0]), rel=1e-12), level


def test_intervals_are_no_wider_on_average_than_they_say() -> None:
    """The outer neighbours of 45 curves would cover 40 of 46, not 80 %."""
    rng = np.random.default_rng(5)
    repeats = 4000
    offsets = conformal_offsets(rng.standard_normal((45, repeats)))
    low, high = (offsets[:, np.isclose(LEVELS, q)][:, 0] for q in (0.1, 0.9))
    new = rng.standard_normal(repeats)
    assert abs(((new >= low) & (new <= high)).mean() - 0.8) < 0.02


@pytest.mark.parametrize("model", [LastValue(), Gaussian(), KNN(), ExtraTrees(ForestConfig(trees=30))], ids=lambda m: type(m).__name__)
def test_eighty_percent_intervals_cover_eighty_percent(model: LastValue | Gaussian | KNN | ExtraTrees) -> None:
    curves = power_curves(6200, epochs=8, seed=3, noise=0.05)
    model.fit(curves.subset(slice(0, 200)), curves.subset(slice(200, 1200)))
    observed, target = curves.subset(slice(1200, None)).observe(3)
    forecast = model.predict(observed, target.t)
    low, high = forecast.interval(0.8)
    covered = ((target.y >= low) & (target.y <= high)).mean(0)
    assert abs(covered.mean() - 0.8) <= 0.03
    assert np.abs(covered - 0.8).max() <= 0.05


def test_the_range_is_over_all_epochs_of_all_sets() -> None:
    a, b = power_curves(5, metric="test_acc"), power_curves(4, seed=1, metric="test_acc")
    a.y[0, 3], b.y[2, 0] = -2.0, 3.0
    b.y[1, 1], b.y[1, 2] = 1e9, np.nan  # not finite throughout: it sets no bound ...
    np.testing.assert_array_equal(value_range(a, b), [-2.0, 3.0])
    assert value_range(b.subset([1]))[1] == 1e9  # ... unless there is no other
    np.testing.assert_array_equal(value_range(a.subset([])), [np.inf, -np.inf])


def test_the_most_extreme_hundredth_of_the_curves_sets_no_bound_at_either_end() -> None:
    for n, left_out in ((38, 0), (39, 1), (199, 1), (200, 2), (450, 4)):
        curves = power_curves(n, epochs=4, metric="test_acc")
        curves.y[:] = (np.random.default_rng(n).permutation(n)[:, None] + np.array([0.0, 0.25, 0.5, 0.125]))[:, :, None]
        np.testing.assert_array_equal(value_range(curves), [left_out, n - 1 - left_out + 0.5])
        np.testing.assert_array_equal(value_range(curves.subset(slice(0, n // 2)), curves.subset(slice(n // 2, None))), value_range(curves))


@given(st.integers(0, 2**32 - 1), st.integers(0, 4))
def test_quantiles_keep_their_order_and_stay_between_what_was_ever_seen(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    quantiles = np.sort(rng.standard_normal((3, 4, 9)) * 10 ** rng.uniform(-2, 6, (3, 1, 1)), axis=-1)
    quantiles[..., 0] = np.nan
    span, shown, centre = np.sort(rng.standard_normal(2)), rng.standard_normal((3, k)) * 3, rng.standard_normal((3, 4)) * 3
    shown[rng.random(shown.shape) < 0.3] = np.nan
    out = bounded(quantiles, span, shown, centre)
    assert np.isnan(out[..., 0]).all()
    assert (np.diff(out[..., 1:], axis=-1) >= 0).all()
    for i, h in np.ndindex(3, 4):
        seen = [*span, *shown[i][np.isfinite(shown[i])], centre[i, h]]
        np.testing.assert_array_equal(out[i, h, 1:], np.clip(quantiles[i, h, 1:], min(seen), max(seen)))


def test_bounds_cost_at_most_what_is_said_with_one_curve_in_a_hundred_exploding() -> None:
    """`n` curves of one value each, as hard to forecast as they please: the worst case, where all of a curve lies in the horizon."""
    rng = np.random.default_rng(2)
    n, repeats = 57, 4000
    difficulty = rng.standard_exponential((n + 1, repeats)) + 0.1
    y = difficulty * rng.standard_normal((n + 1, repeats)) * np.where(rng.random((n + 1, repeats)) < 0.01, 1e6, 1.0)
    quantiles = difficulty[n][:, None] * conformal_offsets(y[:n] / difficulty[:n])
    span = np.sort(y[:n], 0)[[1, -2]]  # what value_range says of so many curves
    inside = np.stack([bounded(quantiles[i, None, None], span[:, i], np.empty((1, 0)), np.zeros((1, 1)))[0, 0] for i in range(repeats)])
    largest = np.abs(span).max(0)
    assert (np.nanmax(np.abs(inside), 1) <= largest).all()
    assert (np.nanmax(np.abs(quantiles), 1) / largest).max() > 5  # so there was something to bound
    below = (y[n][:, None] <= inside).mean(0)
    for level, share in zip(LEVELS, below, strict=True):
        rank = np.floor((n + 1) * level) if level > 0.5 else np.ceil((n + 1) * level)
        if not 1 <= (n + 1) * level <= n or level == 0.5:
            continue
        promised = (rank - 2) / (n + 1) if level > 0.5 else (rank + 2) / (n + 1)
        if level > 0.5:
            assert share >= binom.ppf(1e-4, repeats, promised) / repeats, level
        else:
            assert share <= binom.ppf(1 - 1e-4, repeats, promised) / repeats, level


@pytest.mark.parametrize("model", [LastValue(), Gaussian()], ids=lambda m: type(m).__name__)
def test_exploding_curves_spoil_neither_coverage_nor_the_size_of_quantiles(model: LastValue | Gaussian) -> None:
    curves = power_curves(6200, epochs=8, seed=4, noise=0.05)
    rng = np.random.default_rng(0)
    for i in rng.choice(6200, 62, replace=False):
        curves.y[i, rng.integers(1, 8) :, 0] *= 10 ** rng.uniform(2, 6)
    model.fit(curves.subset(slice(0, 200)), curves.subset(slice(200, 1200)))
    observed, target = curves.subset(slice(1200, None)).observe(3)
    forecast = model.predict(observed, target.t)
    low, high = forecast.interval(0.8)
    assert np.abs(((target.y >= low) & (target.y <= high)).mean(0) - 0.8).max() <= 0.05
    most = max(curves.target[:1200].max(), observed.target.max(), forecast.mean.max())
    assert forecast.quantiles.max() <= most * (1 + 1e-9)


def test_a_group_counts_as_one_curve_however_many_members_it_has() -> None:
    r = np.random.default_rng(0).standard_normal((45, 3))
    each = conformal_offsets(r)
    twice = np.repeat(r, 2, axis=0)
    np.testing.assert_allclose(conformal_offsets(twice, groups=[str(i // 2) for i in range(90)]), each, rtol=1e-9)
    crowd = np.concatenate([r, np.tile(r[:1], (200, 1))])
    np.testing.assert_allclose(conformal_offsets(crowd, groups=[str(i) for i in range(45)] + ["0"] * 200), each, rtol=1e-9)
    np.testing.assert_array_equal(conformal_offsets(r, groups=[str(i) for i in range(45)]), each)


def test_new_curves_of_new_groups_are_covered_even_if_a_group_is_most_of_the_calibration() -> None:
    rng = np.random.default_rng(2)
    sizes = np.array([400, *(1 + rng.integers(0, 3, 40))])
    labels = [str(g) for g, n in enumerate(sizes) for _ in range(n)]
    repeats = 3000
    centre = rng.standard_normal((len(sizes), repeats))
    r = np.repeat(centre, sizes, axis=0) + 0.1 * rng.standard_normal((len(labels), repeats))
    new = rng.standard_normal(repeats) + 0.1 * rng.standard_normal(repeats)
    for groups, ok in ((labels, True), (None, False)):
        offsets = conformal_offsets(r, groups=groups)
        low, high = (offsets[:, np.isclose(LEVELS, q)][:, 0] for q in (0.1, 0.9))
        covered = ((new >= low) & (new <= high)).mean()
        assert bool(covered >= 0.78) is ok, covered


def test_hold_out_keeps_groups_together_and_tops_up_a_small_validation_part() -> None:
    curves = power_curves(200)
    curves = replace(curves, group=tuple(str(i // 4) for i in range(200)))
    rest, calibration = hold_out(curves, None)
    assert not set(rest.group) & set(calibration.group)
    assert len(rest) + len(calibration) == 200
    assert len(calibration) == 64  # 16 of 50 groups: a third of the curves, and not yet 39 groups
    valid = power_curves(25, seed=9)
    rest, calibration = hold_out(curves, valid)
    assert len(calibration) == 25 + 4 * 14
    rest, calibration = hold_out(curves, power_curves(50, seed=9))
    assert (len(rest), len(calibration)) == (200, 50)


def test_hold_out_leaves_most_of_a_small_training_part() -> None:
    rest, calibration = hold_out(power_curves(10), None)
    assert (len(rest), len(calibration)) == (7, 3)
    rest, calibration = hold_out(power_curves(1), None)
    assert (len(rest), len(calibration)) == (1, 0)
