import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nasbench_lc import files
from nasbench_lc.errors import ConfigError, NasbenchError
from nasbench_lc.files import at_work, atomic, beside, lock, plain_words

ROOT = Path(__file__).parents[2]

HOLDER = """
import sys, time
from pathlib import Path
from nasbench_lc.files import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_atomic_replaces_the_whole_file(tmp_path: Path):
    target = tmp_path / "new" / "x.bin"
    with atomic(target) as temporary:
        temporary.write_bytes(b"one")
        assert not target.exists()
        assert temporary.parent == target.parent
    with atomic(target) as temporary:
        temporary.write_bytes(b"two")
        assert target.read_bytes() == b"one"
    assert target.read_bytes() == b"two"
    assert os.listdir(target.parent) == ["x.bin"]


def test_atomic_leaves_the_old_file_when_the_writer_fails(tmp_path: Path):
    target = tmp_path / "x.bin"
    target.write_bytes(b"old")

    def fail() -> None:
        with atomic(target) as temporary:
            temporary.write_bytes(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.bin"]


def test_atomic_respects_the_umask(tmp_path: Path):
    before = os.umask(0o027)
    try:
        with atomic(tmp_path / "x") as temporary:
            temporary.write_bytes(b"")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


def test_atomic_keeps_the_permissions_of_what_it_replaces(tmp_path: Path):
    (tmp_path / "x").touch()
    for mode in (0o600, 0o664):
        (tmp_path / "x").chmod(mode)
        with atomic(tmp_path / "x") as temporary:
            temporary.write_bytes(b"")
        assert (tmp_path / "x").stat().st_mode & 0o777 == mode


def test_nothing_lies_beside_the_root(tmp_path: Path):
    assert beside(tmp_path / "a" / ".." / "x.h5", ".parts") == tmp_path / "x.h5.parts"
    for path in (Path("/"), tmp_path / Path(*[".."] * len(tmp_path.parts))):
        for act in (lambda path: beside(path, ".parts"), at_work, lambda path: lock(path).__enter__()):
            with pytest.raises(ConfigError, match="must be that of a file"):
                act(path)


def test_atomic_flushes_file_and_folder_around_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def flush(descriptor: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        fsync(descriptor)

    def rename(a: Path, b: Path) -> None:
        done.append("rename")
        replace(a, b)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", rename)
    with atomic(tmp_path / "x") as temporary:
        temporary.write_bytes(b"1")
    assert done == ["file", "rename", "folder"]


def test_a_new_folder_is_flushed_in_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    flushed: list[Path] = []
    monkeypatch.setattr(files, "sync_folder", flushed.append)
    for act in (atomic, lock):
        with act(tmp_path / act.__name__ / "b" / "x"):
            pass
        assert flushed[:2] == [tmp_path, tmp_path / act.__name__]
        flushed.clear()


def test_a_link_stays_and_the_file_that_it_names_is_replaced(tmp_path: Path):
    target, link = tmp_path / "far" / "x.bin", tmp_path / "link"
    link.symlink_to(target)
    for content in (b"new", b"newer"):
        with atomic(link) as temporary:
            temporary.write_bytes(content)
        assert link.is_symlink()
        assert target.read_bytes() == content
    assert os.listdir(tmp_path / "far") == ["x.bin"]
    with lock(link), pytest.raises(ConfigError, match="one process"), lock(target):
        pass


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "space left on the device"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "must be writable"),
        (errno.EACCES, "must be writable"),
        (errno.EIO, "must be writable"),
    ],
)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_refusal_of_the_system_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str, step: str):
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    target = tmp_path / "x"
    target.write_bytes(b"old")
    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(NasbenchError, match=words) as caught, atomic(target) as temporary:
        temporary.write_bytes(b"new")
    assert caught.value.exit_code == 1
    assert os.strerror(code) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x"]


def test_what_hdf5_reports_without_an_errno_is_understood(tmp_path: Path):
    with pytest.raises(NasbenchError, match="space left"), plain_words(tmp_path):
        raise OSError("Can't write data (file write failed: errno = 28, error message = 'No space left on device')")


@pytest.mark.parametrize("parent", ["file", "/proc/nowhere"])
def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path, parent: str):
    (tmp_path / "file").write_bytes(b"")
    target = tmp_path / parent / "x.h5"  # an absolute parent replaces tmp_path
    with pytest.raises(NasbenchError), atomic(target):
        pass
    with pytest.raises(NasbenchError), lock(target):
        pass


def test_a_lock_has_one_holder(tmp_path: Path):
    target = tmp_path / "x.h5"
    with lock(target):
        with pytest.raises(ConfigError, match="one process"), lock(target):
            pass
        assert (tmp_path / "x.h5.lock").exists()
    assert os.listdir(tmp_path) == []
    with lock(target):
        pass


def test_a_lock_dies_with_its_holder(tmp_path: Path):
    target = tmp_path / "x.h5"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(target)], stdout=subprocess.PIPE, text=True, cwd=ROOT) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(ConfigError, match="lock held by another"), lock(target):
                pass
        finally:
            holder.kill()
    assert (tmp_path / "x.h5.lock").exists()
    with lock(target):
        pass


def test_a_lock_that_was_just_released_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Between opening and locking the file, its holder ends and unlinks it: the handle then locks nothing."""
    target = tmp_path / "x.h5"
    flock = files.fcntl.flock

    def late(handle: object, how: int) -> None:
        (tmp_path / "x.h5.lock").unlink()
        flock(handle, how)  # type: ignore[arg-type]

    monkeypatch.setattr(files.fcntl, "flock", late)
    with pytest.raises(ConfigError), lock(target):
        pass


def test_a_file_system_without_locks_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(files.fcntl, "flock", refuse)
    with pytest.raises(NasbenchError, match="locks"), lock(tmp_path / "x.h5"):
        pass
