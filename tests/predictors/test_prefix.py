import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from predictors.prefix import fill, held, last_value, wobble
from tests.predictors.toy_curves import power_curves

GAPPY = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 7)), elements=st.one_of(st.just(np.nan), st.floats(-5, 5)))


@given(GAPPY)
def test_fill_is_what_pandas_does(z: np.ndarray) -> None:
    default = np.arange(z.shape[1], dtype=float)
    wanted = pd.DataFrame(z).ffill(axis=1).bfill(axis=1).to_numpy()
    wanted = np.where(np.isnan(wanted), default, wanted)
    np.testing.assert_array_equal(fill(z, default), wanted)


@given(GAPPY)
def test_last_value_by_plain_loop(z: np.ndarray) -> None:
    wanted = [next((v for v in row[::-1] if np.isfinite(v)), -9.0) for row in z]
    np.testing.assert_array_equal(last_value(z, np.full(len(z), -9.0)), wanted)


def test_wobble_is_bounded_and_rises_with_the_steps() -> None:
    curves = power_curves(3, 10)
    curves.y[0, :, 0] = 0.5
    curves.y[1, :, 0] = 0.5 * 1.05 ** np.arange(10)
    curves.y[2, :, 0] = 10.0 ** np.arange(10)
    flat, rising, wild = wobble(curves.observe(8)[0])
    assert flat == 0.02
    np.testing.assert_allclose(rising, 0.02 + np.log(1.05), rtol=1e-5)
    assert wild == 0.3


def test_an_epoch_without_a_value_holds_the_one_before_or_the_first_that_there_is() -> None:
    np.testing.assert_array_equal(held(np.array([np.nan, 2.0, np.nan, 4.0])), [2, 2, 2, 4])
    table = np.array([[np.nan, 1.0, np.nan], [3.0, np.nan, np.nan]])
    np.testing.assert_array_equal(held(table), [[3, 1, 0], [3, 1, 0]])
