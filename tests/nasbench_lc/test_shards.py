import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nasbench_lc import shards, store
from nasbench_lc.curves import Status
from nasbench_lc.errors import FormatError, NasbenchError
from nasbench_lc.shards import compact, parts_folder, read_all, write_shard
from nasbench_lc.table import Table
from tests.nasbench_lc.samples import curve, recipe, run, same, sample_table, table_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.h5"


def merged(path: Path, plan: str = str(sample_table(1).attributes["plan"])) -> Table | None:
    return compact(path, recipe(4).hash, plan)


def names(path: Path) -> list[str]:
    folder = parts_folder(path)
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_shards_show_beside_the_file_and_end_in_it(path: Path):
    assert read_all(path).table is None
    assert merged(path) is None
    for first in (3, 0):
        write_shard(path, sample_table(3, first=first))
    reading = read_all(path)
    assert reading.table is not None
    assert same(reading.table, sample_table(6))
    assert len(reading.shards) == 2
    table = merged(path)
    assert table is not None
    assert same(table, sample_table(6))
    assert same(store.read(path), sample_table(6))
    assert not parts_folder(path).exists()
    write_shard(path, sample_table(2, first=6))
    assert same(merged(path) or table, sample_table(8))


def test_the_file_is_not_written_where_nothing_is_new(path: Path):
    write_shard(path, sample_table(2))
    merged(path)
    before = path.stat().st_ino
    merged(path)
    assert path.stat().st_ino == before
    table = merged(path, '{"n":5}')
    assert table is not None
    assert store.read_attributes(path)["plan"] == table.attributes["plan"] == '{"n":5}'


