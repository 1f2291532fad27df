import numpy as np
import pytest

from benchmarks.noise_floor import combined, entries, sample


def measured(older: dict | None, k: int, value: float, recipe: str = "r") -> dict:
    return combined(older, recipe, k, [{"metric": "test_loss", "observe": k, "horizon": h, "value": value} for h in (9, 20)], {"n": value})


def test_what_other_calls_measured_stays() -> None:
    record = measured(measured(None, 10, 1.0), 0, 2.0)
    assert [(f["observe"], f["horizon"], f["value"]) for f in record["floors"]] == [(0, 9, 2.0), (0, 20, 2.0), (10, 9, 1.0), (10, 20, 1.0)]
    again = measured(record, 10, 3.0)
    assert [(f["observe"], f["value"]) for f in again["floors"]] == [(0, 2.0), (0, 2.0), (10, 3.0), (10, 3.0)]
    assert again["measured"] == {"0": {"n": 2.0}, "10": {"n": 3.0}}


def test_what_was_measured_under_another_recipe_goes() -> None:
    record = measured(measured(None, 10, 1.0), 0, 2.0, "other")
    assert record["recipe_hash"] == "other"
    assert {f["observe"] for f in record["floors"]} == {0}
    assert list(record["measured"]) == ["0"]


def test_a_sample_weighted_back_estimates_the_whole() -> None:
    rng = np.random.default_rng(0)
    cost = rng.uniform(1, 50, 400)
    chosen, weights = sample(cost, 60)
    assert len(chosen) == len(weights) == 60
    assert weights.sum() == pytest.approx(400, rel=0.1)
    assert (weights * cost[chosen]).sum() == pytest.approx(cost.sum(), rel=0.15)
    assert cost[chosen].mean() < cost.mean()
    everything, ones = sample(cost[:5], 5)
    assert everything == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(ones, 1.0)


def test_floors_start_after_the_observed_epochs() -> None:
    values = np.arange(1.0, 5.0)[:, None, None, None] * np.ones((1, 3, 20, 1))
    values[:, 1, :10] *= 1.1
    found = entries(values, np.ones(4), 10, 20)
    assert [f["horizon"] for f in found] == [11, 14, 20]
    assert all(f["mape"]["value"] == 0 for f in found)
    assert entries(values, np.ones(4), 9, 20)[0]["mape"]["value"] > 0
