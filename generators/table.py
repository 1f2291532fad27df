"""A table as it was read: typed columns, nothing encoded yet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["MISSING", "Categories", "Column", "Numbers", "Table", "parse_column", "parse_number"]

#: Cells that mean "no value", after stripping spaces and lowering the case.
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers.

    Arguments:
        values: float64 `(n,)`, NaN where missing.
    """

    values: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Categories:
    """A column of categories.

    Arguments:
        codes: int64 `(n,)`, the number of each row's level, -1 where missing.
        levels: The distinct values, sorted.
    """

    codes: npt.NDArray[np.int64]
    levels: tuple[str, ...]


Column = Numbers | Categories


@dataclass(frozen=True, eq=False)
class Table:
    """Named feature columns and one label per row.

    Arguments:
        names: The names of the feature columns.
        columns: The feature columns, `n` rows each.
        labels: int64 `(n,)`, numbers into `classes`.
        classes: The names of the classes.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]


def parse_number(cell: str) -> float | None:
    """The finite number that a cell spells in plain or scientific notation, else None; unlike ``float`` no ``1_000`` and no ``inf``."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None


def parse_column(cells: Sequence[str]) -> Column:
    """A column of numbers if every cell that is not missing spells one, else of categories."""
    stripped = [cell.strip() for cell in cells]
    present = [cell.lower() not in MISSING for cell in stripped]
    numbers = [parse_number(cell) if there else math.nan for cell, there in zip(stripped, present, strict=True)]
    if None not in numbers:
        return Numbers(np.array(numbers, dtype=np.float64))
    levels = tuple(sorted({cell for cell, there in zip(stripped, present, strict=True) if there}))
    number = {level: i for i, level in enumerate(levels)}
    return Categories(
        np.array([number[cell] if there else -1 for cell, there in zip(stripped, present, strict=True)], dtype=np.int64), levels
    )
