import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generators.engines import ENGINES
from generators.generate import Outcome, Progress, generate, look_ahead, retrain
from generators.jobs import Done, Job, work
from generators.plan import Plan, Problem, resolve
from nasbench_lc import store
from nasbench_lc.curves import Status
from nasbench_lc.errors import ConfigError, FormatError, NasbenchError
from nasbench_lc.files import lock
from nasbench_lc.shards import parts_folder, write_shard
from nasbench_lc.validation import problems
from tests.generators.stub import plan_of, resolver
from tests.generators.test_kills import same_curves
from tests.nasbench_lc.samples import sample_table

ROOT = Path(__file__).parents[2]


def make(path: Path, plan: Plan, **options: object) -> Outcome:
    return generate(plan, path, **{"engine": "serial", "resolver": resolver, "data_dir": path.parent, **options})  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "x.h5"


@pytest.fixture(autouse=True)
def _folder(path: Path) -> None:
    path.parent.mkdir()


def test_all_runs_of_the_plan_in_one_sound_file(path: Path):
    outcome = make(path, plan_of(5, repeats=2, epochs=3))
    assert (outcome.total, outcome.trained, outcome.errors) == (10, 10, ())
    table = store.read(path)
    runs = resolver(plan_of(5, repeats=2, epochs=3), None).runs()
    assert table.uids == tuple(r.run_id for r in runs)
    assert table.columns["run/repeat"].tolist() == [0, 1] * 5
    assert table.epochs == 3
    assert problems(table) == []
    assert os.listdir(path.parent) == ["x.h5"]
    assert Plan.from_json(table.attributes["plan"]) == plan_of(5, repeats=2, epochs=3)
    assert table.attributes["licence"] == "CC0"
    assert table.attributes["schedule"].tolist() == [1, 1, 1]


def test_the_same_call_again_does_nothing(path: Path):
    make(path, plan_of(6))
    before = path.read_bytes(), path.stat().st_ino
    assert make(path, plan_of(6)).trained == 0
    assert (path.read_bytes(), path.stat().st_ino) == before


def test_a_larger_plan_extends_and_a_smaller_one_does_nothing(path: Path):
    first = make(path, plan_of(4)).table
    assert make(path, plan_of(4, repeats=2)).trained == 4
    assert make(path, plan_of(7, repeats=2)).trained == 6
    assert make(path, plan_of(2)).trained == 0
    table = store.read(path)
    assert (Plan.from_json(table.attributes["plan"]).n, Plan.from_json(table.attributes["plan"]).repeats) == (7, 2)
    assert set(first.uids) <= set(table.uids)
    assert problems(table) == []
    whole = make(path.with_name("whole.h5"), plan_of(9, repeats=2)).table
    assert make(path, plan_of(9, repeats=2)).trained == 4
    assert same_curves(store.read(path), whole)


@pytest.mark.parametrize(("n", "repeats"), [(3, 3), (9, 1)])
def test_a_plan_that_grows_and_shrinks_is_refused(path: Path, n: int, repeats: int):
    """The smallest plan with both would ask for more runs than anybody did."""
    make(path, plan_of(4, repeats=2))
    before = path.read_bytes()
    for act in (
        lambda: make(path, plan_of(n, repeats=repeats)),
        lambda: look_ahead(plan_of(n, repeats=repeats), path, resolver=resolver),
    ):
        with pytest.raises(ConfigError, match=rf"Use --n {max(n, 4)} --repeats {max(repeats, 2)}, or another --out\."):
            act()
    assert path.read_bytes() == before


def test_a_recipe_hash_that_was_altered_is_named(path: Path):
    table = make(path, plan_of(2)).table
    store.write(path, replace(table, attributes={**table.attributes, "recipe_hash": "0" * 64}))
    with pytest.raises(ConfigError, match="got another recipe_hash than its own recipe has"):
        make(path, plan_of(2))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"epochs": 4}, "epochs"),
        ({"seed": 1}, "seed"),
        ({"space_options": (("lr", 0.2),)}, "lr"),
        ({"task_options": (("val_fraction", 0.5),)}, "val_fraction"),
        ({"space": "other"}, "space"),
    ],
)
def test_any_other_change_is_refused_and_named(path: Path, change: dict[str, object], word: str):
    make(path, plan_of(2))
    before = path.read_bytes()
    for act in (lambda: make(path, plan_of(2, **change)), lambda: look_ahead(plan_of(2, **change), path, resolver=resolver)):
        with pytest.raises(ConfigError, match=word) as caught:
            act()
        assert "--overwrite" in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
    assert path.read_bytes() == before
    outcome = make(path, plan_of(2, **change), overwrite=True)
    assert outcome.trained == 2
    assert len(store.read(path)) == 2


