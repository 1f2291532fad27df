import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from predictors.scaling import FeatureScale, MetricScale, bend, unbend

losses = np.exp(np.random.default_rng(0).normal(-1, 1, (50, 20)))


@given(st.floats(-15, 15))
def test_bend_inverts(x: float) -> None:
    there = torch.tensor(x, dtype=torch.float64)
    assert float(unbend(bend(there))) == pytest.approx(x, abs=1e-9)


def test_bend_is_increasing_and_smooth_at_the_knee() -> None:
    x = torch.linspace(-20, 20, 4001, dtype=torch.float64, requires_grad=True)
    bend(x).sum().backward()
    assert x.grad is not None
    slope = x.grad
    assert bool((slope > 0).all())
    assert float(slope.diff().abs().max()) < 0.02


@pytest.mark.parametrize(("metric", "values"), [("test_loss", losses), ("val_acc", losses / losses.max()), ("score", losses - 1)])
def test_round_trip_and_order(metric: str, values: np.ndarray) -> None:
    scale = MetricScale.fit(values, metric)
    x = scale.forward(torch.from_numpy(values))
    np.testing.assert_allclose(scale.inverse(x).numpy(), values, rtol=1e-9, atol=1e-12)
    order = np.argsort(values.ravel())
    assert bool((x.flatten()[torch.from_numpy(order)].diff() >= 0).all())
    assert abs(float(x.median())) < 0.05


def test_one_exploded_run_does_not_move_the_scale() -> None:
    spoiled = losses.copy()
    spoiled[0, 3:] = 1e5
    clean, other = MetricScale.fit(losses, "train_loss"), MetricScale.fit(spoiled, "train_loss")
    assert other.centre == pytest.approx(clean.centre, abs=0.05)
    assert other.spread == pytest.approx(clean.spread, rel=0.1)
    assert float(other.forward(torch.tensor(1e5, dtype=torch.float64))) < 9


@given(st.floats(-1e30, 1e30))
def test_every_number_has_a_legal_image(x: float) -> None:
    there = torch.tensor(x, dtype=torch.float32)
    loss = MetricScale.fit(losses, "test_loss").inverse(there)
    accuracy = MetricScale.fit(losses / losses.max(), "test_acc").inverse(there)
    assert bool(torch.isfinite(loss))
    assert loss >= 0
    assert 0 <= accuracy <= 1


@given(st.floats(-1e30, 1e30))
def test_no_forecast_is_far_above_all_training_values(x: float) -> None:
    spoiled = losses.copy()
    spoiled[0, 3:] = 1e5
    spoiled[1, 3:6], spoiled[1, 6:] = 1e15, np.nan
    scale = MetricScale.fit(spoiled, "test_loss")
    assert float(scale.inverse(torch.tensor(x, dtype=torch.float64))) <= 1e5 * np.exp(scale.spread) * (1 + 1e-6)


def test_constant_and_missing_metrics() -> None:
    assert MetricScale.fit(np.full((3, 4), np.nan), "test_loss") == MetricScale("log", 0.0, 1.0, 40.0)
    scale = MetricScale.fit(np.full((3, 4), 0.7), "test_loss")
    assert float(scale.forward(torch.tensor(0.7, dtype=torch.float64))) == pytest.approx(0, abs=1e-12)
    assert bool(scale.forward(torch.tensor(torch.nan)).isnan())


def test_features_are_standardised_logarithmic_where_they_span_decades() -> None:
    rng = np.random.default_rng(0)
    x = np.stack([10 ** rng.uniform(-4, -1, 200), rng.uniform(0, 1, 200), np.full(200, 3.0)], axis=1)
    scale = FeatureScale.fit(x, ("lr", "dropout", "momentum"))
    assert scale.logarithmic == (True, False, False)
    z = scale.forward(x, ("lr", "dropout", "momentum"))
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(0), [1, 1, 0], atol=1e-12)


def test_features_match_by_name_and_survive_anything() -> None:
    scale = FeatureScale.fit(np.array([[1e-3, 0.1], [1e-1, 0.3]]), ("lr", "dropout"))
    swapped = scale.forward(np.array([[0.2, 1e-2]]), ("dropout", "lr"))
    np.testing.assert_allclose(swapped, [[0, 0]], atol=1e-9)
    strange = scale.forward(np.array([[0.0], [-1.0], [np.nan], [np.inf]]), ("lr",))
    assert np.isfinite(strange).all()
    assert strange[0, 0] == -4
    assert strange[3, 0] == 4
