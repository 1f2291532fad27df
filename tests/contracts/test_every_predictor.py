"""The contract of predictors/base.py, over the whole registry: a predictor that is added there is tested here."""

import dataclasses
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.curves import CurveSet, Observed
from nasbench_lc.errors import ConfigError, NotFittedError
from nasbench_lc.forecast import Forecast
from predictors.base import Predictor
from predictors.configure import make
from predictors.lc_gode import LCGODE, LCGODEOptions
from predictors.point import PointPredictor
from predictors.registry import PREDICTORS
from tests.predictors.toy_curves import power_curves

QUICK = {"epochs": 2, "updates": 20, "batch_size": 16, "steps": 8, "hidden": 16}
"""Budgets for tests, wherever a config has such a field."""

PRETRAINED = {"retrain": True, "width": 16, "layers": 2, "buckets": 20}
"""Settings of a small network where weights ship with the package and training must be asked for."""

SPECIAL: dict[str, dict[str, object]] = {}
"""Further settings that make one predictor quick, by name."""

EPOCHS, K = 20, 6
every = pytest.mark.parametrize("name", list(PREDICTORS))
points = pytest.mark.parametrize("name", [name for name, kind in PREDICTORS.items() if issubclass(kind, PointPredictor)])


def quick(name: str) -> Predictor:
    """A fresh predictor with a small budget."""
    kind = PREDICTORS[name]
    config = kind().config
    fields = {f.name for f in dataclasses.fields(config)}
    settings = {key: value for key, value in QUICK.items() if key in fields} | SPECIAL.get(name, {})
    return kind(dataclasses.replace(config, **settings))  # pyright: ignore[reportCallIssue]


@cache
def fitted(name: str, metric: str = "test_loss") -> Predictor:
    """Fitted once; only tests that do not fit again may use it, which `predict` must not notice."""
    return quick(name).fit(power_curves(60, seed=1, metric=metric), grouped(power_curves(60, seed=2, metric=metric)))


def grouped(curves: CurveSet) -> CurveSet:
    """The same in 45 groups, some of which hold two: enough for every quantile."""
    return dataclasses.replace(curves, group=tuple(str(i % 45) for i in range(len(curves))))


def ask(predictor: Predictor, curves: CurveSet, k: int = K, t: np.ndarray | None = None) -> Forecast:
    observed, target = curves.observe(k)
    return predictor.predict(observed, target.t if t is None else t)


def same(a: Forecast, b: Forecast, rtol: float = 0.0) -> None:
    np.testing.assert_allclose(a.mean, b.mean, rtol=rtol)
    np.testing.assert_allclose(a.quantiles, b.quantiles, rtol=rtol, atol=rtol)


def sane(forecast: Forecast, n: int, t: np.ndarray, metric: str) -> None:
    h = len(t)
    assert forecast.mean.shape == (n, h)
    assert forecast.quantiles.shape == (n, h, len(forecast.levels))
    assert forecast.mean.dtype == forecast.quantiles.dtype == np.float64
    np.testing.assert_array_equal(forecast.t, t)
    assert np.isfinite(forecast.mean).all()
    values = forecast.quantiles[np.isfinite(forecast.quantiles)]
    assert (np.diff(forecast.quantiles, axis=-1)[np.isfinite(np.diff(forecast.quantiles, axis=-1))] >= 0).all()
    for array in (forecast.mean, values):
        assert (array >= 0).all()
        assert metric.endswith("loss") or (array <= 1).all()
    if forecast.density is not None:
        assert (forecast.density.std > 0).all()
        assert np.isfinite(forecast.density.mean).all()


@every
def test_has_a_frozen_config_and_needs_a_fit(name: str) -> None:
    predictor = PREDICTORS[name]()
    assert dataclasses.is_dataclass(predictor.config)
    for field in dataclasses.fields(predictor.config):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(predictor.config, field.name, 1)
    with pytest.raises(NotFittedError):
        ask(quick(name), power_curves(3))
    with pytest.raises(NotFittedError):
        quick(name).state()


@every
def test_for_two_tasks_it_is_of_its_kind_and_not_fitted(name: str) -> None:
    other = quick(name).across_tasks()
    assert type(other) is PREDICTORS[name]
    assert other.across_tasks().config == other.config
    with pytest.raises(NotFittedError):
        other.state()


@every
@pytest.mark.parametrize("metric", ["test_loss", "test_acc"])
def test_shapes_units_and_types(name: str, metric: str) -> None:
    curves = power_curves(7, seed=3, metric=metric)
    forecast = ask(fitted(name, metric), curves)
    sane(forecast, 7, curves.t[K:], metric)
    assert np.isfinite(forecast.quantiles).all()


