"""Reads a table of classes from CSV text, and says what is wrong with it in one sentence.

Delimiter comma, semicolon or tab, whichever splits the first line into most columns; a header line; fields may be quoted. Columns separated
by semicolons or tabs may have decimal commas. Empty cells and NA, N/A, NaN, null, ? are missing.
"""

import csv
import difflib
import io
from collections import Counter
from collections.abc import Sequence

import numpy as np

from generators.base import MAX_CLASSES
from generators.table import MISSING, Categories, Column, Numbers, Table, parse_column, parse_number
from nasbench_lc.errors import ConfigError

__all__ = ["read_table"]

DELIMITERS = (",", ";", "\t")
MAX_LEVELS = 256


def read_table(text: str, label: str, target: str | None = None) -> Table:
    """The table in CSV text, with the classes of the column `target`, or of the last.

    Classes are in the order of their numbers where all are numbers, else of their text; numbers spelled differently, 1 and 1.0, are one class.

    Arguments:
        text: The content of the file.
        label: What messages call it.
        target: The column of the classes.

    Raises:
        ConfigError: If the text is no such table, or its target has not the shape of classes.
    """
    header, rows, lines, delimiter = _read_rows(text, label)
    column = _target_column(header, target, label)
    if len(header) < 2:
        raise ConfigError(f"A table must have at least one feature column beside the target; got only {header[0]!r} in {label}. Add one.")
    cells = list(zip(*rows, strict=True))
    labels, classes = _classes([cell.strip() for cell in cells[column]], lines, header[column], label)
    names = [name for i, name in enumerate(header) if i != column]
    columns = [_feature(header[i], cells[i], delimiter, label) for i in range(len(header)) if i != column]
    return Table(tuple(names), tuple(columns), np.array(labels, dtype=np.int64), classes)


def _read_rows(text: str, label: str) -> tuple[list[str], list[list[str]], list[int], str]:
    """Header, rows, the line on which each row ends, and the delimiter."""
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise ConfigError(f"A CSV file must be text; got bytes of zero in {label}. Export it as CSV in UTF-8.")
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        delimiter = max(DELIMITERS, key=lambda d: len(next(csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=d), [])))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        near = lines[-1] + 1 if lines else 1
        raise ConfigError(
            f"A CSV file must have every quote closed and no cell over {csv.field_size_limit()} characters; got a fault from line {near} of "
            f"{label} ({error}). Fix that cell."
        ) from error
    if not rows:
        raise ConfigError(f"A CSV file must have a header line and rows; got the empty file {label}. Check the export.")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(rows[0]):
            raise ConfigError(
                f"Every row must have the header's {len(rows[0])} columns; got {len(row)} in line {line} of {label}. "
                f"Quote cells that contain {delimiter!r}."
            )
    header = [name.strip() for name in rows[0]]
    _check_header(header, label)
    if len(rows) < 2:
        raise ConfigError(f"A CSV file must have rows below its header; got none in {label}. Check the export.")
    return header, rows[1:], lines[1:], delimiter


def _check_header(header: Sequence[str], label: str) -> None:
    if "" in header:
        position = list(header).index("") + 1
        raise ConfigError(
            f"Every column must have a name; got none for column {position} of {label}. Name it, or leave it out if it numbers the rows."
        )
    if all(parse_number(name) is not None for name in header):
        raise ConfigError(f"The first line must name the columns; got the numbers {', '.join(header[:3])} in {label}. Add a header line.")
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise ConfigError(f"Column names must be distinct; got {twice[0]!r} twice in {label}. Rename one.")


def _target_column(header: Sequence[str], target: str | None, label: str) -> int:
    if target is None:
        return len(header) - 1
    if target not in header:
        near = difflib.get_close_matches(target, header, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are {', '.join(header[:10])}{' ...' if len(header) > 10 else ''}."
        raise ConfigError(f"The target must be a column of {label}; got {target!r}. {hint}")
    return list(header).index(target)


def _classes(cells: Sequence[str], lines: Sequence[int], name: str, label: str) -> tuple[list[int], tuple[str, ...]]:
    for cell, line in zip(cells, lines, strict=True):
        if cell.lower() in MISSING:
            raise ConfigError(
                f"Every row must have a class in {name!r}; got {cell!r} in line {line} of {label}. Remove the row or fill it."
            )
    cells = _spelled_once(cells)
    counts = Counter(cells)
    numbers = {cell: parse_number(cell) for cell in counts}
    if all(value is not None for value in numbers.values()):
        whole = all(float(value or 0.0).is_integer() for value in numbers.values())
        if len(counts) > MAX_CLASSES or 2 * len(counts) > len(cells) > 4 or (not whole and len(counts) > 20):
            raise ConfigError(
                f"The target must hold classes, a few values many times each; got {len(counts)} different numbers in {name!r} of {label}, "
                f"which looks like regression. Name another column with --target."
            )
        classes = sorted(counts, key=lambda cell: (numbers[cell] or 0.0, cell))
    else:
        classes = sorted(counts)
    if len(counts) > MAX_CLASSES or 2 * len(counts) > len(cells) > 4:
        raise ConfigError(
            f"The target must hold classes, a few values many times each; got {len(counts)} different values in {len(cells)} rows in "
            f"{name!r} of {label}. Name another column with --target."
        )
    if len(counts) < 2:
        raise ConfigError(f"The target must have at least 2 classes; got only {classes[0]!r} in {name!r} of {label}. Name another column.")
    rare = [cell for cell in classes if counts[cell] < 2]
    if rare:
        raise ConfigError(
            f"Every class must have at least 2 rows, one to train on and one to test on; got 1 row of {rare[0]!r} in {label}. "
            f"Remove the row, or merge the class with another."
        )
    number = {cell: i for i, cell in enumerate(classes)}
    return [number[cell] for cell in cells], tuple(classes)


def _spelled_once(cells: Sequence[str]) -> Sequence[str]:
    """The cells with every number in the shortest of its spellings, where all cells are numbers."""
    if any(parse_number(cell) is None for cell in set(cells)):
        return cells
    # An integer is exact, where a float would take large neighbours for one; both compare and hash alike. Python reads none of over 4,300
    # digits; a finite number has so many only where most are leading zeros.
    value = {cell: int(cell) if len(cell) <= 4000 and cell.lstrip("+-").isdecimal() else float(cell) for cell in set(cells)}
    shortest = {value[cell]: cell for cell in sorted(value, key=lambda cell: (len(cell), cell), reverse=True)}
    return [shortest[value[cell]] for cell in cells]


def _feature(name: str, cells: Sequence[str], delimiter: str, label: str) -> Column:
    column = parse_column(cells)
    if isinstance(column, Categories) and delimiter != ",":
        decimal = parse_column([cell.replace(",", ".") for cell in cells])
        column = decimal if isinstance(decimal, Numbers) else column
    if isinstance(column, Categories):
        levels = len(column.levels)
        if levels > MAX_LEVELS or (levels > 20 and 2 * levels > len(cells)):
            raise ConfigError(
                f"A column of text must repeat at most {MAX_LEVELS} categories; got {levels} different values in {name!r} of {label}, such as "
                f"{column.levels[0]!r}. Remove the column if it holds names or free text, or fix the cells if it should hold numbers."
            )
    return column
