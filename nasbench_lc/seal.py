"""Checksums over a file of the format, in a user block at its head, which HDF5 skips.

HDF5 trusts what it reads: a single flipped bit can crash or hang the process. So the one line of the block states the sha256 of the
structure, which is all that HDF5 has to understand, and that of the columns. The plain values of the curves are in neither: they have a
checksum for each run, and leaving them out keeps reading fast. It also says where each curve lies, so that they can be read without HDF5, whose
opening of a file takes a fifth of the time that all curves of 5,000 runs take.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nasbench_lc.errors import FormatError

__all__ = ["Index", "Range", "block_size", "is_hdf5", "seal", "verify"]

_MAGIC = b"nasbench-lc seal 1 "
_HDF5 = b"\x89HDF\r\n\x1a\n"
_SILENT = {"size", "structure", "values", "columns", "curves"}
"""What a seal says that does not say how to read the curves, as none did at first."""
_LONGEST = 1 << 20

Range = Sequence[int]
"""The (offset, length) of plain values, offsets from the head of the file."""


@dataclass(frozen=True)
class Index:
    """Where the curves of a file lie, each as little-endian float32, row by row.

    Arguments:
        schema: The version of the file's format.
        shape: `(N, T)`, the same for all; None where they are of another kind and HDF5 has to read them.
        curves: Name to place.
    """

    schema: int
    shape: tuple[int, int] | None
    curves: Mapping[str, Range]


def block_size(ranges: int, names: Sequence[str]) -> int:
    """The size of a user block with room for so many ranges and for the names of curves: a power of two, at least 512, as HDF5 demands."""
    size = 512
    while size < 384 + 40 * ranges + len(json.dumps(names)):
        size *= 2
    return size


def seal(content: bytes, size: int, columns: Sequence[Range], index: Index) -> bytes:
    """A file with its checksums.

    Arguments:
        content: The file after its user block.
        size: Of the user block, see :func:`block_size`.
        columns: Where the plain values of all columns but the curves lie.
        index: Where those of the curves lie.
    """

    def digest(ranges: Iterable[Range]) -> str:
        checksum = hashlib.sha256()
        for offset, length in ranges:
            checksum.update(content[offset - size : offset - size + length])
        return checksum.hexdigest()

    curves = list(index.curves.values())
    head = {
        "size": size,
        "structure": digest(_between([*columns, *curves], size, size + len(content))),
        "values": digest(columns),
        "columns": _filled(columns),
        "curves": _filled(curves),
    }
    if index.shape is not None:
        named = {"schema": index.schema, "shape": index.shape, "names": list(index.curves), "curves": curves}
        head |= {**named, "index": _fingerprint(named)}
    return (_MAGIC + json.dumps(head, separators=(",", ":")).encode()).ljust(size - 1) + b"\n" + content


def is_hdf5(path: Path) -> bool:
    """Whether a file begins like HDF5, sealed or not; OSError if it cannot be read."""
    with path.open("rb") as handle:
        return handle.read(len(_MAGIC)).startswith((_MAGIC, _HDF5))


def verify(path: Path, columns: bool = True) -> Index | None:
    """Where the curves lie in a file with an intact seal; None where the seal does not say, or the file is HDF5 without one.

    Arguments:
        path: The file.
        columns: Whether to check the columns too, not only the structure.

    Raises:
        FormatError: If the file was altered or cut short since it was sealed, or is no HDF5 file.
        OSError: If it cannot be read.
    """
    with path.open("rb") as handle:
        first = handle.read(len(_MAGIC))
        if first.startswith(_HDF5):
            return None
        if first != _MAGIC:
            raise FormatError(f"A dataset must be an HDF5 file; got other bytes in {path}. Check the path, or restore the file.")
        try:
            head = json.loads(handle.readline(_LONGEST))
            end = handle.seek(0, 2)
            intact = head["structure"] == _digest(handle, _between([*head["columns"], *head["curves"]], head["size"], end))
            intact = intact and (not columns or head["values"] == _digest(handle, head["columns"]))
            index = _index(head)
        except (ValueError, KeyError, TypeError, RecursionError):
            intact, index = False, None
    if not intact:
        raise FormatError(f"A dataset must match its checksum; got an altered or truncated file, {path}. Restore it, or generate it again.")
    return index


def _index(head: dict[str, Any]) -> Index | None:
    """What a seal says of how to read the curves; None if it is of the kind that says nothing.

    Raises:
        ValueError: If it is damaged.
    """
    if set(head) == _SILENT:
        return None
    named = {name: head[name] for name in ("schema", "shape", "names", "curves")}
    if set(head) != {*_SILENT, *named, "index"} or head["index"] != _fingerprint(named):
        raise ValueError("an index that does not match its checksum")
    rows, epochs = head["shape"]
    return Index(head["schema"], (rows, epochs), dict(zip(head["names"], head["curves"], strict=True)))


def _fingerprint(named: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(named, separators=(",", ":")).encode()).hexdigest()


def _filled(ranges: Sequence[Range]) -> list[Range]:
    """Those that hold something: nobody would see where an empty one was said to lie."""
    return [place for place in ranges if place[1]]


def _between(ranges: Sequence[Range], start: int, end: int) -> list[Range]:
    """What lies around the ranges, from start to end.

    Raises:
        ValueError: If the ranges overlap or leave start .. end.
    """
    edges = [start, *(edge for offset, length in sorted(map(tuple, ranges)) for edge in (offset, offset + length)), end]
    if start < 0 or edges != sorted(edges) or not all(isinstance(edge, int) for edge in edges):
        raise ValueError("ranges that the file does not have")
    return [(at, until - at) for at, until in zip(edges[::2], edges[1::2], strict=True)]


def _digest(handle: BinaryIO, ranges: Sequence[Range]) -> str:
    checksum = hashlib.sha256()
    for offset, length in ranges:
        if length:  # most columns follow one another
            handle.seek(offset)
            checksum.update(handle.read(length))
    return checksum.hexdigest()
