"""One HDF5 file, written whole and read as columns."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from nasbench_lc.errors import FormatError
from nasbench_lc.files import atomic
from nasbench_lc.schema import ARCH, ATTRIBUTES, RUN, SCHEMA_VERSION
from nasbench_lc.table import Table

__all__ = ["read", "read_attributes", "write", "write_bare"]

_REQUIRED = tuple(f"run/{f.name}" for f in RUN if f.required) + tuple(f"arch/{f.name}" for f in ARCH if f.required)

# Compressed foreign files may be 1,000 times smaller than their arrays; a column that claims more would only fill the memory.
_MAX_INFLATION = 2000


def write(path: Path, table: Table) -> None:
    """Write a table atomically: the old file or the new one is there, whatever happens.

    Raises:
        NasbenchError: If the disk is full, or the folder read-only.
    """
    with atomic(path) as temporary:
        write_bare(temporary, table)


def write_bare(path: Path, table: Table) -> None:
    """Write a table to a path that nobody reads yet."""
    with h5py.File(path, "w") as file:
        for name, value in table.attributes.items():
            file.attrs[name] = value
        for name in sorted(table.columns):
            column = np.ascontiguousarray(table.columns[name])
            if column.dtype.kind == "S":
                column = column.astype(h5py.string_dtype("utf-8", max(1, column.dtype.itemsize)))
            # No creation times: equal tables give equal bytes.
            file.create_dataset(name, data=column, track_times=False)


def read(path: Path) -> Table:
    """Read a whole file into memory.

    Raises:
        FormatError: If there is no such file, it is no HDF5 file, truncated, of a newer schema, or lacks a column.
    """
    try:
        with h5py.File(path, "r") as file:
            attributes = _attributes(file, path)
            columns: dict[str, np.ndarray[Any, Any]] = {}

            def visit(name: str, item: object) -> None:
                if isinstance(item, h5py.Dataset):
                    columns[name] = _column(item)

            file.visititems(visit)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise _unreadable(path, error) from error
    missing = [n for n in _REQUIRED if n not in columns]
    if missing:
        raise FormatError(f"A curve dataset must have {missing[0]}; got none in {path}. It was not written by this tool, or is damaged.")
    lengths = {name: len(c) for name, c in columns.items()}
    if len(set(lengths.values())) != 1:
        raise FormatError(f"All columns must have one row per run; got {lengths} in {path}. The file is damaged.")
    return Table(attributes, columns)


def read_attributes(path: Path) -> Mapping[str, Any]:
    """The root attributes alone; the errors of :func:`read`."""
    try:
        with h5py.File(path, "r") as file:
            return _attributes(file, path)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise _unreadable(path, error) from error


def _column(item: h5py.Dataset) -> np.ndarray[Any, Any]:
    # An object dtype would be variable-length text or references: nothing that this format holds, and slow to read.
    if item.dtype.kind not in "Sif":
        raise FormatError(f"A column must hold fixed-length text or numbers; got {item.dtype} for {item.name}. It is foreign or damaged.")
    if item.is_virtual or item.external:
        raise FormatError(f"A column must lie in the file itself; got a link to another file for {item.name}. It is foreign or damaged.")
    if item.nbytes > _MAX_INFLATION * max(1, item.id.get_storage_size()):
        raise FormatError(
            f"A column must hold what it claims; got {item.nbytes} bytes out of almost nothing for {item.name}. It is damaged."
        )
    return np.asarray(item[()])


def _attributes(file: h5py.File, path: Path) -> dict[str, Any]:
    if "schema_version" not in file.attrs:
        raise FormatError(f"A curve dataset must state its schema_version; got none in {path}. It was not written by this tool.")
    stated: Any = file.attrs["schema_version"]
    found = int(stated)
    if found > SCHEMA_VERSION:
        raise FormatError(f"The schema must be version {SCHEMA_VERSION} or older; got {found} in {path}. Install a newer nasbench-lc.")
    attributes = {name: _plain(value) for name, value in file.attrs.items()}
    missing = [f.name for f in ATTRIBUTES if f.required and f.name not in attributes]
    if missing:
        raise FormatError(
            f"A curve dataset must state its {missing[0]}; got none in {path}. It was not written by this tool, or is damaged."
        )
    for name in ("recipe", "plan"):
        try:
            json.loads(str(attributes[name]))
        except ValueError as error:
            raise FormatError(f"The attribute {name} must be JSON; got {str(attributes[name])[:40]!r} in {path}. It is damaged.") from error
    return attributes


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(v) for v in value] if value.dtype.kind == "O" else value
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


def _unreadable(path: Path, error: Exception) -> FormatError:
    if isinstance(error, FormatError):
        return error
    if not path.exists():
        return FormatError(f"The dataset must exist; got no file at {path}. Check the path, or run: nasbench-lc generate --out {path}")
    if path.is_dir():
        return FormatError(f"The dataset must be a file; got the folder {path}. Name the .h5 file.")
    return FormatError(f"The dataset must be a readable HDF5 file; got {_first_line(error)!r} from {path}. Restore it.")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else "no details"
