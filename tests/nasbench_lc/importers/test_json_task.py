"""One task of a JSON file is what `json` reads of the whole, however the bytes are cut and whatever else the file holds."""

import gzip
import json
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.importers import json_task, reading
from nasbench_lc.importers.json_task import read_task

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TASKS = st.dictionaries(st.text(), st.dictionaries(st.text(), VALUES, max_size=3), min_size=1, max_size=4)


@given(tasks=TASKS, plain=st.booleans(), indent=st.sampled_from([None, 1]), chunk=st.integers(1, 40), packed=st.booleans(), data=st.data())
def test_every_task_is_read_as_json_reads_it(
    tmp_path_factory: pytest.TempPathFactory, tasks: dict, plain: bool, indent: int | None, chunk: int, packed: bool, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "tasks.json"
    text = json.dumps(tasks, ensure_ascii=plain, indent=indent).encode(errors="surrogatepass" if plain else "replace")
    path.write_bytes(gzip.compress(text) if packed else text)
    whole = json.loads(text)
    wanted = data.draw(st.sampled_from(list(whole)))
    with patch.object(json_task, "CHUNK", chunk):
        assert read_task(path, wanted) == (wanted, whole[wanted])
        if len(whole) == 1:
            assert read_task(path, None) == (wanted, whole[wanted])
        else:
            with pytest.raises(ConfigError, match=r"Choose with --task NAME"):
                read_task(path, None)


def test_a_file_may_hold_more_than_a_task_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1 << 12)
    monkeypatch.setattr(json_task, "CHUNK", 1 << 10)
    path = tmp_path / "x.json"
    tasks = {"large": {"0": [0] * 5000}, "small": {"0": [1]}, "other": {"0": [0] * 5000}}
    path.write_text(json.dumps(tasks))
    assert read_task(path, "small") == ("small", {"0": [1]})
    with pytest.raises(FormatError, match="A task must hold at most"):
        read_task(path, "large")
    path.write_text(json.dumps({"small": {}}) + " " * 5000)
    with pytest.raises(FormatError, match="A task must hold at most"):
        read_task(path, "small")


def test_the_last_of_two_with_one_name_counts_as_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('\ufeff{"a": {"x": 1}, "b": {}, "\\u0061": {"x": [NaN, {"a": "}"}]}}', "utf-8")
    name, content = read_task(path, "a")
    assert (name, list(content)) == ("a", ["x"])
    assert content["x"][1] == {"a": "}"}


# Each has a name: a gzip file holds the time that it was made at, and two processes that run the tests must give them the same names.
BAD = {
    "gzip cut short": gzip.compress(b"[1]" * 1000)[:-20],
    "gzip gone bad": gzip.compress(b"[1]" * 1000)[:12] + b"\xff" * 40,
    "only the mark of gzip": b"\x1f\x8b",
    "nothing": b"",
    "cut short in a list": b"[1",
    "cut short": b'{"a": {"0": 1}',
    "cut short in a task": b'{"a": {"0": 1',
    "cut short in a string": b'{"a": {"0": 1}, "b',
    "a string that ends nowhere": b'{"a": {"0": "' + b"x" * (3 << 20),
    "not UTF-8": b"\xff",
    "not UTF-8 in a task": b'{"a": {"0": "\xff"}}',
    "no JSON in a task": b'{"a": {"0": [}]}',
    "no JSON behind a task": b'{"a": {"0": 1}} 1',
    "a bracket too many": b'{"a": {"0": 1}}}',
    "too deep": b"[" * 100_000,
    "too deep in a task": b'{"a": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "too many digits": b"1" * 5000,
    "no object": b'[{"a": {}}]',
    "no objects": b'{"a": {}, "b": 1}',
    "no task": b"{}",
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_bad_files_are_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        read_task(path, "a")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
