import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from generators.encoding import encode
from generators.table import Categories, Numbers, parse_column
from nasbench_lc.errors import ConfigError

RNG = np.random.default_rng(0)


def test_numbers_match_scikit_learn():
    x = RNG.normal(3.0, 50.0, (80, 4))
    x[RNG.random(x.shape) < 0.1] = np.nan
    train = np.arange(0, 80, 2)
    mine = encode("abcd", [Numbers(c) for c in x.T], train)
    # Imputing the mean does not move the mean; the deviation is that of the known values.
    scaler = StandardScaler().fit(x[train])
    theirs = make_pipeline(SimpleImputer()).fit(scaler.transform(x[train])).transform(scaler.transform(x))
    assert mine.dtype == np.float32
    np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_categories_match_scikit_learn():
    cells = np.array([["red", "s"], ["blue", "m"], ["red", "l"], ["green", "s"], ["blue", "l"], ["green", "m"]])
    mine = encode("ab", [parse_column(list(c)) for c in cells.T], np.arange(6))
    assert np.array_equal(mine, OneHotEncoder(sparse_output=False).fit_transform(cells))


def test_missing_category_is_an_input_of_its_own():
    column = parse_column(["a", "?", "b", "", "a", "NA"])
    assert np.array_equal(
        encode(["c"], [column], np.arange(6)), np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 1]])
    )


def test_statistics_come_from_the_training_rows_alone():
    values = np.array([1.0, 3.0, 100.0, -7.0])
    encoded = encode(["v"], [Numbers(values)], np.array([0, 1]))
    assert encoded[:, 0].tolist() == [-1.0, 1.0, 98.0, -9.0]


def test_what_does_not_vary_in_training_is_zero_and_keeps_the_width():
    columns = [Numbers(np.array([5.0, 5.0, 9.0])), Categories(np.array([0, 0, 1]), ("a", "b")), Numbers(np.full(3, np.nan))]
    assert np.array_equal(encode("abc", columns, np.array([0, 1])), np.zeros((3, 4)))


@given(arrays(np.float64, (12,), elements=st.floats(-1.7e308, 1.7e308)))
def test_any_numbers_standardise(values):
    train = np.arange(12)
    encoded = encode(["v"], [Numbers(values)], train)[:, 0].astype(np.float64)
    assert np.isfinite(encoded).all()
    if values.min() != values.max():
        assert abs(encoded.mean()) < 1e-5
        assert abs(encoded.std() - 1) < 1e-5


@given(arrays(np.float64, (12,), elements=st.floats(-1e6, 1e6)), st.integers(-300, 300))
def test_powers_of_two_do_not_show(values, exponent):
    train = np.arange(9)
    values = np.round(values, 3)
    plain, scaled = (encode(["v"], [Numbers(v)], train) for v in (values, np.ldexp(values, exponent)))
    assert np.array_equal(plain, scaled)


def test_far_outlier():
    with pytest.raises(ConfigError, match="'speed'"):
        encode(["speed"], [Numbers(np.array([0.0, 1e-30, 1e30]))], np.array([0, 1]))


def test_bytes_for_ever():
    values = np.array([0.1, 0.7, -3.3, 1e-9, 12345.678, 2.0 / 3.0])
    encoded = encode(["v"], [Numbers(values)], np.arange(5))
    assert hashlib.sha256(encoded.tobytes()).hexdigest()[:16] == "3db0e0bb9847d8c7"
