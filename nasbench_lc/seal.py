"""A checksum over all bytes of a file that the HDF5 library has to understand.

HDF5 trusts what it reads: a single flipped bit can crash the process. So a file begins with a user block, which HDF5 skips, whose one line
states the sha256 of all that follows but the plain values of the curves: those are never parsed, have a checksum for each run, and
leaving them out keeps reading fast.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from nasbench_lc.errors import FormatError

__all__ = ["block_size", "seal", "verify"]

_MAGIC = b"nasbench-lc seal 1 "
_HDF5 = b"\x89HDF\r\n\x1a\n"
_LONGEST = 1 << 20


def block_size(ranges: int) -> int:
    """The size of a user block with room for so many ranges: a power of two, at least 512, as HDF5 demands."""
    size = 512
    while size < 160 + 40 * ranges:
        size *= 2
    return size


def seal(content: bytes, size: int, values: Sequence[tuple[int, int]]) -> bytes:
    """A file with its checksum.

    Arguments:
        content: The file after its user block.
        size: Of the user block, see :func:`block_size`.
        values: The (offset in the file, length) of the plain values that the checksum leaves out.
    """
    ranges = sorted(values)
    checksum, at = hashlib.sha256(), 0
    for offset, length in ranges:
        checksum.update(content[at : offset - size])
        at = offset - size + length
    checksum.update(content[at:])
    head = _MAGIC + json.dumps({"size": size, "sha256": checksum.hexdigest(), "but": ranges}, separators=(",", ":")).encode()
    return head.ljust(size - 1) + b"\n" + content


def verify(path: Path) -> None:
    """Nothing, where a file has an intact seal, or is HDF5 without one.

    Raises:
        FormatError: If the file was altered or cut short since it was sealed, or is no HDF5 file.
        OSError: If it cannot be read.
    """
    with path.open("rb") as handle:
        first = handle.read(len(_MAGIC))
        if first.startswith(_HDF5):
            return
        if first != _MAGIC:
            raise FormatError(f"A dataset must be an HDF5 file; got other bytes in {path}. Check the path, or restore the file.")
        try:
            head = json.loads(handle.readline(_LONGEST))
            stated, found = head["sha256"], _checksum(handle, head["size"], head["but"])
        except (ValueError, KeyError, TypeError, RecursionError):
            stated, found = "", "no checksum"
    if stated != found:
        raise FormatError(f"A dataset must match its checksum; got an altered or truncated file, {path}. Restore it, or generate it again.")


def _checksum(handle: BinaryIO, size: int, ranges: Sequence[tuple[int, int]]) -> str:
    edges = [size, *(edge for offset, length in ranges for edge in (offset, offset + length)), handle.seek(0, 2)]
    if edges[0] < 0 or edges != sorted(edges) or not all(isinstance(edge, int) for edge in edges):
        raise ValueError("ranges that the file does not have")
    checksum = hashlib.sha256()
    for at, until in zip(edges[::2], edges[1::2], strict=True):
        handle.seek(at)
        checksum.update(handle.read(until - at))
    return checksum.hexdigest()
