from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.counts import counted, examples
from predictors.lc_gode_x import LCGODEX, LCGODEXOptions
from tests.predictors.toy_curves import power_curves


@given(st.integers(2, 1000), st.integers(0, 2**32 - 1))
def test_the_number_of_examples_is_read_off_single_precision_shares(n: int, seed: int) -> None:
    right = np.random.default_rng(seed).integers(0, n, 40)
    shares = (np.append(right, right[0] + 1) / n).astype(np.float32).astype(np.float64)
    assert examples(shares, "test_acc") == n


@given(st.integers(1, 1000), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_a_counted_forecast_is_a_share_and_the_nearest(n: int, shares: list[float]) -> None:
    values = np.array(shares)
    near = counted(values, n)
    np.testing.assert_allclose(near * n, np.rint(near * n), atol=1e-9)
    assert np.abs(near - values).max() <= 0.5 / n + 1e-12
    np.testing.assert_array_equal(counted(values, 0), values)


@pytest.mark.parametrize(
    ("values", "metric"),
    [
        (np.array([0.1, 0.2, 0.7]), "test_loss"),
        (np.array([0.1, 0.1 + 1 / np.e / 10, 0.7]), "test_acc"),
        (np.arange(0, 2000, 3) / 2000, "test_acc"),
        (np.array([0.5, np.nan]), "test_acc"),
        (np.array([np.nan]), "test_acc"),
        (np.array([0.5, 1.5]), "test_acc"),
        (np.array([-0.5, 0.5]), "test_acc"),
    ],
)
def test_what_is_no_share_of_any_number_of_examples_is_left_as_it_is(values: np.ndarray, metric: str) -> None:
    assert examples(values, metric) == 0


def test_the_flagship_forecasts_shares_where_training_curves_are_shares() -> None:
    train = power_curves(60, metric="test_acc")
    y = train.y.copy()
    y[:, :, 1] = np.rint(y[:, :, 1] * 250) / 250
    counts = replace(train, y=y)
    model = LCGODEX(LCGODEXOptions(updates=20, hidden=8, members=1)).fit(counts)
    observed, target = counts.observe(3)
    forecast = model.predict(observed, target.t).mean * 250
    np.testing.assert_allclose(forecast, np.rint(forecast), atol=1e-9)