def test_a_shard_is_named_by_its_bytes_and_stands_once(path: Path):
    first = write_shard(path, sample_table(2))
    assert write_shard(path, sample_table(2)) == first
    assert names(path) == [first.name]


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "text", "renamed", "not hdf5"])
def test_a_damaged_shard_is_set_aside_and_its_runs_are_missing(path: Path, damage: str):
    good = write_shard(path, sample_table(2))
    bad = write_shard(path, sample_table(2, first=2))
    content = bad.read_bytes()
    if damage == "renamed":
        bad = bad.rename(bad.with_name("part-" + "0" * 32 + ".h5"))
    elif damage == "not hdf5":
        bad.unlink()
        bad = bad.with_name(f"part-{shards._digest(b'hello')}.h5")
        bad.write_bytes(b"hello")
    else:
        flipped = content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]
        bad.write_bytes({"cut": content[: len(content) // 2], "bit": flipped, "empty": b"", "text": b"hello"}[damage])
    reading = read_all(path)
    assert (reading.shards, reading.bad) == ((good,), (bad,))
    table = merged(path)
    assert table is not None
    assert same(table, sample_table(2))
    assert names(path) == [bad.with_suffix(".bad").name]
    assert read_all(path).bad == ()


def test_a_shard_of_another_dataset_is_set_aside(path: Path):
    other = recipe(4, schedule="cosine")
    foreign = write_shard(path, table_of([curve(run(9, recipe=other))], other))
    for first in (0, 2):
        write_shard(path, sample_table(2, first=first))
    assert read_all(path).bad == (foreign,)
    assert read_all(path, other.hash).bad == tuple(sorted(p for p in parts_folder(path).iterdir() if p != foreign))
    table = merged(path)
    assert table is not None
    assert same(table, sample_table(4))
    longer = write_shard(path, sample_table(2, epochs=5))
    assert read_all(path).bad == (longer,)
    assert same(merged(path) or longer, sample_table(4))  # type: ignore[arg-type]
    assert len(names(path)) == 2


def test_the_recipe_that_is_wanted_counts_not_that_of_most_shards(path: Path):
    foreign = [write_shard(path, sample_table(2, epochs=5, first=first)) for first in (0, 2, 4)]
    write_shard(path, sample_table(1))
    assert same(merged(path) or Table({}), sample_table(1))
    assert names(path) == sorted(shard.with_suffix(".bad").name for shard in foreign)


def test_a_folder_is_no_shard(path: Path):
    write_shard(path, sample_table(1))
    (parts_folder(path) / "part-x.h5").mkdir()
    assert same(merged(path) or Table({}), sample_table(1))
    assert names(path) == ["part-x.h5"]


def test_a_link_to_a_dataset_has_its_shards(path: Path):
    link = path.with_name("link.h5")
    link.symlink_to(path)
    write_shard(link, sample_table(1))
    assert same(read_all(path).table or Table({}), sample_table(1))


def test_an_unreadable_file_is_never_replaced(path: Path):
    write_shard(path, sample_table(2))
    path.write_bytes(b"something else")
    with pytest.raises(FormatError):
        read_all(path)
    with pytest.raises(FormatError):
        merged(path)
    assert path.read_bytes() == b"something else"
    assert len(names(path)) == 1


def test_killed_between_the_rename_and_the_deletion(path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs then stand in file and shards, and count once."""
    for first in (0, 2, 4):
        write_shard(path, sample_table(2, first=first))
    left = names(path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", _killed)
        with pytest.raises(KeyboardInterrupt):
            merged(path)
    assert names(path) == left
    reading = read_all(path)
    assert reading.table is not None
    assert same(reading.table, sample_table(6))
    assert same(merged(path) or reading.table, sample_table(6))
    assert sorted(os.listdir(path.parent)) == ["x.h5"]


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_a_killed_writer_left_behind_is_swept(path: Path):
    write_shard(path, sample_table(2))
    for leftover in (path.with_name(".x.h5.abc.tmp"), parts_folder(path) / ".part-1.h5.abc.tmp"):
        leftover.write_bytes(b"half")
    other = path.with_name(".y.h5.abc.tmp")
    other.write_bytes(b"of another dataset")
    merged(path)
    assert sorted(os.listdir(path.parent)) == [".y.h5.abc.tmp", "x.h5"]


def test_a_writer_of_a_dataset_with_a_longer_name_is_left_alone(path: Path):
    path = path.with_name("x")
    live = path.with_name(".x.h5.abc.tmp")
    for leftover in (live, path.with_name(".x.abc.tmp")):
        leftover.write_bytes(b"half")
    write_shard(path, sample_table(2))
    merged(path)
    assert sorted(os.listdir(path.parent)) == [live.name, "x"]


def test_a_failed_run_gives_way_to_a_finished_one(path: Path):
    write_shard(path, table_of([curve(run(0), Status.FAILED), curve(run(1), Status.FAILED)]))
    merged(path)
    write_shard(path, table_of([curve(run(0))]))
    table = merged(path)
    assert table is not None
    assert table.statuses == (Status.OK, Status.FAILED)


def test_reading_while_another_process_compacts(path: Path, monkeypatch: pytest.MonkeyPatch):
    """A shard that vanishes between the listing and the reading was merged: no error, and its runs show next time."""
    write_shard(path, sample_table(2))
    gone = write_shard(path, sample_table(2, first=2))
    read = Path.read_bytes

    def vanish(self: Path) -> bytes:
        gone.unlink(missing_ok=True)
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", vanish)
    reading = read_all(path)
    assert reading.bad == ()
    assert reading.table is not None
    assert len(reading.table) == 2


def test_reading_while_another_process_removes_the_empty_folder(path: Path, monkeypatch: pytest.MonkeyPatch):
    write_shard(path, sample_table(2))
    merged(path)

    def vanish(self: Path, pattern: str) -> None:
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "glob", vanish)
    reading = read_all(path)
    assert reading.table is not None
    assert len(reading.table) == 2


WRITER = """
import sys
from pathlib import Path
from nasbench_lc.shards import write_shard
from tests.nasbench_lc.samples import sample_table
for i in range(10):
    write_shard(Path(sys.argv[1]), sample_table(2, first=2 * (10 * int(sys.argv[2]) + i)))
"""


def test_many_processes_write_at_once(path: Path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(i)], cwd=ROOT) for i in range(3)]
    assert [w.wait() for w in writers] == [0, 0, 0]
    table = merged(path)
    assert table is not None
    assert same(table, sample_table(60))
    assert os.listdir(path.parent) == ["x.h5"]


def test_a_full_disk_leaves_file_and_shards(path: Path, monkeypatch: pytest.MonkeyPatch):
    write_shard(path, sample_table(2))
    merged(path)
    write_shard(path, sample_table(2, first=2))
    left = names(path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for act in (lambda: merged(path), lambda: write_shard(path, sample_table(2, first=4))):
            with pytest.raises(NasbenchError, match="space left"):
                act()
    assert same(store.read(path), sample_table(2))
    assert names(path) == left
    assert same(merged(path) or Table({}), sample_table(4))


def test_the_result_does_not_depend_on_the_order_of_the_shards(tmp_path: Path):
    results = []
    for order in (range(5), reversed(range(5))):
        path = tmp_path / str(len(results)) / "x.h5"
        for i in order:
            write_shard(path, sample_table(1, first=i))
            if len(results) and i % 2:
                merged(path)
        merged(path)
        results.append(path.read_bytes())
    assert results[0] == results[1]
    assert np.isfinite(store.read(path).columns["curves/lr"]).all()
