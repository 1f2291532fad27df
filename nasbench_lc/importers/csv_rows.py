"""The rows of a user's log as arrays: one row per run and epoch, or one row per run."""

import csv
import io
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nasbench_lc.curves import Bools, Floats
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.csv_columns import METRICS, Role, roles
from nasbench_lc.importers.reading import read_text

__all__ = ["Rows", "read_rows"]

MAX_EPOCHS = 100_000
MAX_VALUES = 50_000_000
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})


@dataclass(eq=False)
class Rows:
    """A log of `N` runs as it was written, epochs 1-based.

    Arguments:
        runs: `N` names, in the order of their first row.
        arch: `N` texts, ``""`` where there is none.
        curves: Metrics, seconds and lr by name, each `(N, T)`, NaN where missing.
        values: What a run has one of by name, each `(N,)`, NaN where missing.
        exploded: Whether a loss of the run is infinite, or written as ``nan`` in its last row, shape `(N,)`.
        notes: What was changed on the way.
    """

    runs: tuple[str, ...]
    arch: tuple[str, ...]
    curves: dict[str, Floats]
    values: dict[str, Floats]
    exploded: Bools
    notes: list[str] = field(default_factory=list)


@dataclass(eq=False)
class _Cells:
    """The columns of the file: text for run and arch, float64 for the rest."""

    roles: list[Role]
    text: dict[str, list[str]]
    numbers: dict[Role, Floats]
    said_nan: dict[Role, Bools]
    notes: list[str]


def read_rows(path: Path) -> Rows:
    """Read a log.

    Raises:
        FormatError: If it is no table of comma-, semicolon- or tab-separated text; a number is none; a run has two rows of one epoch, or two
            architectures; or it has no run or no metric.
    """
    cells = _cells(path)
    if not any(role.kind == "curve" and role.name in METRICS for role in cells.roles):
        raise FormatError(
            f"A log must have at least one of the columns {', '.join(METRICS)}, beside an epoch column or numbered by epoch (val_acc_1 ...); "
            f"got none in {path}. Rename the columns."
        )
    return _long(cells, path) if any(r.kind == "epoch" for r in cells.roles) else _wide(cells, path)


