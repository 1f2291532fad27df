"""What every metric keeps, whoever adds it: the registry is the list of cases."""

import numpy as np
import pytest

from evaluation.metrics import CURVE_METRICS, SET_METRICS, CurveMetric, SetMetric
from nasbench_lc.curves import Floats, Target
from nasbench_lc.forecast import LEVELS, Forecast, Mixture

T = np.arange(3.0, 9.0)
N = 14


def case(seed: int = 0, spread: float = 0.1) -> tuple[Forecast, Target]:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.2, 0.9, (N, len(T)))
    return distribution(truth + rng.normal(0, spread, truth.shape), spread), Target(T, truth)


def distribution(mean: Floats, spread: float) -> Forecast:
    quantiles = mean[..., None] + spread * np.linspace(-2, 2, len(LEVELS))
    return Forecast(T, mean, LEVELS, quantiles, density=Mixture(mean[:, None], np.full_like(mean[:, None], spread)))


def rows(forecast: Forecast, order: np.ndarray) -> Forecast:
    assert forecast.density is not None
    density = Mixture(forecast.density.mean[order], forecast.density.std[order])
    return Forecast(forecast.t, forecast.mean[order], forecast.levels, forecast.quantiles[order], density=density)


@pytest.fixture(params=CURVE_METRICS.values(), ids=list(CURVE_METRICS))
def curve_metric(request) -> CurveMetric:
    return request.param


@pytest.fixture(params=SET_METRICS.values(), ids=list(SET_METRICS))
def set_metric(request) -> SetMetric:
    return request.param


def test_a_curve_metric_gives_one_finite_number_per_curve(curve_metric: CurveMetric) -> None:
    values = curve_metric.score(*case())
    assert values.shape == (N,)
    assert np.isfinite(values).all()
    assert curve_metric.unit in ("fraction", "nats", "metric")


def test_a_curve_metric_looks_at_each_curve_alone(curve_metric: CurveMetric) -> None:
    forecast, target = case()
    order = np.random.default_rng(1).permutation(N)
    whole = curve_metric.score(forecast, target)
    np.testing.assert_allclose(curve_metric.score(rows(forecast, order), Target(T, target.y[order])), whole[order], rtol=1e-12)
    np.testing.assert_allclose(curve_metric.score(rows(forecast, order[:1]), Target(T, target.y[order[:1]])), whole[order[:1]], rtol=1e-12)


def test_a_curve_metric_of_a_missing_forecast_is_nan(curve_metric: CurveMetric) -> None:
    forecast, target = case()
    spoilt = distribution(np.where(np.arange(N)[:, None] == 3, np.nan, forecast.mean), 0.1)
    values = curve_metric.score(spoilt, target)
    assert np.isnan(values[3])
    assert np.isfinite(np.delete(values, 3)).all()


def test_the_best_curve_score_is_that_of_the_truth(curve_metric: CurveMetric) -> None:
    forecast, target = case()
    perfect = curve_metric.score(distribution(target.y, 1e-9), target)
    if curve_metric.lower_is_better:
        assert (perfect <= curve_metric.score(forecast, target)).all()
        if curve_metric.ideal is not None:
            np.testing.assert_allclose(perfect, curve_metric.ideal, atol=1e-6)


def test_a_set_metric_ignores_the_order_of_curves(set_metric: SetMetric) -> None:
    forecast, target = case()
    order = np.random.default_rng(2).permutation(N)
    for up in (True, False):
        value = set_metric.score(forecast, target, up)
        assert np.isfinite(value)
        assert set_metric.score(rows(forecast, order), Target(T, target.y[order]), up) == pytest.approx(value, rel=1e-12)


def test_the_best_set_score_is_that_of_the_truth(set_metric: SetMetric) -> None:
    forecast, target = case()
    for up in (True, False):
        perfect, other = set_metric.score(distribution(target.y, 1e-9), target, up), set_metric.score(forecast, target, up)
        assert perfect <= other if set_metric.lower_is_better else perfect >= other
        if set_metric.name != "precision_at_10":  # ten chosen of 14 cannot all be among the best tenth
            assert perfect == pytest.approx(set_metric.ideal, abs=1e-8)


def test_a_set_metric_of_a_missing_forecast_is_nan(set_metric: SetMetric) -> None:
    forecast, target = case()
    spoilt = distribution(np.where(np.arange(N)[:, None] == 3, np.nan, forecast.mean), 0.1)
    assert np.isnan(set_metric.score(spoilt, target, True))
