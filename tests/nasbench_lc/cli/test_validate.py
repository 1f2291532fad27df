import json
from pathlib import Path

import pytest

from nasbench_lc import store
from nasbench_lc.shards import parts_folder, write_shard
from nasbench_lc.table import Table
from tests.nasbench_lc.cli.test_errors import call, check_words
from tests.nasbench_lc.samples import sample_table

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    good = sample_table(3)
    store.write(Path("good.h5"), good)
    store.write(Path("altered.h5"), Table(good.attributes, {**good.columns, "curves/lr": good.columns["curves/lr"] * 2}))
    Path("cut.h5").write_bytes(Path("good.h5").read_bytes()[:3000])


def test_a_damaged_part_is_a_problem(capsys: Captured):
    write_shard(Path("good.h5"), sample_table(2, first=3))
    assert call("validate", "good.h5") == 0
    damaged = parts_folder(Path("good.h5")) / "part-0.h5"
    damaged.write_bytes(b"no")
    capsys.readouterr()
    assert call("validate", "good.h5") == 1
    assert capsys.readouterr().out.splitlines() == [
        "good.h5: 5 runs, 1 problems",
        "  Every part must be whole and of the file's recipe; got part-0.h5, which is not.",
    ]


def test_damaged_parts_alone_are_a_problem(capsys: Captured):
    parts_folder(Path("new.h5")).mkdir()
    assert call("validate", "new.h5") == 2
    check_words(capsys.readouterr().err, 2)
    (parts_folder(Path("new.h5")) / "part-0.h5").write_bytes(b"no")
    assert call("validate", "new.h5") == 1
    assert capsys.readouterr().out.startswith("new.h5: 0 runs, 1 problems\n")


def test_an_unreadable_file_does_not_hide_the_next(capsys: Captured):
    assert call("validate", "cut.h5", "none.h5", "altered.h5", "good.h5") == 2
    said = capsys.readouterr()
    assert "altered.h5: 3 runs, 1 problems" in said.out
    assert "good.h5: 3 runs, sound" in said.out
    assert [line.split(":")[0] for line in said.err.splitlines()] == ["dataset", "Error", "Error", "dataset", "dataset"]


def test_json_names_every_file(capsys: Captured):
    assert call("validate", "cut.h5", "altered.h5", "good.h5", "--json") == 2
    found = json.loads(capsys.readouterr().out)
    assert {name: len(sentences) for name, sentences in found.items()} == {"cut.h5": 1, "altered.h5": 1, "good.h5": 0}
    assert "cut.h5" in found["cut.h5"][0]
