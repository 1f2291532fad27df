"""The rows of a user's log as arrays: one row per run and epoch, or one row per run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import Bools, Floats
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.csv_cells import Cells, read_cells
from nasbench_lc.importers.csv_columns import METRICS, Role

__all__ = ["MAX_EPOCHS", "Indices", "Rows", "read_rows"]

MAX_EPOCHS = 100_000
MAX_VALUES = 50_000_000
_MERGED = "Rows of one run and epoch that fill different columns were read as one row."
_SHIFTED = "Epochs are counted from 0 in the log; they were shifted by one, so that its epoch 0 is epoch 1."

Indices = npt.NDArray[np.int64]


@dataclass(eq=False)
class Rows:
    """A log of `N` runs as it was written, epochs 1-based.

    Arguments:
        runs: `N` names, in the order of their first row.
        arch: `N` texts, ``""`` where there is none.
        curves: Metrics, seconds and an lr that changes by name, each `(N, T)`, NaN where missing.
        values: Hyperparameters by name, each `(N,)`, NaN where missing.
        planned: How many epochs the run will have, shape `(N,)`, NaN where unknown.
        n_params: Trainable parameters, shape `(N,)`, NaN where unknown.
        exploded: Whether a loss of the run is infinite, or written as ``nan`` in the last epoch that has a metric, shape `(N,)`.
        notes: What was changed on the way.
    """

    runs: tuple[str, ...]
    arch: tuple[str, ...]
    curves: dict[str, Floats]
    values: dict[str, Floats]
    planned: Floats
    n_params: Floats
    exploded: Bools
    notes: list[str]


def read_rows(path: Path) -> Rows:
    """Read a log.

    Raises:
        FormatError: If it is no table of comma-, semicolon- or tab-separated text; a number is none; a run has two values of one epoch, or two
            architectures; or it has no run or no metric.
    """
    cells = read_cells(path)
    if not any(role.kind == "curve" and role.name in METRICS for role in cells.roles):
        raise FormatError(
            f"A log must have at least one of the columns {', '.join(METRICS)}, beside an epoch column or numbered by epoch (val_acc_1 ...); "
            f"got none in {path}. Rename the columns."
        )
    return _long(cells, path) if any(r.kind == "epoch" for r in cells.roles) else _wide(cells, path)


def _long(cells: Cells, path: Path) -> Rows:
    names = cells.text.get("run", [path.stem] * len(next(iter(cells.numbers.values()))))
    _named(names, path)
    order = {name: i for i, name in enumerate(dict.fromkeys(names))}
    runs = tuple(order)
    code = np.array([order[name] for name in names], dtype=np.int64)
    epochs = _epochs(cells, code, runs, path)
    shape = len(runs), int(epochs.max())
    _bounded(shape, cells.roles, path)
    _once(cells, code, epochs, runs, path)
    curves: dict[str, Floats] = {}
    said_nan: dict[str, Bools] = {}
    single: dict[Role, Floats] = {}
    for role, column in cells.numbers.items():
        if role.kind == "curve":
            # Only what is filled: another row of this run and epoch may fill the rest.
            filled = cells.filled(role)
            place = code[filled], epochs[filled] - 1
            curves[role.name] = np.full(shape, np.nan)
            curves[role.name][place] = column[filled]
            if role in cells.said_nan:
                said_nan[role.name] = np.zeros(shape, dtype=np.bool_)
                said_nan[role.name][place] = cells.said_nan[role][filled]
        elif role.kind != "epoch":
            single[role] = _single(column, role.name, code, runs, path)
    arch = _architectures(cells.text.get("arch", [""] * len(code)), code, runs, path)
    return _rows(runs, arch, curves, said_nan, single, cells.notes)


def _named(names: Sequence[str], path: Path) -> None:
    if "" in names:
        raise FormatError(f"Every row must name its run; got an empty cell in row {names.index('') + 1} of {path}. Fill the column run.")


def _once(cells: Cells, code: Indices, epochs: Indices, runs: Sequence[str], path: Path) -> None:
    """Refuse two rows of one run and epoch, unless no column is filled in both, as in the logs of Lightning, which has a row for each phase."""
    place = code * (MAX_EPOCHS + 1) + epochs
    if len(np.unique(place)) == len(place):
        return
    for role in (r for r in cells.numbers if r.kind == "curve"):
        places, counts = np.unique(place[cells.filled(role)], return_counts=True)
        if (counts > 1).any():
            run, epoch = divmod(int(places[counts > 1][0]), MAX_EPOCHS + 1)
            hint = "Drop one." if "run" in cells.text else "Add a column run."
            raise FormatError(
                f"A run must have one value per epoch; got two of run {runs[run][:60]!r}, epoch {epoch}, in the column {role.name} of {path}. {hint}"
            )
    cells.notes.append(_MERGED)


def _epochs(cells: Cells, code: Indices, runs: Sequence[str], path: Path) -> Indices:
    written = next(c for r, c in cells.numbers.items() if r.kind == "epoch")
    whole = np.isfinite(written) & (written == np.floor(written)) & (written >= 0) & (written <= MAX_EPOCHS)
    if not whole.all():
        raise FormatError(
            f"The epoch must be a whole number of 1 .. {MAX_EPOCHS}; got {written[~whole][0]:g} in {path}. Correct the column epoch."
        )
    epochs = written.astype(np.int64)
    if epochs.min() > 0:
        return epochs
    first = np.full(len(runs), MAX_EPOCHS, dtype=np.int64)
    np.minimum.at(first, code, epochs)
    if first.any():
        run = runs[int(first.argmax())]
        raise FormatError(
            f"All runs must count their epochs from the same number; got 0 in some and {first.max()} in run {run[:60]!r} of {path}. Count from 1."
        )
    cells.notes.append(_SHIFTED)
    return epochs + 1


def _architectures(texts: Sequence[str], code: Indices, runs: Sequence[str], path: Path) -> tuple[str, ...]:
    arch = [""] * len(runs)
    for i, text in zip(code.tolist(), texts, strict=True):
        if text and arch[i] not in ("", text):
            raise FormatError(
                f"A run must have one architecture; got {arch[i][:60]!r} and {text[:60]!r} in run {runs[i][:60]!r} of {path}. Correct one."
            )
        arch[i] = text or arch[i]
    return tuple(arch)


def _wide(cells: Cells, path: Path) -> Rows:
    numbered = {r: c for r, c in cells.numbers.items() if r.epoch is not None}
    n = len(next(iter(numbered.values())))
    written = [r.epoch for r in numbered if r.epoch is not None]
    shift = 1 if min(written) == 0 else 0
    shape = n, max(written) + shift
    _bounded(shape, cells.roles, path)
    if shift:
        cells.notes.append(_SHIFTED)
    runs = tuple(cells.text.get("run", [str(i + 1) for i in range(n)]))
    _named(runs, path)
    twice, times = Counter(runs).most_common(1)[0]
    if times > 1:
        raise FormatError(f"Every row must be a run of its own; got {twice[:60]!r} {times} times in {path}. Correct the column run.")
    curves = {name: np.full(shape, np.nan) for name in sorted({r.name for r in numbered})}
    said_nan = {name: np.zeros(shape, dtype=np.bool_) for name in sorted({r.name for r in cells.said_nan})}
    for role, column in numbered.items():
        place = (role.epoch or 0) + shift - 1
        curves[role.name][:, place] = column
        if role in cells.said_nan:
            said_nan[role.name][:, place] = cells.said_nan[role]
    single = {r: c for r, c in cells.numbers.items() if r.epoch is None}
    return _rows(runs, tuple(cells.text.get("arch", [""] * n)), curves, said_nan, single, cells.notes)


def _rows(
    runs: tuple[str, ...],
    arch: tuple[str, ...],
    curves: dict[str, Floats],
    said_nan: Mapping[str, Bools],
    single: Mapping[Role, Floats],
    notes: list[str],
) -> Rows:
    values = {r.name: c for r, c in single.items() if r.kind == "value"}
    facts = {r.name: c for r, c in single.items() if r.kind == "fact"}
    if "lr" in curves:
        # A rate that changes is a curve, and its first value the hyperparameter; one that stays is the hyperparameter alone.
        values.setdefault("lr", _first(curves["lr"]))
        if not (_spread(curves["lr"]) > 0).any():
            del curves["lr"]
    unknown = np.full(len(runs), np.nan)
    exploded = _exploded({name: c for name, c in curves.items() if name in METRICS}, said_nan)
    return Rows(runs, arch, curves, values, facts.get("epochs", unknown), facts.get("n_params", unknown), exploded, notes)


def _exploded(metrics: Mapping[str, Floats], said_nan: Mapping[str, Bools]) -> Bools:
    written = np.any([*(~np.isnan(c) for c in metrics.values()), *said_nan.values()], axis=0)
    last = written.shape[1] - 1 - written[:, ::-1].argmax(1)
    exploded = np.zeros(len(written), dtype=np.bool_)
    for name, said in said_nan.items():
        exploded |= np.isinf(metrics[name]).any(1) | said[np.arange(len(said)), last]
    return exploded


def _bounded(shape: tuple[int, int], columns: Sequence[Role], path: Path) -> None:
    n, t = shape
    if t > MAX_EPOCHS or n * t * len({r.name for r in columns}) > MAX_VALUES:
        raise FormatError(
            f"A log must have at most {MAX_EPOCHS} epochs and {MAX_VALUES} values as a table; got {n} runs x {t} epochs in {path}. Cut it."
        )


def _spread(grid: Floats) -> Floats:
    there = np.isfinite(grid)
    return np.where(there, grid, -np.inf).max(1) - np.where(there, grid, np.inf).min(1)


def _single(column: Floats, name: str, code: Indices, runs: Sequence[str], path: Path) -> Floats:
    there = ~np.isnan(column)
    low, high = np.full(len(runs), np.inf), np.full(len(runs), -np.inf)
    np.minimum.at(low, code[there], column[there])
    np.maximum.at(high, code[there], column[there])
    if (high > low).any():
        run = runs[int((high > low).argmax())]
        raise FormatError(f"The column {name} must have one value per run; got several in run {run[:60]!r} of {path}. Correct it.")
    return np.where(np.isfinite(low), low, np.nan)


def _first(grid: Floats) -> Floats:
    return grid[np.arange(len(grid)), np.isfinite(grid).argmax(1)]
