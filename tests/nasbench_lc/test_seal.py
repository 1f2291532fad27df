import json
from pathlib import Path

import h5py
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nasbench_lc.errors import FormatError
from nasbench_lc.seal import Index, block_size, is_hdf5, seal, verify


def held(sealed: bytes) -> tuple[object, ...] | None:
    """What the columns hold that a seal names, what lies around them and the curves, and what it states besides; None if it cannot be read."""
    try:
        head = json.loads(sealed[len(b"nasbench-lc seal 1 ") : 512])
        columns = [sealed[at : at + n] for at, n in head["columns"]]
        within = {i for at, n in [*head["columns"], *head["curves"]] for i in range(at, at + n)}
        around = bytes(sealed[i] for i in range(head["size"], len(sealed)) if i not in within)
        stated = {name: value for name, value in head.items() if "index" in head or name != "curves"}
        del stated["columns"]
        return b"".join(columns), around, stated
    except (ValueError, KeyError, TypeError):
        return None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.data())
def test_any_change_shows_but_in_the_curves(tmp_path: Path, content: bytes, data: st.DataObject):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    ranges = [[512 + a, b - a] for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    columns, curves = ranges[::2], ranges[1::2]
    places = {f"m{i}": place for i, place in enumerate(curves)}
    index = Index(1, data.draw(st.sampled_from([None, (3, 2)])), places)
    sealed = seal(content, 512, columns, index)
    assert sealed[512:] == content
    path = tmp_path / "x"
    path.write_bytes(sealed)
    assert verify(path) == (index if index.shape else None)
    at = data.draw(st.integers(0, len(sealed) - 1))
    altered = bytearray(sealed)
    altered[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(altered)

    def inside(those: list[list[int]]) -> bool:
        return any(a <= at < a + n for a, n in those)

    # Among equal bytes a column that is said to lie one further holds the same, and nothing is lost.
    if not inside(curves) and (at >= 512 or held(bytes(altered)) != held(sealed)):
        with pytest.raises(FormatError, match=r"checksum|HDF5"):
            verify(path)
    if inside(columns):
        verify(path, columns=False)
    elif inside(curves):
        verify(path)
    elif at >= 512:
        with pytest.raises(FormatError, match="checksum"):
            verify(path, columns=False)


def test_where_an_empty_column_lies_is_not_said_since_no_checksum_would_miss_it():
    for shape in (None, (0, 2)):
        sealed = seal(b"\0", 512, [[512, 0], [512, 1]], Index(1, shape, {"m": [513, 0]}))
        head = json.loads(sealed[len(b"nasbench-lc seal 1 ") : 512])
        assert head["columns"] == [[512, 1]]
        assert head["curves"] == ([] if shape is None else [[513, 0]])  # of these the index has a checksum


@pytest.mark.parametrize("ranges", [0, 7, 8, 30, 1000, 20_000])
@pytest.mark.parametrize("length", [1, 300])
def test_the_block_has_room_for_its_line(ranges: int, length: int):
    names = [f"{i:0{length}}\u00e9" for i in range(ranges // 2)]
    size = block_size(ranges, names)
    assert size >= 512
    assert size & (size - 1) == 0
    longest = [[10**13 + i, 10**13] for i in range(ranges)]
    line = seal(b"", size, [], Index(10**9, (10**9, 10**9), {})).rstrip()
    assert len(line) + sum(len(str(r)) for r in longest) + len(json.dumps(names)) <= size


def test_every_truncation_shows(tmp_path: Path):
    sealed = seal(b"0123456789" * 10, 512, [[520, 10]], Index(1, None, {"a": [530, 40], "b": [590, 22]}))  # ends within values
    for length in range(0, len(sealed), 3):
        (tmp_path / "x").write_bytes(sealed[:length])
        for columns in (True, False):
            with pytest.raises(FormatError):
                verify(tmp_path / "x", columns)


def test_a_file_without_a_seal_passes(tmp_path: Path):
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    verify(tmp_path / "foreign.h5")
    assert is_hdf5(tmp_path / "foreign.h5")


@pytest.mark.parametrize(("content", "so"), [(seal(b"0", 512, [], Index(1, None, {})), True), (b"", False), (b"run,epoch\n", False)])
def test_hdf5_is_known_by_its_head(tmp_path: Path, content: bytes, so: bool):
    (tmp_path / "x").write_bytes(content)
    assert is_hdf5(tmp_path / "x") == so


@pytest.mark.parametrize("content", [b"", b"run,epoch\n", b"nasbenc.-lc seal 1 {}\n", b"\x89HDF\r\n\x1a"])
def test_what_begins_otherwise_never_reaches_hdf5(tmp_path: Path, content: bytes):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(FormatError, match="HDF5"):
        verify(tmp_path / "x")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"size":"a","structure":"","values":"","columns":[],"curves":[]}',
        b'{"size":-5,"structure":"","values":"","columns":[],"curves":[]}',
        b'{"size":1,"structure":1,"values":1,"columns":[1],"curves":[]}',
        b'{"size":512,"structure":"x","values":"","columns":[[-9,-9]],"curves":[[1e999,2]]}',
        b'{"size":19,"structure":"x","values":"","columns":[[30,-5]],"curves":[]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_seal_is_one_sentence(tmp_path: Path, line: bytes):
    (tmp_path / "x").write_bytes(b"nasbench-lc seal 1 " + line + b"\n" + b"content")
    with pytest.raises(FormatError) as caught:
        verify(tmp_path / "x")
    assert len(str(caught.value).splitlines()) == 1