@every
def test_a_second_fit_forgets_the_first_and_equals_a_fresh_one(name: str) -> None:
    other = power_curves(20, epochs=12, seed=9, metric="test_acc")
    again = quick(name).fit(other).fit(power_curves(60, seed=1), grouped(power_curves(60, seed=2)))
    test = power_curves(5, seed=3)
    same(ask(again, test), ask(fitted(name), test))


@every
def test_rows_do_not_see_each_other(name: str) -> None:
    curves = power_curves(9, seed=3)
    curves.y[2, 3:] = 1e5
    together = ask(fitted(name), curves)
    for i in (0, 2, 8):
        alone = ask(fitted(name), curves.subset([i]))
        np.testing.assert_allclose(alone.mean[0], together.mean[i], rtol=1e-5)
        np.testing.assert_allclose(alone.quantiles[0], together.quantiles[i], rtol=1e-5, atol=1e-6)
    backwards = ask(fitted(name), curves.subset(list(range(8, -1, -1))))
    np.testing.assert_allclose(backwards.mean[::-1], together.mean, rtol=1e-5)


@every
def test_predict_changes_nothing(name: str) -> None:
    before = {key: value.copy() for key, value in fitted(name).state().items()}
    torch.manual_seed(5)
    first = ask(fitted(name), power_curves(4, seed=3))
    torch.manual_seed(6)
    same(first, ask(fitted(name), power_curves(4, seed=3)))
    after = fitted(name).state()
    assert before.keys() == after.keys()
    for key, value in before.items():
        np.testing.assert_array_equal(value, after[key])


@every
def test_state_restores_to_the_bit(name: str) -> None:
    state = {key: np.array(value, order="C") for key, value in fitted(name).state().items()}
    assert all(value.dtype.kind in "fiub" for value in state.values())
    restored = quick(name).load_state(load(save(state)))  # as a checkpoint stores it
    curves = power_curves(5, seed=3)
    same(ask(restored, curves), ask(fitted(name), curves))


@every
@pytest.mark.parametrize("k", [0, 1])
def test_short_prefixes(name: str, k: int) -> None:
    curves = power_curves(5, seed=3)
    try:
        forecast = ask(fitted(name), curves, k)
    except ConfigError:
        if k == 0:
            return
        raise
    sane(forecast, 5, curves.t[k:], "test_loss")


@every
@pytest.mark.parametrize("t", [[7.0], [20.0], [7.0, 19.0], [10.0, 25.0, 40.0]])
def test_any_horizon(name: str, t: list[float]) -> None:
    forecast = ask(fitted(name), power_curves(3, seed=3), t=np.array(t))
    sane(forecast, 3, np.array(t), "test_loss")


@every
def test_a_forecast_does_not_depend_on_which_other_epochs_are_asked(name: str) -> None:
    curves = power_curves(5, seed=7)
    whole, few = (ask(fitted(name), curves, t=t) for t in (np.arange(K + 1.0, EPOCHS + 1), np.array([11.0, EPOCHS])))
    at = [10 - K, EPOCHS - 1 - K]
    np.testing.assert_allclose(few.mean, whole.mean[:, at], rtol=1e-5)
    np.testing.assert_allclose(few.quantiles, whole.quantiles[:, at], rtol=1e-5, atol=1e-7)


@every
def test_another_metric_than_the_one_learnt_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="metric must be the one"):
        ask(fitted(name), power_curves(3, metric="test_acc"))


@every
def test_no_curves_give_no_forecasts(name: str) -> None:
    forecast = ask(fitted(name), power_curves(3).subset([]))
    assert forecast.mean.shape == (0, EPOCHS - K)


@every
def test_forecasts_leave_the_callers_random_numbers_alone(name: str) -> None:
    predictor = fitted(name)
    torch.manual_seed(1)
    np.random.seed(1)
    before = torch.random.get_rng_state(), np.random.get_state()[1]
    ask(predictor, power_curves(3))
    assert torch.equal(torch.random.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])


MAY_BE_ZERO = {"seed", "weight_decay", "dropout", "mistold", "kl_epochs", "prefix", "epsilon", "burn_in"} | {"steps of gp"}
NUMBERS = [
    (name, field.name)
    for name in PREDICTORS
    for field in dataclasses.fields(PREDICTORS[name]().config)
    if isinstance(field.default, int | float) and not isinstance(field.default, bool)
]


