from dataclasses import replace

import numpy as np
import pytest

from nasbench_lc.curves import CurveSet, Floats, Observed
from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import Forecast
from predictors.base import Predictor
from predictors.extra_trees import ExtraTrees
from predictors.few_shot import FewShot
from predictors.forest import ForestConfig
from predictors.lstm import LSTM, LSTMOptions
from predictors.mean_curve import MeanCurve
from predictors.scale import to_scale
from tests.predictors.toy_curves import power_curves

SOURCE = power_curves(80, seed=1)
TREES = ExtraTrees(ForestConfig(trees=20)).fit(SOURCE)


def other_task(n: int, seed: int, by: float = 0.5, metric: str = "test_loss") -> CurveSet:
    """Curves that lie higher the deeper the network, which the source's do less."""
    curves = power_curves(n, seed=seed, metric=metric)
    deep = np.array([len(a.widths) for a in curves.architectures])[:, None]
    y = curves.y.copy()
    y[:, :, 0] *= np.exp(by * (deep - 1))
    y[:, :, 1] *= np.exp(-0.2 * by * (deep - 1))
    return replace(curves, y=y)


def set_right(base: Predictor, few: CurveSet) -> FewShot:
    """As if the few taught nothing where they are learnt from."""
    return FewShot(base, base, few)


def error(forecast: Forecast, truth: Floats) -> float:
    return float(np.mean(np.abs(forecast.mean - truth) / truth))


@pytest.mark.parametrize("metric", ["test_loss", "test_acc"])
@pytest.mark.parametrize("observe", [0, 1, 6])
def test_a_few_curves_of_a_task_lower_the_error_of_what_learnt_from_another(metric: str, observe: int) -> None:
    base = ExtraTrees(ForestConfig(trees=20)).fit(power_curves(80, seed=1, metric=metric))
    observed, target = other_task(100, 3, metric=metric).observe(observe)
    before, after = base.predict(observed, target.t), set_right(base, other_task(20, 2, metric=metric)).predict(observed, target.t)
    assert error(after, target.y) < 0.93 * error(before, target.y)


def test_an_error_that_all_share_is_taken_away() -> None:
    base = MeanCurve().fit(SOURCE)
    few = replace(SOURCE, y=SOURCE.y * 1.5).subset(slice(0, 30))
    observed, target = few.observe(4)
    shift = to_scale(set_right(base, few).predict(observed, target.t).mean, "test_loss") - to_scale(
        base.predict(observed, target.t).mean, "test_loss"
    )
    off = to_scale(target.y, "test_loss") - to_scale(base.predict(observed, target.t).mean, "test_loss")
    assert np.abs(off - shift).mean() < 0.75 * np.abs(off).mean()


def test_intervals_hold_what_they_say_though_those_of_the_base_do_not() -> None:
    held, before = [], []
    for seed in range(4):
        observed, target = other_task(60, 100 + seed).observe(6)
        for answers, model in ((held, set_right(TREES, other_task(20, seed))), (before, TREES)):
            low, high = model.predict(observed, target.t).interval(0.8)
            answers.append(np.mean((low <= target.y) & (target.y <= high)))
    assert np.mean(before) < 0.6
    assert 0.75 < np.mean(held) < 0.95


def test_curves_that_are_forecast_right_change_nothing() -> None:
    base = MeanCurve().fit(SOURCE)
    observed, target = SOURCE.observe(5)
    forecast = base.predict(observed, target.t).mean
    right = replace(SOURCE, y=np.concatenate([observed.target, forecast], axis=1)[:, :, None].repeat(2, axis=2)).subset(slice(0, 20))
    np.testing.assert_allclose(set_right(base, right).predict(observed, target.t).mean, forecast, rtol=1e-9)


