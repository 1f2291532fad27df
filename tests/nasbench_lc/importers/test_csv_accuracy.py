"""Fractions, percent, and logs that mix both."""

from pathlib import Path

import numpy as np
import pytest

from nasbench_lc.errors import FormatError
from nasbench_lc.importers.csv_accuracy import fractions

PERCENT = [[51, 52, 53], [61, 62, 63], [10, 70, np.nan]]
RUNS = ("a", "b", "c", "odd")
NONE = np.nan


def read(*rows: list[float]) -> tuple[np.ndarray, list[str]]:
    return fractions("val_acc", np.array(rows, dtype=np.float64), RUNS, Path("log.csv"))


def test_fractions_stay() -> None:
    grid, notes = read([0.1, 0.2], [0.3, 1 + 1e-9])
    np.testing.assert_array_equal(grid, [[0.1, 0.2], [0.3, 1]])
    assert notes == []


def test_percent() -> None:
    grid, notes = read(*PERCENT)
    np.testing.assert_array_equal(grid, np.array(PERCENT) / 100)
    assert notes == ["val_acc is in percent in the log; it was divided by 100."]


@pytest.mark.parametrize("row", [[0.51, 0.52, 0.53], [0.5, 0.9, 0.95], [0.51, NONE, NONE], [0, 0.5, NONE], [0.9, 1, 1]])
def test_a_run_in_fractions_among_percent_is_refused(row: list[float]) -> None:
    with pytest.raises(FormatError, match=r"percent throughout; got nothing above [\d.]+ in run 'odd', 70 in another") as caught:
        read(*PERCENT, row)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("row", [[1, 1, 1], [0.1, 0.1, NONE]])
def test_a_run_that_learns_nothing_of_many_classes_stays_and_is_named(row: list[float]) -> None:
    grid, notes = read(*PERCENT, row)
    np.testing.assert_array_equal(grid[3], np.array(row) / 100)
    assert notes[1:] == [f"val_acc never changes in 1 runs, such as odd at {row[0]:g}; that was read as percent too."]


@pytest.mark.parametrize("row", [[0, 0, 0], [NONE, NONE, NONE], [0.5, 0.9, 1.1]])
def test_nothing_and_little_is_percent(row: list[float]) -> None:
    grid, notes = read(*PERCENT, row)
    np.testing.assert_array_equal(grid[3], np.array(row) / 100)
    assert len(notes) == 1


@pytest.mark.parametrize(("rows", "words"), [([[101.0]], "got 101"), ([[np.inf]], "got inf"), ([[0.1, 0.2, 30]], "most are at most 1")])
def test_refused(rows: list[list[float]], words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read(*rows)
