"""Foreign files, read within bounds: no pickle, no more memory than the cap, one sentence for whatever is wrong."""

import contextlib
import gzip
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import Floats
from nasbench_lc.errors import ConfigError, FormatError

__all__ = ["MAX_BYTES", "chosen_task", "in_words", "labels", "numbers", "opened", "read_npz", "read_text"]

MAX_BYTES = 1 << 28
"""The most that a source, or one task of it, may hold once it is uncompressed: 256 MiB, ten times the largest single task that we know."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, uncompressed where it is gzip (by its first two bytes, whatever the name).

    Raises:
        FormatError: If it cannot be read or is a damaged gzip file, now or while it is read.
    """
    try:
        with path.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
            handle.seek(0)
            with gzip.GzipFile(fileobj=handle) if packed else handle as stream:
                yield stream  # pyright: ignore[reportReturnType]
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError(
            f"The source must be a readable file; got {in_words(error)!r} from {path}. Check the path, or fetch it again."
        ) from error


def read_text(path: Path) -> str:
    """The content of a text file, gzip or not; a byte-order mark is dropped.

    Raises:
        FormatError: As :func:`opened`, and if it is not UTF-8 or holds more than :data:`MAX_BYTES`.
    """
    with opened(path) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FormatError(f"The source must hold at most {MAX_BYTES >> 20} MiB; got more in {path}. Cut it into parts, one task each.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"The source must be UTF-8 text; got byte {error.start} of {path} that is none. Save it as UTF-8.") from error


def read_npz(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, npt.NDArray[Any]]:
    """Arrays of an npz file by name, without those optional ones that it lacks.

    Every array's header is checked against the size of its member before anything is allocated, so that no header can claim more than is there.

    Raises:
        FormatError: If the file is no npz file, damaged, lacks a required array, holds pickled objects, or more than :data:`MAX_BYTES`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}
            missing = [name for name in required if name not in sizes]
            if missing:
                raise FormatError(
                    f"The source must hold the array {missing[0]}; got {', '.join(sorted(sizes))[:200]} in {path}. Choose another KIND."
                )
            wanted = [*required, *(name for name in optional if name in sizes)]
            if sum(sizes[name] for name in wanted) > MAX_BYTES:
                raise FormatError(f"The source must hold at most {MAX_BYTES >> 20} MiB; got more in {path}. Cut it into parts.")
            return {name: _array(archive, name, sizes[name]) for name in wanted}
    except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise FormatError(
            f"The source must be an npz file of plain arrays; got {in_words(error)!r} from {path}. Fetch it again."
        ) from error


def _array(archive: zipfile.ZipFile, name: str, size: int) -> npt.NDArray[Any]:
    with archive.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(member)
        if dtype.hasobject:
            raise ValueError(f"pickled objects in {name}")
        if math.prod(shape) * dtype.itemsize + member.tell() != size:
            raise ValueError(f"{name} claims the shape {shape}, which its {size} bytes do not hold")
    with archive.open(f"{name}.npy") as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def numbers(arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: Sequence[int | None]) -> Floats:
    """One of the arrays as float64; None in `shape` is any length.

    Raises:
        FormatError: If it has another shape or does not hold numbers.
    """
    array = arrays[name]
    if (
        array.ndim != len(shape)
        or any(s not in (None, d) for s, d in zip(shape, array.shape, strict=True))
        or array.dtype.kind not in "iuf"
    ):
        wanted = "x".join("any" if s is None else str(s) for s in shape)
        raise FormatError(f"The array {name} must hold {wanted} numbers; got {array.dtype} of shape {array.shape}. Fetch the source again.")
    return array.astype(np.float64)


def labels(arrays: Mapping[str, npt.NDArray[Any]], name: str, needed: Sequence[str]) -> list[str]:
    """One of the arrays as a list of texts.

    Raises:
        FormatError: If it is no list of texts, or lacks one that is needed.
    """
    array = arrays[name]
    found = array.tolist() if array.ndim == 1 and array.dtype.kind == "U" else []
    missing = [n for n in needed if n not in found]
    if missing:
        raise FormatError(f"The array {name} must list {missing[0]}; got {str(found)[:80]}. Fetch the source again.")
    return found


def chosen_task(stated: Sequence[str], wanted: str | None, path: Path) -> str:
    """The task to read of those that a source states: the only one, or the one that is wanted.

    Raises:
        ConfigError: If several are stated and none is wanted, or the one that is wanted is not there.
    """
    if wanted is None and len(stated) == 1:
        return stated[0]
    if wanted is None or wanted not in stated:
        names = ", ".join(name[:60] for name in stated)
        raise ConfigError(
            f"The task must be one of those that {path} holds: {names[:1000]}; got {wanted or 'none'}. Choose with --task NAME."
        )
    return wanted


def in_words(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