def test_a_row_is_about_its_own_curve_and_an_epoch_about_itself() -> None:
    model = set_right(TREES, other_task(12, 2))
    observed, target = other_task(9, 3).observe(6)
    whole = model.predict(observed, target.t)
    some = model.predict(observed.subset(slice(2, 5)), target.t[[3, 8]])
    np.testing.assert_allclose(some.mean, whole.mean[2:5][:, [3, 8]], rtol=1e-9)
    np.testing.assert_allclose(some.quantiles, whole.quantiles[2:5][:, [3, 8]], rtol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_one_two_and_three_curves_serve(n: int) -> None:
    observed, target = other_task(9, 3).observe(6)
    forecast = set_right(TREES, other_task(n, 2)).predict(observed, target.t)
    assert np.isfinite(forecast.mean).all()
    assert (np.diff(forecast.quantiles[..., 1:-1], axis=-1) >= 0).all()  # the outer ones are not known of so few curves


def test_three_curves_do_not_outvote_the_forecast_as_it_is() -> None:
    observed, target = SOURCE.observe(6)
    after = set_right(TREES, other_task(3, 2, by=1.0)).predict(observed, target.t)
    np.testing.assert_allclose(after.mean, TREES.predict(observed, target.t).mean, rtol=1e-9)


def test_without_an_error_to_show_and_at_the_last_epoch_the_forecast_is_the_base_s() -> None:
    few = other_task(12, 2)
    blank = replace(few, y=np.where(np.arange(20)[:, None] > 9, np.nan, few.y))
    observed, target = other_task(9, 3).observe(6)
    np.testing.assert_array_equal(set_right(TREES, blank).predict(observed, target.t).mean, TREES.predict(observed, target.t).mean)
    shorter = replace(few, y=few.y[:, :6], seconds=few.seconds[:, :6])
    np.testing.assert_array_equal(set_right(TREES, shorter).predict(observed, target.t).mean, TREES.predict(observed, target.t).mean)


def test_epochs_beyond_the_few_are_corrected_as_their_last() -> None:
    observed, _ = other_task(9, 3).observe(6)
    model = set_right(TREES, other_task(20, 2))
    found, base = (m.predict(observed, np.array([20.0, 30.0])).mean for m in (model, TREES))
    moved = to_scale(found, "test_loss") - to_scale(base, "test_loss")
    np.testing.assert_allclose(moved[:, 1], moved[:, 0], rtol=1e-9)


def test_diverged_and_missing_values_spoil_nothing() -> None:
    few, test = other_task(20, 2), other_task(20, 3)
    few.y[3, 5:] = np.nan
    few.y[4, 8:] = 1e30
    test.y[0, 2] = np.nan
    observed, target = test.observe(6)
    forecast = set_right(TREES, few).predict(observed, target.t)
    assert np.isfinite(forecast.mean).all()
    assert error(forecast, target.y) < error(TREES.predict(observed, target.t), target.y)


def test_what_the_few_lack_nothing_of_stays_as_wide_as_stated_and_sure_forecasts_do_not() -> None:
    observed, target = SOURCE.observe(6)
    mean = MeanCurve().fit(SOURCE)
    base = mean.predict(observed, target.t)
    right = replace(SOURCE, y=np.concatenate([observed.target, base.mean], axis=1)[:, :, None].repeat(2, axis=2)).subset(slice(0, 20))
    np.testing.assert_allclose(set_right(mean, right).predict(observed, target.t).quantiles, base.quantiles, rtol=1e-9)
    base = TREES.predict(observed, target.t)
    unforeseen = power_curves(20, seed=2)  # from the seventh epoch on they lie half higher or lower, and nothing that is read says which
    unforeseen.y[:, 6:] *= np.exp(0.5 * np.random.default_rng(0).choice([-1.0, 1.0], size=(20, 1, 1)))
    wide = set_right(TREES, unforeseen).predict(observed, target.t)
    ratio = np.log(np.divide(*wide.interval(0.8)[::-1])) / np.log(np.divide(*base.interval(0.8)[::-1]))
    assert (ratio > 1).all()
    assert np.argmin(ratio) == np.argmax(np.log(np.divide(*base.interval(0.8)[::-1])))


def test_draws_and_densities_are_not_passed_on() -> None:
    base = LSTM(LSTMOptions(epochs=2)).fit(SOURCE)
    observed, target = other_task(9, 3).observe(6)
    assert base.predict(observed, target.t).samples is not None
    after = set_right(base, other_task(20, 2)).predict(observed, target.t)
    assert (after.samples, after.density) == (None, None)


def test_the_forecast_is_the_mean_of_the_corrected_one_and_that_of_what_learnt_from_the_few() -> None:
    few = other_task(20, 2)
    observed, target = other_task(9, 3).observe(6)
    whole = MeanCurve().fit(few)
    both, alone, first = (m.predict(observed, target.t).mean for m in (FewShot(whole, TREES, few), FewShot(TREES, TREES, few), whole))
    z, base = (to_scale(x, "test_loss") for x in (alone, TREES.predict(observed, target.t).mean))
    corrected = 2 * z - base
    np.testing.assert_allclose(to_scale(both, "test_loss"), (corrected + to_scale(first, "test_loss")) / 2, rtol=1e-9)


def test_what_learnt_from_the_curves_alone_counts_the_more_there_are() -> None:
    observed, target = other_task(9, 3).observe(6)
    alone = MeanCurve().fit(other_task(100, 2))
    third = alone.predict(observed, target.t)
    for n, share in ((100, 0.25), (300, 0.5)):
        few = other_task(n, 2)
        two, three = (FewShot(TREES, TREES, few, *more).predict(observed, target.t) for more in ((), (alone,)))
        for name in ("mean", "quantiles"):
            z, own, found = (to_scale(getattr(forecast, name), "test_loss") for forecast in (two, third, three))
            np.testing.assert_allclose(found, (1 - share) * z + share * own, rtol=1e-9)


def test_a_quantile_that_the_third_does_not_state_is_as_far_from_the_median_as_that_of_the_other_two() -> None:
    few = other_task(120, 2)
    observed, target = other_task(9, 3).observe(6)
    alone = ExtraTrees(TREES.config).fit(few.subset(slice(0, 30)), few.subset(slice(30, 40)))  # too few to calibrate the outer levels on
    assert np.isnan(alone.predict(observed, target.t).quantiles[..., 0]).all()
    base = ExtraTrees(TREES.config).fit(power_curves(150, seed=1))
    two, three = (FewShot(base, base, few, *more).predict(observed, target.t) for more in ((), (alone,)))
    found = three.quantiles
    assert np.isfinite(found).all()
    below = [np.log(forecast.quantile(0.5) / forecast.quantile(0.025)) for forecast in (two, three)]
    np.testing.assert_allclose(*below, rtol=1e-3)  # the scale is a logarithm but for little
    assert (np.diff(found, axis=-1) >= 0).all()


@pytest.mark.parametrize("alone", [(), (MeanCurve().fit(SOURCE),)], ids=["two", "three"])
def test_what_is_kept_forecasts_the_same_and_a_plain_state_is_plain(alone: tuple[MeanCurve, ...]) -> None:
    few = other_task(12, 2)
    base = MeanCurve().fit(other_task(30, 5))
    model = FewShot(base, base, few, *alone)
    observed, target = other_task(9, 3).observe(6)
    wanted = model.predict(observed, target.t)
    again = FewShot.restored(MeanCurve, model.state())
    np.testing.assert_array_equal(again.predict(observed, target.t).quantiles, wanted.quantiles)
    assert again.state().keys() == model.state().keys()
    plain = FewShot.restored(MeanCurve, base.state())
    np.testing.assert_array_equal(plain.predict(observed, target.t).mean, base.predict(observed, target.t).mean)


def test_the_few_are_asked_about_once_for_each_prefix_length(monkeypatch: pytest.MonkeyPatch) -> None:
    few, (observed, target), (shorter, later) = other_task(12, 2), other_task(9, 3).observe(6), other_task(9, 3).observe(2)
    base = MeanCurve().fit(SOURCE)
    wanted = set_right(base, few).predict(observed, target.t)
    asked: list[int] = []
    predict = MeanCurve.predict

    def counted(self: MeanCurve, about: Observed, t: Floats) -> Forecast:
        asked.append(len(about))
        return predict(self, about, t)

    monkeypatch.setattr(MeanCurve, "predict", counted)
    model = set_right(base, few)
    for prefix, epochs in ((observed, target.t), (observed, target.t), (shorter, later.t), (observed, target.t)):
        found = model.predict(prefix, epochs)
    np.testing.assert_array_equal(found.quantiles, wanted.quantiles)
    assert asked.count(len(few)) == 2
    others = other_task(20, 5)
    model.load_state(set_right(base, others).state())
    np.testing.assert_array_equal(model.predict(observed, target.t).mean, set_right(base, others).predict(observed, target.t).mean)


def test_trees_that_are_kept_forecast_the_same() -> None:
    few = other_task(12, 2)
    model = FewShot(ExtraTrees(TREES.config).fit(few), TREES, few)
    observed, target = other_task(9, 3).observe(6)
    wanted = model.predict(observed, target.t)
    again = FewShot.restored(lambda: ExtraTrees(TREES.config), model.state())
    np.testing.assert_array_equal(again.predict(observed, target.t).quantiles, wanted.quantiles)


def test_it_is_made_of_what_is_fitted() -> None:
    with pytest.raises(ConfigError, match="got 80 curves to fit"):
        set_right(TREES, other_task(12, 2)).fit(SOURCE)


def test_other_curves_may_set_it_right() -> None:
    one, other = other_task(20, 2), other_task(20, 4)
    observed, target = other_task(9, 3).observe(6)
    found = set_right(TREES, one).with_few(other).predict(observed, target.t).mean
    np.testing.assert_array_equal(found, set_right(TREES, other).predict(observed, target.t).mean)
