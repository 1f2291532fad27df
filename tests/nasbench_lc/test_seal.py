from pathlib import Path

import h5py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench_lc.errors import FormatError
from nasbench_lc.seal import block_size, seal, verify


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seal")


@given(st.binary(max_size=200), st.data())
def test_any_change_outside_the_values_shows(folder: Path, content: bytes, data: st.DataObject):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    values = [(512 + a, b - a) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    sealed = seal(content, 512, values)
    assert sealed[512:] == content
    path = folder / "x"
    path.write_bytes(sealed)
    verify(path)
    at = data.draw(st.integers(0, len(sealed) - 1))
    altered = bytearray(sealed)
    altered[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(altered)
    if any(a <= at < a + n for a, n in values):
        verify(path)
    else:
        with pytest.raises(FormatError, match=r"checksum|HDF5"):
            verify(path)


@given(st.integers(0, 10_000))
def test_the_block_has_room_for_its_line(ranges: int):
    size = block_size(ranges)
    assert size >= 512
    assert size & (size - 1) == 0
    longest = [(10**13 + i, 10**13) for i in range(ranges)]
    assert len(seal(b"", size, longest[: min(ranges, 300)])) == size


def test_every_truncation_shows(folder: Path):
    sealed = seal(b"0123456789" * 10, 512, [(530, 40), (590, 22)])  # ends within values
    for length in range(0, len(sealed), 3):
        (folder / "x").write_bytes(sealed[:length])
        with pytest.raises(FormatError):
            verify(folder / "x")


def test_a_file_without_a_seal_passes(folder: Path):
    with h5py.File(folder / "foreign.h5", "w") as file:
        file["x"] = 1
    verify(folder / "foreign.h5")


@pytest.mark.parametrize("content", [b"", b"run,epoch\n", b"nasbenc.-lc seal 1 {}\n", b"\x89HDF\r\n\x1a"])
def test_what_begins_otherwise_never_reaches_hdf5(folder: Path, content: bytes):
    (folder / "x").write_bytes(content)
    with pytest.raises(FormatError, match="HDF5"):
        verify(folder / "x")


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"null", b'{"size":"a","sha256":"","but":[]}', b'{"size":-5,"sha256":"","but":[]}', b'{"size":1,"sha256":1,"but":[1]}',
     b'{"size":512,"sha256":"x","but":[[-9,-9],[1e999,2]]}', b"[" * 100_000],
)  # fmt: skip
def test_a_damaged_seal_is_one_sentence(folder: Path, line: bytes):
    (folder / "x").write_bytes(b"nasbench-lc seal 1 " + line + b"\n" + b"content")
    with pytest.raises(FormatError) as caught:
        verify(folder / "x")
    assert len(str(caught.value).splitlines()) == 1