def test_overwrite_takes_the_parts_along_but_only_for_a_valid_plan(path: Path):
    make(path, plan_of(2))
    write_shard(path, sample_table(2))
    with pytest.raises(ConfigError):
        make(path, plan_of(501), overwrite=True)
    assert path.exists()
    assert len(make(path, plan_of(3), overwrite=True).table) == 3
    assert not parts_folder(path).exists()


@pytest.mark.parametrize("content", [b"", b"a thesis", store.image(sample_table(2))[:-600]])
def test_overwrite_takes_nothing_but_datasets(path: Path, content: bytes):
    path.write_bytes(content)
    for act in (make, look_ahead):
        with pytest.raises(ConfigError, match="--overwrite"):
            act(path, plan_of(2), overwrite=True) if act is make else act(plan_of(2), path, overwrite=True, resolver=resolver)
    assert path.read_bytes() == content


def test_a_link_stays_a_link(path: Path):
    link = path.with_name("link.h5")
    link.symlink_to(path)
    make(link, plan_of(2))
    make(link, plan_of(4))
    make(link, plan_of(3), overwrite=True)
    assert link.is_symlink()
    assert len(store.read(path)) == 3


def test_a_dry_run_writes_nothing(path: Path):
    outlook = look_ahead(plan_of(10, epochs=50), path, resolver=resolver)
    assert (outlook.runs, outlook.finished, outlook.seconds) == (10, 0, pytest.approx(13.0))
    assert os.listdir(path.parent) == []
    make(path, plan_of(4, epochs=50))
    inode = path.stat().st_ino
    outlook = look_ahead(plan_of(10, epochs=50), path, resolver=resolver)
    assert (outlook.runs, outlook.finished, outlook.seconds) == (10, 4, pytest.approx(7.8))
    assert path.stat().st_ino == inode
    make(path, plan_of(200, epochs=50))
    size = path.stat().st_size / 1e6
    assert look_ahead(plan_of(200, epochs=50), path, resolver=resolver).megabytes == pytest.approx(size, rel=0.15)


def test_a_dry_run_tells_what_the_call_itself_would(path: Path):
    make(path, plan_of(4))
    outlook = look_ahead(plan_of(4, seed=1), path, overwrite=True, resolver=resolver)
    assert (outlook.runs, outlook.finished) == (4, 0)
    assert len(store.read(path)) == 4
    for name, value in {"engine": "ray", "workers": -3, "device": "cuda"}.items():
        with pytest.raises(ConfigError, match=f"--{name}"):
            look_ahead(plan_of(4), path, resolver=resolver, **{name: value})  # type: ignore[arg-type]


def test_failed_runs_are_recorded_and_tried_again(path: Path):
    (path.parent / "fail").write_text("1,4")
    outcome = make(path, plan_of(6))
    assert outcome.errors == ("ValueError: run 1 has a bad day ☂", "ValueError: run 4 has a bad day ☂")
    assert [s is Status.FAILED for s in outcome.table.statuses] == [False, True, False, False, True, False]
    assert problems(store.read(path)) == []
    (path.parent / "fail").write_text("4")
    again = make(path, plan_of(6))
    assert (again.trained, again.errors) == (2, ("ValueError: run 4 has a bad day ☂",))
    (path.parent / "fail").unlink()
    assert make(path, plan_of(6)).trained == 1
    assert same_curves(store.read(path), make(path.with_name("whole.h5"), plan_of(6)).table)


def test_an_error_may_stop_everything_and_keeps_what_was_done(path: Path):
    (path.parent / "fail").write_text("4")
    with pytest.raises(ValueError, match="bad day"):
        make(path, plan_of(8), on_error="raise")
    assert len(store.read(path)) == 4
    (path.parent / "fail").unlink()
    assert make(path, plan_of(8)).trained == 4


