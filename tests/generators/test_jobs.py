import itertools
import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators import jobs
from generators.base import Unit
from generators.generate import attributes_of
from generators.jobs import Job, facts_of, pack, work
from nasbench_lc import store
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Status
from nasbench_lc.shards import parts_folder, read_all
from nasbench_lc.table import texts
from tests.generators.stub import StubTrainer, plan_of, resolver


def job(folder: Path, n: int = 4, on_error: str = "skip") -> Job:
    problem = resolver(plan_of(n), folder)
    units = tuple(problem.trainer.units(problem.runs(), problem.task))
    return Job(units, problem.plan, folder / "x.h5", attributes_of(problem), folder, "cpu", on_error, resolver)


@given(st.lists(st.tuples(st.integers(1, 100), st.floats(0, 20)), max_size=40))
def test_laws_of_packing(sizes: list[tuple[int, float]]):
    runs = resolver(plan_of(1), None).runs()
    units = [Unit(tuple(runs * n), cost) for n, cost in sizes]
    packed = pack(units)
    assert [u for p in packed for u in p] == units  # nothing lost, order kept
    assert all(packed)
    for group in packed:
        count, cost = sum(len(u.runs) for u in group), sum(u.cost for u in group)
        assert len(group) == 1 or (count <= 64 and cost <= 5.0)
    for a, b in itertools.pairwise(packed):
        assert sum(len(u.runs) for u in a) + len(b[0].runs) > 64 or sum(u.cost for u in a) + b[0].cost > 5.0  # none closed too early


def test_work_stores_one_shard(tmp_path: Path):
    task = job(tmp_path)
    done = work(task)
    runs = [run for unit in task.units for run in unit.runs]
    assert done.statuses == {run.run_id: Status.OK for run in runs}
    assert done.cost == task.cost == pytest.approx(5.2)
    table = read_all(task.path).table
    assert table is not None
    assert table.uids == tuple(r.run_id for r in runs)
    assert len(list(parts_folder(task.path).iterdir())) == 1
    assert texts(table.columns["run/device"]) == ("cpu",) * 4
    assert json.loads(texts(table.columns["run/versions"])[0])["numpy"] == np.__version__
    assert table.columns["arch/n_params"].tolist() == [float(r.architecture.widths[0]) for r in runs]


def test_only_the_run_to_blame_fails(tmp_path: Path):
    (tmp_path / "fail").write_text("2")
    done = work(job(tmp_path))
    assert list(done.statuses.values()) == [Status.OK, Status.OK, Status.FAILED, Status.OK]
    table = store.read(next(parts_folder(tmp_path / "x.h5").iterdir()))
    assert texts(table.columns["run/error"]) == ("", "", "ValueError: run 2 has a bad day ☂", "")
    assert np.isnan(table.columns["curves/test_loss"][2]).all()
    assert np.isfinite(table.columns["curves/test_loss"][[0, 1, 3]]).all()


def test_an_error_may_be_let_through(tmp_path: Path):
    (tmp_path / "fail").write_text("2")
    with pytest.raises(ValueError, match="bad day"):
        work(job(tmp_path, on_error="raise"))


def test_memory_that_runs_out_is_a_failed_run_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def exhausted(self: StubTrainer, run: RunConfig) -> None:
        raise MemoryError

    monkeypatch.setattr(StubTrainer, "_misbehave", exhausted)
    assert list(work(job(tmp_path, 2)).statuses.values()) == [Status.FAILED] * 2


def test_one_thread_whatever_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    state, seen = {"threads": 7}, []
    torch = types.SimpleNamespace(get_num_threads=lambda: state["threads"], set_num_threads=lambda n: state.update(threads=n))
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(StubTrainer, "_misbehave", lambda self, run: seen.append(state["threads"]))
    work(job(tmp_path, 2))
    assert seen == [1, 1]
    assert state["threads"] == 7


def test_the_problem_is_made_once_per_worker(tmp_path: Path):
    calls = []

    def counting(plan, data_dir):
        calls.append(plan)
        return resolver(plan, data_dir)

    first = job(tmp_path)
    for units in first.units:
        work(Job((units,), first.plan, first.path, first.attributes, tmp_path, "cpu", "skip", counting))
    assert len(calls) == 1
    jobs._problem.cache_clear()


def test_facts_of_an_architecture():
    problem = resolver(plan_of(1), None)
    architecture = problem.runs()[0].architecture
    facts = facts_of(problem, architecture)
    assert (facts.group, facts.n_params, facts.n_macs) == (architecture.key, architecture.widths[0], 2 * architecture.widths[0])
