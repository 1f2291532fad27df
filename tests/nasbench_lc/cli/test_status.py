import json
from pathlib import Path

import pytest

from nasbench_lc import store
from nasbench_lc.files import lock
from nasbench_lc.merging import merge
from nasbench_lc.shards import parts_folder, write_shard
from nasbench_lc.table import Table
from tests.nasbench_lc.cli.test_errors import call, check_words
from tests.nasbench_lc.samples import sample_table

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.h5"


def planned(table: Table, **plan: object) -> Table:
    return Table({**table.attributes, "plan": json.dumps({**json.loads(table.attributes["plan"]), **plan})}, table.columns)


def test_what_is_finished_and_what_lies_in_parts(path: Path, capsys: Captured):
    store.write(path, sample_table(3))
    write_shard(path, sample_table(2, first=3))
    (parts_folder(path) / "part-0.h5").write_bytes(b"damaged")
    assert call("status", str(path)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "5 of 99 runs finished (5 ok)",
        "1 parts not merged yet, 1 damaged; the generate command merges them",
    ]


def test_a_generator_at_work_is_reported_beside_the_counts(path: Path, capsys: Captured):
    store.write(path, sample_table(3))
    with lock(path):
        assert call("status", str(path)) == 0
        assert capsys.readouterr().out.splitlines() == ["3 of 99 runs finished (3 ok)", "a generator is at work"]
        assert call("status", str(path), "--json") == 0
    assert json.loads(capsys.readouterr().out)["at_work"] is True
    assert call("status", str(path), "--json") == 0
    assert json.loads(capsys.readouterr().out)["at_work"] is False


def test_a_generator_at_work_before_its_first_part(path: Path, capsys: Captured):
    with lock(path):
        assert call("status", str(path)) == 0
        assert capsys.readouterr().out.splitlines() == ["no run finished yet", "a generator is at work"]
        assert call("status", str(path), "--json") == 0
        report = json.loads(capsys.readouterr().out)
    assert (report["planned"], report["finished"], report["by_status"], report["at_work"]) == (None, 0, {}, True)
    path.with_name("some.h5.lock").touch()  # left by one that was killed
    assert call("status", str(path)) == 2
    check_words(capsys.readouterr().err, 2)


def test_a_merged_file_counts_what_its_parts_were_asked_for(path: Path, capsys: Captured):
    parts = planned(sample_table(3), n=5), planned(sample_table(2, first=3), n=4, seed=1)
    store.write(path, merge(parts, [Path("a.h5"), Path("b.h5")]))
    assert call("status", str(path)) == 0
    assert capsys.readouterr().out.startswith("5 of 9 runs finished")


@pytest.mark.parametrize("n", [float("inf"), float("nan"), "x"])
def test_a_plan_of_no_number(n: object, path: Path, capsys: Captured):
    store.write(path, planned(sample_table(3), n=n))
    assert call("status", str(path)) == 2
    check_words(capsys.readouterr().err, 2)
