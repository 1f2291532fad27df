import numpy as np
import pytest

from generators.table import Categories, Numbers, parse_column, parse_number


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1", 1.0), ("-2.5e3", -2500.0), (" 4 ", 4.0), (".5", 0.5), ("1_000", None), ("inf", None), ("nan", None), ("1,5", None), ("x", None)],
)
def test_parse_number(cell, value):
    assert parse_number(cell) == value


def test_column_of_numbers_with_gaps():
    column = parse_column(["1", "NA", " 3.5", "?", ""])
    assert isinstance(column, Numbers)
    assert np.array_equal(column.values, [1.0, np.nan, 3.5, np.nan, np.nan], equal_nan=True)


def test_one_word_makes_a_column_of_categories():
    column = parse_column(["2", "4", "more", "null", "4 "])
    assert isinstance(column, Categories)
    assert column.levels == ("2", "4", "more")
    assert column.codes.tolist() == [0, 1, 2, -1, 1]


def test_column_without_values_is_numeric():
    assert isinstance(parse_column(["", "NA"]), Numbers)