def test_a_damaged_shard_is_trained_again(path: Path, monkeypatch: pytest.MonkeyPatch):
    def stopping(jobs, workers):
        yield from list(ENGINES["joblib"](jobs[:3], 1))
        raise KeyboardInterrupt

    monkeypatch.setattr("generators.generate.compact", lambda *_: None)
    monkeypatch.setitem(ENGINES, "serial", stopping)
    with pytest.raises(KeyboardInterrupt):
        make(path, plan_of(8))
    monkeypatch.undo()
    shard = sorted(parts_folder(path).iterdir())[1]
    shard.write_bytes(shard.read_bytes()[:-5])
    foreign = write_shard(path, sample_table(2))
    outcome = make(path, plan_of(8))
    assert outcome.trained == 4  # two that never ran, two of the damaged shard
    assert same_curves(store.read(path), make(path.with_name("whole.h5"), plan_of(8)).table)
    left = sorted(p.name for p in parts_folder(path).iterdir())
    assert left == sorted([shard.with_suffix(".bad").name, foreign.with_suffix(".bad").name])


def engine(monkeypatch: pytest.MonkeyPatch, after: Callable[[Job], None]) -> None:
    """From now on the serial engine has `after` called when a job is done."""

    def serial(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
        for job in jobs:
            yield work(job)
            after(job)

    monkeypatch.setitem(ENGINES, "serial", serial)


def shards(path: Path) -> list[Path]:
    return sorted(parts_folder(path).glob("part-*.h5"))


def test_a_shard_that_is_damaged_before_it_is_merged_is_made_again(path: Path, monkeypatch: pytest.MonkeyPatch):
    damaged: list[str] = []

    def once(job: Job) -> None:
        if not damaged:
            (shard,) = shards(path)
            shard.write_bytes(b"")
            damaged.append(shard.with_suffix(".bad").name)

    (path.parent / "log").touch()
    (path.parent / "fail").write_text("5")
    engine(monkeypatch, once)
    outcome = make(path, plan_of(6))
    assert [s is Status.FAILED for s in outcome.table.statuses] == [False] * 5 + [True]  # what failed is not tried again at once
    assert outcome.trained == 6
    assert len((path.parent / "log").read_text().split()) == 7
    assert os.listdir(parts_folder(path)) == damaged


def test_runs_that_never_arrive_are_an_error(path: Path, monkeypatch: pytest.MonkeyPatch):
    """As where the workers of another machine see another folder."""
    engine(monkeypatch, lambda job: [shard.unlink() for shard in shards(path)[:1]])  # type: ignore[func-returns-value]
    with pytest.raises(NasbenchError, match=r"got 6 of 6 lost on the way, 3 times") as caught:
        make(path, plan_of(6))
    assert len(str(caught.value).splitlines()) == 1
    assert caught.value.exit_code == 1
    monkeypatch.undo()
    assert make(path, plan_of(6)).trained == 6


def test_strays_never_outvote_the_runs_that_were_asked_for(path: Path, monkeypatch: pytest.MonkeyPatch):
    foreign = {write_shard(path.with_name("other.h5"), sample_table(2, first=2 * i)) for i in range(5)}
    engine(monkeypatch, lambda job: [shard.rename(parts_folder(path) / shard.name) for shard in foreign if shard.exists()])  # type: ignore[func-returns-value]
    outcome = make(path, plan_of(4))
    assert outcome.table.uids == tuple(r.run_id for r in resolver(plan_of(4), None).runs())
    assert set(os.listdir(parts_folder(path))) == {shard.with_suffix(".bad").name for shard in foreign}


def test_the_file_says_what_was_asked_for_while_it_is_extended(path: Path, monkeypatch: pytest.MonkeyPatch):
    make(path, plan_of(4))
    asked: list[int] = []
    engine(monkeypatch, lambda job: asked.append(Plan.from_json(store.read_attributes(path)["plan"]).n))
    make(path, plan_of(8))
    assert asked == [8, 8]


def test_workers_in_another_folder_find_everything(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def elsewhere(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
        for job in jobs:
            with contextlib.chdir("/"):
                done = work(job)
            yield done

    monkeypatch.chdir(path.parent)
    monkeypatch.setitem(ENGINES, "serial", elsewhere)
    Path("mine.csv").write_text("x,kind\n" + "1,a\n2,b\n" * 8)
    seen: list[Path | None] = []

    def watched(plan: Plan, data_dir: Path | None) -> Problem:
        seen.append(data_dir)
        return resolve(plan, data_dir)

    plan = Plan("mlp", "mine.csv", 2, epochs=1)
    generate(plan, Path("x.h5"), engine="serial", device="cpu", data_dir=Path("sets"), resolver=watched)
    assert seen == [Path("sets"), path.parent / "sets"]
    table = store.read(path)
    assert len(table) == 2
    assert Plan.from_json(table.attributes["plan"]) == plan
    assert sorted(os.listdir()) == ["mine.csv", "x.h5"]


def test_two_generators_on_one_target(path: Path):
    with lock(path), pytest.raises(ConfigError, match="one process"):
        make(path, plan_of(2))
    assert make(path, plan_of(2)).trained == 2


@pytest.mark.parametrize(
    ("options", "word"), [({"engine": "ray"}, "--engine"), ({"workers": 0}, "--workers"), ({"workers": -1}, "--workers")]
)
def test_bad_options(path: Path, options: dict[str, object], word: str):
    with pytest.raises(ConfigError, match=word):
        make(path, plan_of(2), **options)
    assert os.listdir(path.parent) == []


def test_an_unreadable_or_foreign_target_is_left_alone(path: Path):
    for content, error in ((b"precious", FormatError), (store.image(sample_table(2)), NasbenchError)):
        path.write_bytes(content)
        with pytest.raises(error):
            make(path, plan_of(2))
        assert path.read_bytes() == content
    folder = path.with_name("folder.h5")
    folder.mkdir()
    for overwrite in (False, True):
        with pytest.raises(NasbenchError):
            make(folder, plan_of(2), overwrite=overwrite)
    with pytest.raises(NasbenchError):
        make(path / "under_a_file.h5", plan_of(2))


FULL = """
import resource, sys
from pathlib import Path
from generators.generate import generate
from nasbench_lc.errors import NasbenchError
from tests.generators.stub import plan_of, resolver
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    generate(plan_of(20), Path(sys.argv[1]), engine="serial", resolver=resolver)
except NasbenchError as error:
    print(error)
"""


def test_a_disk_that_fills_up_while_merging(path: Path):
    """A limit that lets shards through and the merged file not: all runs are stored, the same call ends the work."""
    probe = make(path.with_name("probe.h5"), plan_of(2)).path.stat().st_size
    done = subprocess.run([sys.executable, "-c", FULL, str(path), str(probe + 2000)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "File too large" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    outcome = make(path, plan_of(20))
    assert outcome.trained == 0
    assert len(outcome.table) == 20


def test_progress_counts_up_to_the_whole(path: Path):
    make(path, plan_of(2))
    (path.parent / "fail").write_text("5")
    seen: list[Progress] = []
    make(path, plan_of(8), progress=seen.append)
    assert [p.done for p in seen] == [2, 4, 6, 8]
    assert [p.fraction for p in seen] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert {p.total for p in seen} == {8}
    assert seen[-1].failed == 1


def test_engines_and_workers_give_the_same_bytes(path: Path):
    serial = make(path, plan_of(10)).table
    pool = make(path.with_name("pool.h5"), plan_of(10), engine="joblib", workers=2).table
    assert same_curves(serial, pool)


def test_a_run_trained_again_is_the_same(path: Path):
    table = make(path, plan_of(3)).table
    problem = resolver(plan_of(3), None)
    curve = retrain(problem, problem.runs()[1], "cpu")
    np.testing.assert_array_equal(curve.metrics["test_loss"].astype(np.float32), table.columns["curves/test_loss"][1])


def test_defaults_may_be_written_down(path: Path):
    make(path, plan_of(2))
    assert make(path, plan_of(3, epochs=6)).trained == 1
    assert make(path, plan_of(3)).trained == 0
    assert make(path, plan_of(4, space_options=(("lr", 0.1),))).trained == 1
    plan = Plan("mlp", "iris", 1, epochs=1)
    generate(plan, path.with_name("iris.h5"), engine="serial", device="cpu")
    same = replace(plan, n=2, task_options=(("val_fraction", 0.0),))
    assert look_ahead(same, path.with_name("iris.h5")).finished == 1