@pytest.mark.parametrize(("name", "option"), NUMBERS)
def test_a_number_that_no_fit_could_use_is_refused_before_any_work(name: str, option: str) -> None:
    zero = [] if {option, f"{option} of {name}"} & MAY_BE_ZERO else ["0"]
    for word in ("-1", "nan", "inf", "1e30", *zero):
        with pytest.raises(ConfigError):
            make(name, {option: word}, 0)


@every
def test_missing_diverged_and_constant_values(name: str) -> None:
    clean, dirty = power_curves(8, seed=3), power_curves(8, seed=3)
    dirty.y[0, 1:3] = np.nan
    dirty.y[1, :, 1] = np.nan
    dirty.y[2, :] = np.nan
    dirty.y[3, 2:] = [1e5, 0.5]
    dirty.y[4] = 0.5
    dirty.y[5, 4:] = np.inf
    forecast = ask(fitted(name), dirty)
    sane(forecast, 8, dirty.t[K:], "test_loss")
    np.testing.assert_allclose(forecast.mean[6:], ask(fitted(name), clean).mean[6:], rtol=1e-5)


@every
def test_learns_from_dirty_curves(name: str) -> None:
    train = power_curves(40, seed=1)
    train.y[0] = np.nan
    train.y[1, 5:] = np.nan
    train.y[2, 5:] = 1e5
    train.y[3] = 0.7
    train.y[4, ::2, 1] = np.nan
    test = power_curves(4, seed=3)
    sane(ask(quick(name).fit(train, train), test), 4, test.t[K:], "test_loss")


@every
@pytest.mark.parametrize("metric", ["test_loss", "test_acc"])
def test_learns_from_constant_curves(name: str, metric: str) -> None:
    train, valid, test = (power_curves(n, seed=s, metric=metric) for n, s in ((20, 1), (10, 2), (3, 3)))
    for curves in (train, valid, test):
        curves.y[:] = 0.5
    try:
        predictor = quick(name).fit(train, valid)
    except ConfigError:
        return
    sane(ask(predictor, test), 3, test.t[K:], metric)


@every
def test_no_quantile_is_far_above_what_any_curve_took(name: str) -> None:
    train, valid, test = (power_curves(n, seed=s) for n, s in ((60, 1), (45, 2), (9, 3)))
    for curves, row in ((train, 0), (valid, 1), (valid, 2)):
        curves.y[row, 4:, 0] = 1e6
    test.y[8, 4:, 0] = 1e5
    forecast = ask(quick(name).fit(train, valid), test)
    sane(forecast, 9, test.t[K:], "test_loss")
    assert np.nanmax(forecast.quantiles) <= 1e7


@every
def test_one_training_curve(name: str) -> None:
    test = power_curves(3, seed=3)
    try:
        predictor = quick(name).fit(power_curves(1))
    except ConfigError:
        return
    sane(ask(predictor, test), 3, test.t[K:], "test_loss")


@every
def test_no_values_at_all_is_refused_or_survived(name: str) -> None:
    train = power_curves(4)
    train.y[:] = np.nan
    with pytest.raises(ConfigError):
        quick(name).fit(train)


@every
def test_unseen_architectures_and_columns(name: str) -> None:
    observed, target = power_curves(3, seed=3).observe(K)
    nodes = (Node.of("input"), Node.of("conv", kernel=3, kind="depthwise"), *[Node.of("skip")] * 20, Node.of("output"))
    strange = Architecture("other", nodes, tuple((i, i + 1) for i in range(22)))
    changed: Observed = dataclasses.replace(
        observed,
        architectures=(strange,) * 3,
        hyperparameters=np.full((3, 1), np.nan),
        hyperparameter_names=("momentum",),
        metrics=("test_loss",),
        y=observed.y[:, :, :1],
        n_params=np.full(3, np.nan),
    )
    sane(fitted(name).predict(changed, target.t), 3, target.t, "test_loss")


def unreached(fit: Callable[[], object]) -> list[tuple[int, ...]] | None:
    """The shapes of all parameters that no gradient reached while something was fitted; None where torch optimised nothing."""
    reached: dict[Tensor, bool] = {}

    def watch(optimizer: Optimizer, *_: object) -> None:
        for p in (p for group in optimizer.param_groups for p in group["params"]):
            reached[p] = reached.get(p, False) or (p.grad is not None and bool(p.grad.any()))

    hook = register_optimizer_step_pre_hook(watch)
    try:
        fit()
    finally:
        hook.remove()
    return [tuple(p.shape) for p, done in reached.items() if not done] if reached else None


