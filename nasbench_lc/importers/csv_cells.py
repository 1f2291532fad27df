"""The cells of a user's log, column by column."""

import csv
import io
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nasbench_lc.curves import Bools, Floats
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.csv_columns import Role, roles
from nasbench_lc.importers.reading import read_text

__all__ = ["Cells", "read_cells"]

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})


@dataclass(eq=False)
class Cells:
    """The columns of a file that have a role.

    Arguments:
        roles: What they hold.
        text: The columns run and arch, as far as there are any.
        numbers: All others, NaN where a cell is empty or says that there is no value.
        said_nan: Where a loss was written as ``nan``.
        notes: What was dropped.
    """

    roles: list[Role]
    text: dict[str, list[str]]
    numbers: dict[Role, Floats]
    said_nan: dict[Role, Bools]
    notes: list[str]


def read_cells(path: Path) -> Cells:
    """Read the text of run and arch, and the numbers of all other columns that have a role.

    Raises:
        FormatError: If the file is no table of comma-, semicolon- or tab-separated text, has no rows, or a number is none.
    """
    text = read_text(path)
    lines = _lines(text, path)
    first = next(lines, None)
    if first is None:
        raise FormatError(f"A log must begin with a line of column names; got an empty file at {path}. Write one row per run and epoch.")
    found = roles(first[1])
    words: dict[str, list[str]] = {r.name: [] for r in found if r.kind in ("run", "arch")}
    numbers = {r: array("d") for r in found if r.kind in ("epoch", "curve", "value")}
    literal = {r: bytearray() for r in numbers if r.name.endswith("_loss")}
    unread: set[Role] = set()
    for line, row in lines:
        if len(row) != len(found):
            raise FormatError(
                f"Every row must have {len(found)} fields like the first; got {len(row)} in line {line} of {path}. Correct the line."
            )
        for role, written in zip(found, row, strict=True):
            cell = written.strip()
            if role.name in words and role.kind in ("run", "arch"):
                words[role.name].append(cell)
            elif role in numbers:
                value = _number(cell)
                if value is None:
                    if role.kind != "value":
                        raise FormatError(
                            f"The column {role.name} must hold numbers; got {cell[:40]!r} in line {line} of {path}. Correct the cell."
                        )
                    unread.add(role)
                    value = math.nan
                numbers[role].append(value)
                if role in literal:
                    literal[role].append(cell.lower() == "nan")
    if not any(map(len, (*words.values(), *numbers.values()))):
        raise FormatError(f"A log must have rows; got only column names in {path}. Write one row per run and epoch.")
    dropped = sorted({h.strip() for h, r in zip(first[1], found, strict=True) if r.kind == "other" or r in unread})
    what = "Columns that are no metric, hyperparameter, architecture or time, or hold no numbers, were dropped"
    notes = [f"{what}: {', '.join(dropped)}."] if dropped else []
    return Cells(
        [r for r in found if r not in unread],
        words,
        {r: np.frombuffer(c, dtype=np.float64) if len(c) else np.empty(0) for r, c in numbers.items() if r not in unread},
        {r: np.frombuffer(bytes(c), dtype=np.bool_) for r, c in literal.items()},
        notes,
    )


def _lines(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    head = text[: text.find("\n") + 1 or len(text)]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise FormatError(
            f"A log must be comma-separated text; got {str(error)!r} in line {reader.line_num} of {path}. Correct the line."
        ) from error


def _number(cell: str) -> float | None:
    if cell.lower() in _MISSING:
        return math.nan
    try:
        return float(cell)
    except ValueError:
        return None
