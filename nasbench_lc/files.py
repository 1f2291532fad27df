"""Files that are either whole or not there: atomic writes, locks, and the operating system's refusals in plain words."""

import contextlib
import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nasbench_lc.errors import ConfigError, NasbenchError

__all__ = ["at_work", "atomic", "beside", "is_utf8", "lock", "plain_words", "real", "sync_folder"]

_LOCK = ".lock"
_WORDS = {
    errno.ENOSPC: "There must be space left on the device",
    errno.EDQUOT: "There must be disk quota left",
    errno.EROFS: "The file system must be writable",
    errno.EACCES: "The folder must be writable",
    errno.EEXIST: "The path must lead through folders",
    errno.ENOTDIR: "The path must lead through folders",
    errno.EPERM: "The folder must be writable",
}


@contextlib.contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses (full disk, read-only folder ...) into a NasbenchError of one sentence."""
    try:
        yield
    except OSError as error:
        # h5py raises OSErrors whose errno is lost but for the text "errno = 28".
        code = error.errno or next((c for c in _WORDS if f"errno = {c}," in str(error)), None)
        must = _WORDS.get(code or 0, "The file must be writable")
        reason = os.strerror(code) if code else str(error)
        raise NasbenchError(f"{must}; got {reason!r} for {path}. Nothing finished is lost: mend it and run the same command.") from error


def real(path: Path) -> Path:
    """Where a path leads, absolute and without links: all names of a file share its lock and its parts, whoever works in which folder."""
    return Path(os.path.realpath(path))


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can write it: Python stands surrogates in for bytes of names and attributes that are none."""
    return text == text.encode(errors="ignore").decode()


def beside(path: Path, suffix: str) -> Path:
    """What belongs to a file: beside it, under its name and a suffix; the same for all names of the file.

    Raises:
        ConfigError: If the path has no name, as that of the root.
    """
    file = real(path)
    if not file.name:
        raise ConfigError(f"The path must be that of a file; got the folder {path}. Name the .h5 file.")
    return file.with_name(file.name + suffix)


def sync_folder(folder: Path) -> None:
    """Make renames within a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """A folder with its parents, durable: what lies in it is lost with its own entry."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Hand out a temporary path beside `path`; on leaving, flush it to disk and rename it over `path`, or over what a link at `path` names.

    A reader, or the next process after a kill, sees the old file or the new one, never a part of either. The new one has the permissions of
    the old.

    Raises:
        NasbenchError: If the disk is full, or the folder read-only.
    """
    with plain_words(path):
        path = real(path)
        _make_folder(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(descriptor)
        temporary = Path(name)
        try:
            yield temporary
            descriptor = os.open(temporary, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
            os.replace(temporary, path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold `path` + ".lock" so that one process at a time writes a dataset; the kernel frees it when the holder dies.

    Raises:
        ConfigError: If another process holds it.
    """
    name = beside(path, _LOCK)
    with plain_words(name):
        _make_folder(name.parent)
        handle = name.open("a")
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A holder that ends unlinks the file: what was opened just before that is no lock any more.
            if os.fstat(handle.fileno()).st_ino != name.stat().st_ino:
                raise BlockingIOError(errno.EAGAIN, "the lock was just released")
        except (BlockingIOError, FileNotFoundError) as error:
            raise ConfigError(
                f"Only one process may write {path} at a time; got a lock held by another. Wait for it, or choose another --out."
            ) from error
        except OSError as error:
            raise NasbenchError(f"The file system must support locks; got {error.strerror!r} for {name}. Choose another --out.") from error
        try:
            yield
        finally:
            name.unlink(missing_ok=True)


def at_work(path: Path) -> bool:
    """Whether a process, most likely a generator, is writing a dataset: it holds its :func:`lock`."""
    try:
        with beside(path, _LOCK).open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # held for an instant, and only where a killed process left the file
    except BlockingIOError:
        return True
    except OSError:  # no such file, or none that can be read
        return False
    return False