@every
def test_every_parameter_gets_a_gradient(name: str) -> None:
    """Whatever a fit hands to an optimiser of torch; LC-BNN, which has none, is asked in its own tests."""
    config = quick(name).config
    small = {key: value for key, value in PRETRAINED.items() if key in {f.name for f in dataclasses.fields(config)}}
    missed = unreached(lambda: PREDICTORS[name](dataclasses.replace(config, **small)).fit(power_curves(60, seed=1)))  # pyright: ignore[reportCallIssue]
    if missed is None:
        pytest.skip("no optimiser of torch at work")
    assert missed == []


@every
def test_eighty_percent_intervals_cover_eighty_percent(name: str) -> None:
    """Known noise, 5,000 curves to be right about; of 1,500 to calibrate on, for the coverage of 500 itself varies by 1.8 %."""
    curves = power_curves(6580, epochs=8, seed=3, noise=0.05)
    kind, config = PREDICTORS[name], quick(name).config
    asked = {"recalibrate": True} if hasattr(config, "recalibrate") else {}
    predictor = kind(dataclasses.replace(config, **asked))  # pyright: ignore[reportCallIssue]
    predictor.fit(curves.subset(slice(0, 80)), curves.subset(slice(80, 1580)))
    observed, target = curves.subset(slice(1580, None)).observe(3)
    low, high = predictor.predict(observed, target.t).interval(0.8)
    covered = ((low <= target.y) & (target.y <= high)).mean(0)
    assert abs(covered.mean() - 0.8) <= 0.03
    assert np.abs(covered - 0.8).max() <= 0.06


ABLATIONS = [
    {"use_graph": False}, {"use_hyperparameters": False}, {"graph": "neuron"}, {"convolution": "gat"}, {"pooling": "mean"}, {"pooling": "max"},
    {"encoder": "attention"}, {"encoder": "lstm"}, {"clock": "linear"}, {"anchor": False}, {"solver": "torchdiffeq"},
]  # fmt: skip


@pytest.mark.parametrize("options", ABLATIONS, ids=str)
def test_every_ablation_of_lc_gode_learns_with_all_its_parameters(options: dict[str, object]) -> None:
    model = LCGODE(dataclasses.replace(LCGODEOptions(epochs=1, hidden=16, batch_size=16), **options))  # pyright: ignore[reportArgumentType]
    assert unreached(lambda: model.fit(power_curves(60, seed=1))) == []


def near(forecast: Forecast, truth: np.ndarray, factor: float) -> None:
    """Forecasts of losses off by no more than a factor: a model that took a gap for a perfect score is off by a thousand."""
    assert (forecast.mean > truth / factor).all()
    assert (forecast.mean < truth * factor).all()


@points
def test_epochs_that_no_training_curve_has_are_like_those_before(name: str) -> None:
    train, valid = power_curves(60, seed=1), power_curves(45, seed=2)
    for part in (train, valid):
        part.y[:, 14:] = np.nan
    predictor, test = quick(name).fit(train, valid), power_curves(6, seed=3)
    for k in (5, 17):
        near(ask(predictor, test, k), test.y[:, k:, 0], 3.0)


@points
def test_a_prefix_without_a_value_of_the_metric_is_no_perfect_score(name: str) -> None:
    train, valid, test = power_curves(60, seed=1), power_curves(45, seed=2), power_curves(6, seed=3)
    for part in (train, valid, test):
        part.y[:, :4] = np.nan
    near(ask(quick(name).fit(train, valid), test, 3), np.full((6, EPOCHS - 3), np.nanmedian(test.y)), 4.0)


@points
def test_a_run_of_which_nothing_is_known_in_the_end_is_forecast_as_usual(name: str) -> None:
    test = power_curves(6, epochs=EPOCHS + 4, seed=3)
    usual = power_curves(60, seed=2).y[:, -1, 0]
    test.y[2] = np.nan
    near(ask(fitted(name), test, EPOCHS), np.full((6, 4), np.median(usual)), 4.0)


@every
def test_no_loss_is_forecast_below_zero(name: str) -> None:
    rng = np.random.default_rng(0)

    def falling(n: int, seed: int) -> CurveSet:
        curves = power_curves(n, seed=seed)
        curves.y[:, :, 0] = np.exp(-rng.uniform(0.1, 0.8, (n, 1)) * curves.t)
        return curves

    test = falling(40, 3)
    sane(ask(quick(name).fit(falling(60, 1), falling(45, 2)), test, 10), 40, test.t[10:], "test_loss")
