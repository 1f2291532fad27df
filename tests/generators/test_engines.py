import contextlib
import json
import socket
import sys
import warnings
from pathlib import Path

import pytest

from generators.engines import ENGINES
from generators.generate import attributes_of, generate
from generators.jobs import Job
from nasbench_lc.curves import Status
from nasbench_lc.errors import ConfigError, NasbenchError
from nasbench_lc.pool import WorkerLost
from nasbench_lc.shards import parts_folder
from nasbench_lc.validation import problems
from tests.generators.stub import plan_of, resolver
from tests.generators.test_kills import same_curves


def jobs_of(folder: Path, n: int) -> list[Job]:
    problem = resolver(plan_of(n), folder)
    units = problem.trainer.units(problem.runs(), problem.task)
    return [Job((u,), problem.plan, folder / "x.h5", attributes_of(problem), folder, "cpu", "skip", resolver) for u in units]


def test_the_engines_are_those_of_the_command_line():
    assert list(ENGINES) == ["serial", "joblib", "dask"]


def test_serial_does_every_job_in_order_and_lazily(tmp_path: Path):
    results = ENGINES["serial"](jobs_of(tmp_path, 6), 8)
    assert list(next(results).statuses.values()) == [Status.OK] * 2
    assert len(list(parts_folder(tmp_path / "x.h5").iterdir())) == 1
    assert len(list(results)) == 2


def test_joblib_does_every_job_and_outlives_a_lost_worker(tmp_path: Path):
    (tmp_path / "died").mkdir()
    (tmp_path / "die").write_text("5")
    (tmp_path / "sleep").write_text("0.01")
    unbroken = generate(plan_of(12), tmp_path / "unbroken.h5", engine="serial", resolver=resolver).table
    outcome = generate(plan_of(12), tmp_path / "x.h5", engine="joblib", workers=2, data_dir=tmp_path, resolver=resolver)
    assert (tmp_path / "died" / "5").exists()
    assert same_curves(outcome.table, unbroken)
    assert problems(outcome.table) == []
    assert outcome.errors == ()


def test_a_worker_that_always_dies_ends_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    calls = []

    def losing(jobs, workers):
        calls.append(len(jobs))
        yield from ENGINES["serial"](jobs[:1], 1)
        raise WorkerLost("A worker was killed")

    monkeypatch.setitem(ENGINES, "joblib", losing)
    with pytest.raises(NasbenchError, match="A worker was killed, 3 times") as caught:
        generate(plan_of(12), tmp_path / "x.h5", engine="joblib", resolver=resolver)
    assert len(str(caught.value).splitlines()) == 1
    assert calls == [6, 5, 4]  # what was finished is not planned again
    monkeypatch.undo()
    assert generate(plan_of(12), tmp_path / "x.h5", engine="serial", resolver=resolver).trained == 6


def dask_is_quiet() -> None:
    # A worker that was killed leaves sockets and a finalizer behind, which distributed itself warns about.
    for category in (ResourceWarning, RuntimeWarning, DeprecationWarning, FutureWarning):
        warnings.filterwarnings("ignore", category=category, module="distributed|dask|tornado|asyncio|multiprocessing")


@pytest.mark.filterwarnings("ignore:.*:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_dask_loses_a_worker_and_still_trains_every_run_once(tmp_path: Path):
    """A real local cluster of two workers, one of which is killed by its run."""
    dask_is_quiet()
    (tmp_path / "died").mkdir()
    (tmp_path / "die").write_text("9")
    (tmp_path / "sleep").write_text("0.05")
    (tmp_path / "log").touch()
    unbroken = generate(plan_of(20), tmp_path / "unbroken.h5", engine="serial", resolver=resolver).table
    outcome = generate(plan_of(20), tmp_path / "x.h5", engine="dask", workers=2, data_dir=tmp_path, resolver=resolver)
    assert (tmp_path / "died" / "9").exists()
    assert same_curves(outcome.table, unbroken)
    assert problems(outcome.table) == []
    assert outcome.trained == 20
    assert set((tmp_path / "log").read_text().split()) == set(unbroken.uids)


@pytest.mark.filterwarnings("ignore:.*:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_dask_gives_up_on_a_job_that_kills_its_workers(tmp_path: Path):
    import dask

    dask_is_quiet()
    (tmp_path / "die").write_text("1")
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), pytest.raises(WorkerLost):
        list(ENGINES["dask"](jobs_of(tmp_path, 2), 1))


@pytest.mark.filterwarnings("ignore:.*:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_dask_beside_another_cluster_warns_of_nothing(tmp_path: Path):
    dask_is_quiet()
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # taken already is as good
            other.bind(("127.0.0.1", 8787))  # where Dask's schedulers serve their dashboard
            other.listen()
        results = list(ENGINES["dask"](jobs_of(tmp_path, 4), 1))
    assert len(results) == 2


def test_dask_has_no_more_workers_than_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Refusing:
        def __init__(self, **options: object) -> None:
            raise OSError(f"{options['n_workers']} workers")

    monkeypatch.setattr("distributed.LocalCluster", Refusing)
    with pytest.raises(OSError, match="2 workers"):
        list(ENGINES["dask"](jobs_of(tmp_path, 4), 6))


@pytest.mark.parametrize("module", ["dask", "distributed"])
def test_dask_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=r"nasbench-lc\[dask\]"):
        list(ENGINES["dask"](jobs_of(tmp_path, 2), 1))


def test_a_job_may_travel(tmp_path: Path):
    """What a scheduler on another machine needs: jobs are pickled, whole, by standard means."""
    import pickle

    job = jobs_of(tmp_path, 2)[0]
    again = pickle.loads(pickle.dumps(job))
    assert again.units == job.units
    assert json.loads(again.attributes["recipe"]) == json.loads(str(job.attributes["recipe"]))