def _cells(path: Path) -> _Cells:
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
        for role, field_ in zip(found, row, strict=True):
            cell = field_.strip()
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
    notes = (
        [f"Columns that are no metric, hyperparameter, architecture or time, or hold no numbers, were dropped: {', '.join(dropped)}."]
        if dropped
        else []
    )
    return _Cells(
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


def _long(cells: _Cells, path: Path) -> Rows:
    epoch_role = next(r for r in cells.roles if r.kind == "epoch")
    written = cells.numbers[epoch_role]
    whole = np.isfinite(written) & (written == np.floor(written)) & (written >= 0) & (written <= MAX_EPOCHS)
    if not whole.all():
        raise FormatError(
            f"The epoch must be a whole number of 1 .. {MAX_EPOCHS}; got {written[~whole][0]:g} in {path}. Correct the column epoch."
        )
    epochs = written.astype(np.int64)
    if epochs.min() == 0:
        epochs = epochs + 1
        cells.notes.append("Epochs are counted from 0 in the log; they were shifted by one, so that its epoch 0 is epoch 1.")
    names = cells.text.get("run", [path.stem] * len(epochs))
    if "" in names:
        raise FormatError(f"Every row must name its run; got an empty cell in row {names.index('') + 1} of {path}. Fill the column run.")
    order = {name: i for i, name in enumerate(dict.fromkeys(names))}
    code = np.array([order[name] for name in names], dtype=np.int64)
    n, t = len(order), int(epochs.max())
    runs = tuple(order)
    _bounded(n, t, cells.roles, path)
    place, counts = np.unique(code * (t + 1) + epochs, return_counts=True)
    if (counts > 1).any():
        run, epoch = divmod(int(place[counts > 1][0]), t + 1)
        hint = "Drop one." if "run" in cells.text else "Add a column run."
        raise FormatError(f"A run must have one row per epoch; got two of run {runs[run][:60]!r}, epoch {epoch} in {path}. {hint}")
    curves: dict[str, Floats] = {}
    values: dict[str, Floats] = {}
    last = np.zeros(n, dtype=np.int64)
    np.maximum.at(last, code, epochs)
    exploded = np.zeros(n, dtype=np.bool_)
    for role, column in cells.numbers.items():
        if role.kind == "epoch":
            continue
        grid = np.full((n, t), np.nan)
        grid[code, epochs - 1] = column
        if role.kind == "curve":
            curves[role.name] = grid
        else:
            values[role.name] = _single(grid, role.name, runs, path)
        if role in cells.said_nan:
            exploded[code[cells.said_nan[role] & (epochs == last[code])]] = True
    arch = [""] * n
    for i, text in zip(code.tolist(), cells.text.get("arch", []), strict=False):
        if text and arch[i] not in ("", text):
            raise FormatError(
                f"A run must have one architecture; got {arch[i][:60]!r} and {text[:60]!r} in run {runs[i][:60]!r} of {path}. Correct one."
            )
        arch[i] = text or arch[i]
    if "lr" in curves:
        # A rate that changes is a curve, and its first value the hyperparameter; one that stays is the hyperparameter alone.
        values.setdefault("lr", _first(curves["lr"]))
        if not (_spread(curves["lr"]) > 0).any():
            del curves["lr"]
    return Rows(runs, tuple(arch), curves, values, exploded | _infinite(curves), cells.notes)


def _wide(cells: _Cells, path: Path) -> Rows:
    numbered = {r: c for r, c in cells.numbers.items() if r.epoch is not None}
    n = len(next(iter(numbered.values())))
    written = [r.epoch for r in numbered if r.epoch is not None]
    shift = 1 if min(written) == 0 else 0
    t = max(written) + shift
    _bounded(n, t, cells.roles, path)
    if shift:
        cells.notes.append("Epochs are counted from 0 in the log; they were shifted by one, so that its epoch 0 is epoch 1.")
    runs = tuple(cells.text.get("run", [str(i + 1) for i in range(n)]))
    if "" in runs or len(set(runs)) < n:
        twice = next(r for i, r in enumerate(runs) if not r or r in runs[:i])
        raise FormatError(
            f"Every row must be a run with a name of its own; got {twice[:60]!r} again or empty in {path}. Correct the column run."
        )
    curves = {name: np.full((n, t), np.nan) for name in sorted({r.name for r in numbered})}
    for role, column in numbered.items():
        curves[role.name][:, (role.epoch or 0) + shift - 1] = column
    values = {r.name: c.copy() for r, c in cells.numbers.items() if r.kind == "value"}
    return Rows(runs, tuple(cells.text.get("arch", [""] * n)), curves, values, _infinite(curves), cells.notes)


def _bounded(n: int, t: int, columns: Sequence[Role], path: Path) -> None:
    if t > MAX_EPOCHS or n * t * len({r.name for r in columns}) > MAX_VALUES:
        raise FormatError(
            f"A log must have at most {MAX_EPOCHS} epochs and {MAX_VALUES} values as a table; got {n} runs x {t} epochs in {path}. Cut it."
        )


def _infinite(curves: dict[str, Floats]) -> Bools:
    return np.any([np.isinf(c).any(1) for name, c in curves.items() if name.endswith("_loss")] or [[False]], axis=0)


def _spread(grid: Floats) -> Floats:
    there = np.isfinite(grid)
    return np.where(there, grid, -np.inf).max(1) - np.where(there, grid, np.inf).min(1)


def _single(grid: Floats, name: str, runs: tuple[str, ...], path: Path) -> Floats:
    changed = _spread(grid) > 0
    if changed.any():
        run = runs[int(changed.argmax())]
        raise FormatError(f"The column {name} must have one value per run; got several in run {run[:60]!r} of {path}. Correct it.")
    return _first(grid)


def _first(grid: Floats) -> Floats:
    return grid[np.arange(len(grid)), np.isfinite(grid).argmax(1)]
