"""Foreign files are read within bounds and never unpickled."""

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nasbench_lc.errors import FormatError
from nasbench_lc.importers import reading
from nasbench_lc.importers.reading import labels, numbers, opened, read_npz, read_text


class Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return (pytest.fail, ("a pickle was loaded",))


def test_gzip_is_told_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "plain.json"
    path.write_bytes(gzip.compress(b"a,b"))
    assert read_text(path) == "a,b"
    with opened(path) as stream:
        assert stream.read() == b"a,b"
    path.write_bytes(b"\xef\xbb\xbfx")
    assert read_text(path) == "x"


def test_a_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"0" * (2 << 20)))
    with pytest.raises(FormatError, match="at most 1 MiB"):
        read_text(path)


# Each has a name: a gzip file holds the time that it was made at, and two processes that run the tests must give them the same names.
BAD_TEXT = {
    "gzip cut short": gzip.compress(b"[1]" * 1000)[:-20],
    "gzip gone bad": gzip.compress(b"[1]" * 1000)[:12] + b"\xff" * 40,
    "only the mark of gzip": b"\x1f\x8b",
    "not UTF-8": b"\xff",
}


@pytest.mark.parametrize("content", BAD_TEXT.values(), ids=BAD_TEXT.keys())
def test_bad_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        read_text(path)
    assert "\n" not in str(caught.value)


def test_folders_and_absent_files(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(FormatError):
            read_text(path)
        with pytest.raises(FormatError):
            read_npz(path, ("a",))


def test_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for save in (np.savez, np.savez_compressed):
        save(path, a=np.arange(6).reshape(2, 3), b=np.array(["x", "y"]), c=np.asfortranarray(np.eye(2)))
        found = read_npz(path, ("a", "b"), ("c", "d"))
        assert list(found) == ["a", "b", "c"]
        np.testing.assert_array_equal(numbers(found, "a", (2, None)), [[0, 1, 2], [3, 4, 5]])
        np.testing.assert_array_equal(found["c"], np.eye(2))
        assert labels(found, "b", ("y",)) == ["x", "y"]


def test_npz_refusals(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(3), b=np.array(["x"]))
    with pytest.raises(FormatError, match="hold the array z"):
        read_npz(path, ("z",))
    found = read_npz(path, ("a", "b"))
    for shape in ((4,), (3, 1), ()):
        with pytest.raises(FormatError, match="must hold"):
            numbers(found, "a", shape)
    with pytest.raises(FormatError, match="must hold"):
        numbers(found, "b", (1,))
    for name, needed in (("a", ()), ("b", ("y",))):
        with pytest.raises(FormatError, match="must list" if needed else "must hold|must list"):
            labels(found, name, needed or ("x",))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="npz"):
        read_npz(path, ("a",))


def test_npz_with_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.array([Trap()], dtype=object))
    with pytest.raises(FormatError, match="pickled"):
        read_npz(path, ("a",))


def test_npz_that_claims_more_than_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", header.getvalue() + bytes(80))
    with pytest.raises(FormatError, match="claims the shape"):
        read_npz(path, ("a",))
    monkeypatch.setattr(reading, "MAX_BYTES", 1 << 20)
    np.savez_compressed(path, a=np.zeros(1 << 18))
    with pytest.raises(FormatError, match="at most 1 MiB"):
        read_npz(path, ("a",))
