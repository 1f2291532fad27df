"""The unit of scheduling: a few units of training whose results are stored together, whatever process or machine does it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from generators.base import Unit
from generators.plan import Plan, Problem
from nasbench_lc.architecture import Architecture
from nasbench_lc.curves import Curve, Status
from nasbench_lc.pool import one_thread
from nasbench_lc.provenance import environment, versions
from nasbench_lc.shards import drop_states, parts_folder, write_shard
from nasbench_lc.table import ArchitectureFacts, Table

__all__ = ["Done", "Job", "Resolver", "pack", "work"]

Resolver = Callable[[Plan, Path | None], Problem]

_MOST_RUNS = 64
_SECONDS = 5.0


@dataclass(frozen=True)
class Job:
    """What one worker does before it writes a shard.

    Arguments:
        units: The work.
        plan: Whose runs these are, see :func:`generators.plan.anywhere`.
        path: The dataset; absolute, as is `data_dir`, for a worker may be started in another folder.
        attributes: Its root attributes.
        data_dir: Where the task's data lie.
        device: Where to train.
        on_error: ``"skip"`` records a run whose training raises as FAILED, ``"raise"`` lets the error through.
        resolve: How a worker gets from the plan to the problem.
    """

    units: tuple[Unit, ...]
    plan: Plan
    path: Path
    attributes: dict[str, object]
    data_dir: Path
    device: str
    on_error: str
    resolve: Resolver

    @property
    def cost(self) -> float:
        """Expected seconds of one core."""
        return sum(u.cost for u in self.units)


@dataclass(frozen=True)
class Done:
    """What a worker tells the parent.

    Arguments:
        cost: The job's expected seconds.
        statuses: By run id, how each run ended.
    """

    cost: float
    statuses: dict[str, Status]


def pack(units: Sequence[Unit]) -> list[tuple[Unit, ...]]:
    """Units into jobs: at most 64 runs or about 5 seconds of work each, in the order given."""
    jobs: list[tuple[Unit, ...]] = []
    current: list[Unit] = []
    for unit in units:
        runs = sum(len(u.runs) for u in current) + len(unit.runs)
        seconds = sum(u.cost for u in current) + unit.cost
        if current and (runs > _MOST_RUNS or seconds > _SECONDS):
            jobs.append(tuple(current))
            current = []
        current.append(unit)
    return [*jobs, tuple(current)] if current else jobs


@lru_cache(maxsize=2)
def _problem(resolve: Resolver, plan: Plan, data_dir: Path) -> Problem:
    return resolve(plan, data_dir)


def work(job: Job) -> Done:
    """Train a job and write its shard; runs in a worker, one thread."""
    problem = _problem(job.resolve, job.plan, job.data_dir)
    with one_thread():
        curves = [curve for unit in job.units for curve in _train(problem, unit, job)]
    write_shard(job.path, tabulate(problem, curves, job.attributes, job.device))
    drop_states(job.path, [curve.run.run_id for curve in curves])
    return Done(job.cost, {curve.run.run_id: curve.status for curve in curves})


def tabulate(problem: Problem, curves: Sequence[Curve], attributes: dict[str, object], device: str) -> Table:
    """Curves with all that the file says about them."""
    architectures = {c.run.architecture.key: c.run.architecture for c in curves}
    facts = {key: facts_of(problem, a) for key, a in architectures.items()}
    return Table.of_curves(curves, attributes, facts, host=environment()["host"], device=device_name(device), versions=versions())


def facts_of(problem: Problem, architecture: Architecture) -> ArchitectureFacts:
    """Group and size of an architecture on the problem's task."""
    n_params, n_macs = problem.space.size(architecture, problem.task)
    return ArchitectureFacts(problem.space.group(architecture), n_params, n_macs, problem.space.constant(architecture))


def device_name(device: str) -> str:
    """``"cpu"``, or the accelerator's own name."""
    if device == "cpu":
        return device
    import torch

    return torch.cuda.get_device_name(device)


def _train(problem: Problem, unit: Unit, job: Job) -> list[Curve]:
    try:
        return problem.trainer.train(unit, problem.task, job.device, parts_folder(job.path))
    except Exception as error:
        if job.on_error == "raise":
            raise
        if len(unit.runs) > 1:  # find out which run of a group is to blame: the others keep their curves
            return [c for run in unit.runs for c in _train(problem, Unit((run,), unit.cost / len(unit.runs)), job)]
        drop_states(job.path, [run.run_id for run in unit.runs])  # a next try begins from nothing
        words = f"{type(error).__name__}: {error}"
        return [Curve.failed(run, problem.task.metrics, words, time.time()) for run in unit.runs]
