"""The cells of a user's log, column by column."""

import csv
import io
import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nasbench_lc.curves import Bools, Floats
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.csv_columns import METRICS, Role, roles
from nasbench_lc.importers.reading import read_text

__all__ = ["Cells", "read_cells"]

_SAID_DELIMITER = re.compile(r"sep=([,;\t])\s*", re.IGNORECASE)
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

    def filled(self, role: Role) -> Bools:
        """Where a column of numbers has a value, or says ``nan`` of a loss."""
        there = ~np.isnan(self.numbers[role])
        return there | self.said_nan[role] if role in self.said_nan else there


def read_cells(path: Path) -> Cells:
    """Read the text of run and arch, and the numbers of all other columns that have a role.

    A column of one value per run that holds words alone, such as the names of optimizers, is dropped.

    Raises:
        FormatError: If the file is no table of comma-, semicolon- or tab-separated text, has no rows, a number is none, or is infinite and no metric's.
    """
    text = read_text(path)
    lines = _lines(text, path)
    first = next(lines, None)
    if first is None:
        raise FormatError(f"A log must begin with a line of column names; got an empty file at {path}. Write one row per run and epoch.")
    found = roles(first[1])
    header = [h.strip() or "(unnamed)" for h in first[1]]
    words: dict[str, list[str]] = {r.name: [] for r in found if r.kind in ("run", "arch")}
    numbers = {r: array("d") for r in found if r.kind in ("epoch", "curve", "value", "fact")}
    # The epoch and the metrics are checked as a whole, by what they mean.
    finite = {r for r in numbers if r.kind != "epoch" and not (r.kind == "curve" and r.name in METRICS)}
    literal = {r: bytearray() for r in numbers if r.kind == "curve" and r.name.endswith("_loss")}
    worded: dict[Role, tuple[str, str, int]] = {}
    empty = True
    for line, row in lines:
        empty = False
        if len(row) != len(found):
            raise FormatError(
                f"Every row must have {len(found)} fields like the first; got {len(row)} in line {line} of {path}. Correct the line."
            )
        for role, name, written in zip(found, header, row, strict=True):
            cell = written.strip()
            if role.name in words and role.kind in ("run", "arch"):
                words[role.name].append(cell)
            elif role in numbers:
                value = _number(cell)
                if value is None or (math.isinf(value) and role in finite):
                    if value is not None or role.kind not in ("value", "fact"):
                        raise _refused("numbers" if value is None else "finite numbers", name, cell, line, path)
                    worded.setdefault(role, (name, cell, line))
                    value = math.nan
                numbers[role].append(value)
                if role in literal:
                    literal[role].append(cell.lower() == "nan")
    if empty:
        raise FormatError(f"A log must have rows; got only column names in {path}. Write one row per run and epoch.")
    columns = {r: np.frombuffer(c, dtype=np.float64) for r, c in numbers.items()}
    for role, place in worded.items():
        if not np.isnan(columns.pop(role)).all():
            raise _refused("numbers", *place, path)
    dropped = sorted({h for h, r in zip(header, found, strict=True) if r.kind == "other" or r in worded})
    what = "Columns that are no metric, hyperparameter, architecture or time, or hold no numbers, were dropped"
    notes = [f"{what}: {', '.join(dropped)}."] if dropped else []
    return Cells(
        [r for r in found if r not in worded],
        words,
        columns,
        {r: np.frombuffer(bytes(c), dtype=np.bool_) for r, c in literal.items()},
        notes,
    )


def _refused(what: str, name: str, cell: str, line: int, path: Path) -> FormatError:
    return FormatError(
        f"The column {name} must hold {what}; got {cell[:40]!r} in line {line} of {path}. Correct the cell, or drop the column."
    )


def _lines(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    handle = io.StringIO(text, newline="")
    head = next((line for line in handle if line.strip(" ,;\t\r\n")), "")
    handle.seek(0)
    said = _SAID_DELIMITER.fullmatch(head)  # Excel's way to say it, in a line of its own
    reader = csv.reader(handle, delimiter=said[1] if said else max(",;\t", key=head.count))
    try:
        rows = (row for row in reader if any(cell.strip() for cell in row))
        if said:
            next(rows)
        for row in rows:
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
