import json

import numpy as np
import pytest
import torch

from predictors.batches import Inputs, Scales
from tests.predictors.toy_curves import power_curves

FULL = Inputs("layer", hyperparameters=True, all_metrics=True)


@pytest.mark.parametrize("inputs", [Inputs(), Inputs("neuron", centred=False), FULL])
def test_json_round_trip(inputs: Inputs) -> None:
    scales = Scales.fit(power_curves(20), inputs)
    assert Scales.from_raw(json.loads(json.dumps(scales.raw()))) == scales


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("metric", ["test_loss", "test_acc"])
def test_restore_inverts_scaling(metric: str, centred: bool) -> None:
    curves = power_curves(20, metric=metric)
    scales = Scales.fit(curves, Inputs(all_metrics=True, centred=centred))
    whole = scales.whole(curves)
    np.testing.assert_allclose(scales.restore(curves.t, whole.values[:, :, 0]).numpy(), curves.target, rtol=1e-4)


def test_centred_training_curves_have_mean_zero_and_deviation_one() -> None:
    whole = Scales.fit(curves := power_curves(50), FULL).whole(curves)
    torch.testing.assert_close(whole.values.mean(0), torch.zeros(20, 2), rtol=0, atol=1e-5)
    torch.testing.assert_close(whole.values.square().mean((0, 1)), torch.ones(2), rtol=1e-4, atol=0)


def test_the_metric_to_forecast_comes_first() -> None:
    curves = power_curves(10, metric="test_acc")
    assert Scales.fit(curves, FULL).metrics == ("test_acc", "test_loss")
    assert Scales.fit(curves, Inputs()).metrics == ("test_acc",)


def test_missing_values_are_filled_forward_and_marked() -> None:
    clean, holes = power_curves(6), power_curves(6)
    holes.y[0, 3:5, 0] = np.nan
    holes.y[1, :2, 0] = np.inf
    scales = Scales.fit(clean, Inputs(centred=False))
    filled, whole = scales.whole(holes), scales.whole(clean)
    torch.testing.assert_close(filled.values[0, 3:5, 0], whole.values[0, 2, 0].expand(2))
    torch.testing.assert_close(filled.values[1, :2, 0], torch.zeros(2))
    assert filled.seen[0, :, 0].sum() == 18
    torch.testing.assert_close(filled.values[2:], whole.values[2:])


def test_a_cut_prefix_is_the_observed_prefix() -> None:
    curves = power_curves(8)
    curves.y[3, 2:9] = np.nan
    scales = Scales.fit(curves, FULL)
    rows = torch.tensor([3, 1])
    cut, future = scales.whole(curves).cut(rows, 6)
    observed, target = curves.subset([3, 1]).observe(6)
    seen = scales.prefix(observed)
    for a, b in ((cut.values, seen.values), (cut.seen, seen.seen), (cut.features, seen.features), (cut.epochs, seen.epochs)):
        torch.testing.assert_close(a, b)
    np.testing.assert_array_equal(future.mask.numpy() > 0, target.mask)
    assert cut.end == 6.0


def test_nothing_of_the_future_reaches_a_prefix() -> None:
    curves, other = power_curves(8), power_curves(8)
    other.y[:, 6:] = 123.0
    scales = Scales.fit(curves, FULL)
    a, b = (scales.whole(c).cut(torch.arange(8), 6)[0] for c in (curves, other))
    torch.testing.assert_close(a.values, b.values)
    torch.testing.assert_close(a.last, b.last)


def test_hold_keeps_the_value_of_the_metric() -> None:
    curves = power_curves(20)
    scales = Scales.fit(curves, Inputs())
    prefix, future = scales.whole(curves).cut(torch.arange(20), 6)
    kept = prefix.last[:, :1] + scales.hold(torch.full((len(prefix),), 6.0), future.t)
    expected = np.repeat(curves.target[:, 5:6], 14, axis=1)
    np.testing.assert_allclose(scales.restore(future.t.numpy().astype(np.float64), kept).numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("graph", "hyperparameters", "columns"), [("none", False, 0), ("none", True, 2), ("layer", False, 0), ("layer", True, 4)]
)
def test_features_follow_the_inputs(graph: str, hyperparameters: bool, columns: int) -> None:
    scales = Scales.fit(curves := power_curves(10), Inputs(graph, hyperparameters))
    whole = scales.whole(curves)
    assert whole.features.shape == (10, columns)
    assert (whole.graphs is None) == (graph == "none")
