"""One HDF5 file, written whole and read as columns."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from h5py import h5a, h5d, h5f, h5g, h5l, h5p, h5s, h5t  # pyright: ignore[reportAttributeAccessIssue]

from nasbench_lc.curves import Status
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.files import atomic, is_utf8
from nasbench_lc.schema import ARCH, ATTRIBUTES, RUN, SCHEMA_VERSION
from nasbench_lc.seal import Index, Range, block_size, seal, verify
from nasbench_lc.table import Table

__all__ = ["image", "read", "read_attributes", "read_curves", "write"]

_REQUIRED = tuple(f"run/{f.name}" for f in RUN if f.required) + tuple(f"arch/{f.name}" for f in ARCH if f.required)

_SHAPES = {
    f"{group}/{f.name}": {"text": ("S", 1), "int": ("i", 1), "float": ("f", 1), "widths": ("i", 2)}[f.kind]
    for group, fields in (("run", RUN), ("arch", ARCH))
    for f in fields
}
_WORDS = {"S": "text", "i": "whole numbers", "f": "numbers"}

# What h5py raises where a file is damaged or foreign, as fuzzing shows.
_DAMAGE = (OSError, RuntimeError, ValueError, TypeError, KeyError, OverflowError, MemoryError)

# Compressed foreign files may be 1,000 times smaller than their arrays; what claims more, or much in all, would only fill the memory.
_MAX_INFLATION = 2000
_MAX_INFLATED = 1 << 30

_TEXT = h5py.string_dtype()
_CURVES = "curves/"


def write(path: Path, table: Table) -> None:
    """Write a table atomically: the old file or the new one is there, whatever happens.

    Raises:
        NasbenchError: If the disk is full, or the folder read-only.
    """
    content = image(table)
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def image(table: Table) -> bytes:
    """The bytes of a file that holds a table; equal tables give equal bytes."""
    # Made in memory: HDF5 does not survive a disk that fills up while it writes (it crashes the process), and one write is faster.
    size = block_size(len(table.columns), [name.removeprefix(_CURVES) for name in table.columns if name.startswith(_CURVES)])
    access, creation = h5p.create(h5p.FILE_ACCESS), h5p.create(h5p.FILE_CREATE)
    access.set_fapl_core(1 << 20, False)
    access.set_libver_bounds(h5f.LIBVER_EARLIEST, h5f.LIBVER_LATEST)
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    access.set_alignment(4096, 64)  # aligned values are read a fifth faster
    creation.set_userblock(size)
    creation.set_obj_track_times(False)  # equal tables give equal bytes
    file = h5f.create(b"image", h5f.ACC_TRUNC, fapl=access, fcpl=creation)
    try:
        columns, curves = _fill(file, table)
        h5f.flush(file)
        content = file.get_file_image()
    finally:
        file.close()
    return seal(content, size, columns, Index(int(table.attributes["schema_version"]), _shape(table, curves), curves))


def _shape(table: Table, curves: Iterable[str]) -> tuple[int, int] | None:
    """`(N, T)` if these curves are plain float32 of one shape, as in every table of ours."""
    kinds = {(c.dtype.str, c.shape) for c in (table.columns[_CURVES + name] for name in curves)}
    shape = next((shape for kind, shape in kinds if kind == "<f4" and len(shape) == 2), None)
    return shape if len(kinds) == 1 else None


def _fill(file: h5f.FileID, table: Table) -> tuple[list[Range], dict[str, Range]]:
    """Write all columns; where the plain values of those that are no curves lie, as (offset, length), and of those that are, by name."""
    # h5py's low-level interface, with one object for each type and shape: the other takes four times as long, which counts where a shard
    # holds few runs.
    kinds: dict[np.dtype[Any], h5t.TypeID] = {}
    spaces: dict[tuple[int, ...], h5s.SpaceID] = {}

    def described(array: npt.NDArray[Any], cset: int | None = None) -> tuple[h5t.TypeID, h5s.SpaceID]:
        if array.dtype not in kinds:
            kinds[array.dtype] = kind = h5t.py_create(array.dtype, logical=True)
            if cset is not None:
                kind.set_cset(cset)
        if array.shape not in spaces:
            spaces[array.shape] = h5s.create_simple(array.shape) if array.shape else h5s.create(h5s.SCALAR)
        return kinds[array.dtype], spaces[array.shape]

    for name, value in sorted(table.attributes.items()):
        array = np.array(value, dtype=_TEXT) if isinstance(value, str | list) else np.asarray(value)
        kind, space = described(array)
        h5a.create(file, name.encode(), kind, space).write(array)
    kinds.clear()
    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_obj_track_times(False)  # equal tables give equal bytes
    links = h5p.create(h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    columns: list[Range] = []
    curves: dict[str, Range] = {}
    for name in sorted(table.columns):
        column = np.ascontiguousarray(table.columns[name])
        kind, space = described(column, h5t.CSET_UTF8 if column.dtype.kind == "S" else None)
        dataset = h5d.create(file, name.encode(), kind, space, creation, links)
        dataset.write(h5s.ALL, h5s.ALL, column, mtype=kind)
        if column.nbytes:
            place = (dataset.get_offset(), column.nbytes)
            if name.startswith(_CURVES):
                curves[name.removeprefix(_CURVES)] = place
            else:
                columns.append(place)
    return columns, curves


def read(path: Path) -> Table:
    """Read a whole file into memory.

    Raises:
        FormatError: If there is no such file, it is no HDF5 file, truncated, of a newer schema, or lacks a column; or if its seal and HDF5
            disagree on where the curves lie.
    """
    try:
        index = _verify(path)
        with h5py.File(path, "r") as file:
            attributes = _attributes(file, path)
            found = dict(_datasets(file))
            _check_datasets(found.values())
            if index is not None:
                _check_index(index, found)
            columns = {name: np.asarray(item[()]) for name, item in found.items()}
    except _DAMAGE as error:
        raise _unreadable(path, error) from error
    table = Table(attributes, columns)
    _check(table, path)
    return table


def read_curves(path: Path, metrics: Sequence[str]) -> npt.NDArray[np.float32]:
    """Some curves of all runs, shape `(M, N, T)`, and nothing else: straight into one array.

    Raises:
        ConfigError: If the file has no such metric.
        FormatError: As :func:`read`.
    """
    try:
        index = _verify(path, columns=False)
        if index is not None and index.shape and index.schema <= SCHEMA_VERSION and metrics and set(metrics) <= set(index.curves):
            return _read_indexed(path, index.shape, [index.curves[m] for m in metrics])
        # Again h5py's low-level interface: the objects of the other cost a third of the reading.
        file = h5f.open(os.fsencode(path), h5f.ACC_RDONLY)
        _check_version(file, path)
        try:
            _hard(file, "curves")
            group = h5g.open(file, b"curves")
            found = [_open(group, m) for m in metrics]
        except KeyError as error:
            raise ConfigError(f"The metrics must be curves of the file; got {', '.join(metrics)} for {path}. Choose others.") from error
        shapes = {dataset.shape for dataset in found}
        if len(shapes) != 1 or len(min(shapes)) != 2:
            raise FormatError(f"All curves must have the same two axes; got {sorted(shapes)} in {path}. The file is damaged.")
        _check_datasets(h5py.Dataset(d) for d in found if d.get_offset() is None)  # not simply one piece of this file
        values = np.empty((len(found), *min(shapes)), np.float32)
        for i, dataset in enumerate(found):
            dataset.read(h5s.ALL, h5s.ALL, values[i])
        return values
    except _DAMAGE as error:
        raise _unreadable(path, error) from error


def _read_indexed(path: Path, shape: tuple[int, int], places: Sequence[Range]) -> npt.NDArray[np.float32]:
    """What :func:`read_curves` answers, copied from where the seal says that it lies."""
    values = np.empty((len(places), *shape), "<f4")
    with path.open("rb", buffering=0) as handle:
        for (offset, length), out in zip(places, values, strict=True):
            handle.seek(offset)
            if length != out.nbytes or handle.readinto(out.data) != length:
                raise OSError(f"{length} bytes at {offset}")
    return values


def read_attributes(path: Path) -> Mapping[str, Any]:
    """The root attributes alone; the errors of :func:`read`."""
    try:
        _verify(path)
        with h5py.File(path, "r") as file:
            return _attributes(file, path)
    except _DAMAGE as error:
        raise _unreadable(path, error) from error


def _verify(path: Path, columns: bool = True) -> Index | None:
    if not path.is_file():
        raise OSError("a pipe or a device")  # which may never answer
    return verify(path, columns)


def _check(table: Table, path: Path) -> None:
    """Everything that the rest of the program relies on; what the values say is for :mod:`nasbench_lc.validation`."""
    columns = table.columns
    missing = [n for n in (*_REQUIRED, *(f"curves/{m}" for m in table.metrics)) if n not in columns]
    if missing:
        raise FormatError(f"A curve dataset must have {missing[0]}; got none in {path}. It was not written by this tool, or is damaged.")
    for name, column in columns.items():
        group = name.split("/")[0]
        kinds, axes = ("fi", 2) if group == "curves" else ("fi", 1) if group == "hp" else _SHAPES.get(name, ("Sfi", column.ndim))
        if column.dtype.kind not in kinds or column.ndim != axes or not axes:
            raise FormatError(
                f"{name} must hold {_WORDS[kinds[0]]} in {axes or 1} axes; got {column.dtype} in {column.ndim} in {path}. It is damaged."
            )
    odd = {name: len(c) for name, c in columns.items() if len(c) != len(table)}
    if odd:
        raise FormatError(f"All columns must have one row per run, {len(table)}; got {odd} in {path}. The file is damaged.")
    wrong = {n: c.shape[1] for n, c in columns.items() if n.startswith("curves/") and c.shape[1] != table.epochs}
    if wrong:
        raise FormatError(f"All curves must have {table.epochs} epochs; got {wrong} in {path}. The file is damaged.")
    unknown = set(columns["run/status"].tolist()) - {s.label.encode() for s in Status}
    if unknown:
        raise FormatError(f"run/status must be a known word; got {sorted(unknown)[0]!r} in {path}. The file is damaged.")


def _open(group: h5g.GroupID, name: str) -> h5d.DatasetID:
    """A dataset of a group by its name."""
    if "/" in name:
        raise KeyError(name)
    _hard(group, name)
    return h5d.open(group, name.encode())


def _hard(group: h5g.GroupID, name: str) -> None:
    """The name must not be a link: one that is not hard may lead out of the file."""
    if not _is_hard(group, name):
        raise _elsewhere(name)


def _is_hard(group: h5g.GroupID, name: str) -> bool:
    return group.links.get_info(name.encode()).type == h5l.TYPE_HARD


def _datasets(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """The datasets in the root and in its groups by name; no deeper, for a hostile file nests without end."""
    for name, item in _items(file):
        if isinstance(item, h5py.Dataset):
            yield name, item
        elif isinstance(item, h5py.Group):
            yield from ((f"{name}/{inner}", dataset) for inner, dataset in _items(item) if isinstance(dataset, h5py.Dataset))


def _items(group: h5py.Group) -> Iterator[tuple[str, Any]]:
    """What lies in a group; its links are not followed, for they may lead out of the file."""
    for name in _names(group):
        if _is_hard(group.id, name):
            yield name, group[name]


def _names(named: Iterable[Any]) -> list[str]:
    """The names in a group, or of attributes; h5py hands over as bytes what is not UTF-8."""
    found = list(named)
    for name in found:
        if not isinstance(name, str):
            raise FormatError(f"Every name must be UTF-8; got {name[:40]!r}. The file is foreign or damaged.")
    return found


def _check_index(index: Index, found: Mapping[str, h5py.Dataset]) -> None:
    """What the seal says of the curves, which :func:`read_curves` believes, must be what HDF5 says of them."""
    for name, place in index.curves.items():
        dataset = found.get(_CURVES + name)
        if dataset is None or [dataset.id.get_offset(), dataset.nbytes] != place or dataset.shape != index.shape:
            raise FormatError(f"The seal must say where each curve lies; got another place for {name}. The file is damaged.")


def _check_datasets(items: Iterable[h5py.Dataset]) -> None:
    inflated = 0
    for item in items:
        # An object dtype would be variable-length text or references: nothing that this format holds, and slow to read.
        if item.dtype.kind not in "Sif":
            raise FormatError(
                f"A column must hold fixed-length text or numbers; got {item.dtype} for {item.name}. It is foreign or damaged."
            )
        if item.is_virtual or item.external:
            raise _elsewhere(str(item.name))
        stored = item.id.get_storage_size()
        inflated += max(0, item.nbytes - stored)
        if item.nbytes > _MAX_INFLATION * max(1, stored) or inflated > _MAX_INFLATED:
            raise FormatError(
                f"A column must hold what it claims; got {item.nbytes} bytes out of {stored} for {item.name}. It is damaged, or too much "
                f"for the memory: write it uncompressed."
            )


def _elsewhere(name: str) -> FormatError:
    return FormatError(f"A column must lie in the file itself; got a link to another place for {name}. It is foreign or damaged.")


def _check_version(file: h5f.FileID, path: Path) -> None:
    if not h5a.exists(file, b"schema_version"):
        raise FormatError(f"A curve dataset must state its schema_version; got none in {path}. It was not written by this tool.")
    attribute = h5a.open(file, b"schema_version")
    stated = np.zeros(attribute.shape, np.int64)
    attribute.read(stated)
    found = int(stated)
    if found > SCHEMA_VERSION:
        raise FormatError(f"The schema must be version {SCHEMA_VERSION} or older; got {found} in {path}. Install a newer nasbench-lc.")


def _attributes(file: h5py.File, path: Path) -> dict[str, Any]:
    _check_version(file.id, path)
    _names(file.attrs)
    attributes = {name: _plain(value) for name, value in file.attrs.items() if not isinstance(value, h5py.Empty)}
    missing = [f.name for f in ATTRIBUTES if f.required and f.name not in attributes]
    if missing:
        raise FormatError(
            f"A curve dataset must state its {missing[0]}; got none in {path}. It was not written by this tool, or is damaged."
        )
    for f in ATTRIBUTES:
        if f.name in attributes and not _fits(f.kind, attributes[f.name]):
            raise FormatError(f"The attribute {f.name} must be {f.kind}; got {attributes[f.name]!r:.40} in {path}. It is damaged.")
    if attributes["epochs"] < 1 or not attributes["metrics"]:
        raise FormatError(f"A curve dataset must have epochs and metrics; got none in {path}. It is damaged.")
    if not {"lr", "epoch_seconds"}.isdisjoint(attributes["metrics"]):
        raise FormatError(f"The metrics must not name lr or epoch_seconds; got {attributes['metrics']!r:.80} in {path}. It is damaged.")
    if len(attributes.get("schedule", ())) not in (0, attributes["epochs"]):
        raise FormatError(f"The schedule must have one value per epoch; got {len(attributes['schedule'])} in {path}. It is damaged.")
    for name in ("recipe", "plan"):
        try:
            json.loads(str(attributes[name]))
        except (ValueError, RecursionError) as error:
            raise FormatError(f"The attribute {name} must be JSON; got {str(attributes[name])[:40]!r} in {path}. It is damaged.") from error
    return attributes


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(v) for v in value] if value.dtype.kind == "O" else value
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


def _fits(kind: str, value: Any) -> bool:
    if kind == "text list":
        return isinstance(value, list) and all(_fits("text", v) for v in value)
    if kind == "float list":
        return isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "fi"
    if kind == "text":
        return isinstance(value, str) and is_utf8(value)
    return isinstance(value, int)


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
