"""The whole of `generate`: what is missing is planned, spread, stored and merged; the same call again continues where this one stopped."""

import contextlib
import datetime
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generators.base import Trainer, Unit
from generators.engines import ENGINES
from generators.jobs import Done, Job, Resolver, pack, tabulate
from generators.plan import Plan, Problem, anywhere, resolve
from generators.task_options import DATA_DIR
from nasbench_lc import store
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Curve, Status
from nasbench_lc.errors import ConfigError, FormatError, NasbenchError
from nasbench_lc.files import lock, plain_words, real
from nasbench_lc.pool import WorkerLost, cores
from nasbench_lc.shards import compact, parts_folder, read_all
from nasbench_lc.table import Table, base_attributes

__all__ = ["Outcome", "Outlook", "Progress", "attributes_of", "generate", "look_ahead"]

_ATTEMPTS = 3


@dataclass(frozen=True)
class Progress:
    """How far a generation is.

    Arguments:
        done: Runs finished, those of earlier calls included.
        total: Runs of the plan.
        fraction: Share of this call's expected work that is done, in [0, 1].
        failed: Runs of this call whose training raised.
    """

    done: int
    total: int
    fraction: float
    failed: int


@dataclass(frozen=True)
class Outlook:
    """What a call would do.

    Arguments:
        runs: Runs of the plan.
        finished: Of these, already stored.
        seconds: Expected core-seconds of what is missing.
        megabytes: Expected size of the finished file.
    """

    runs: int
    finished: int
    seconds: float
    megabytes: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a call did.

    Arguments:
        path: The dataset.
        total: Runs of the plan.
        trained: Runs trained by this call.
        table: All finished runs.
        errors: The distinct words of runs whose training raised.
    """

    path: Path
    total: int
    trained: int
    table: Table
    errors: tuple[str, ...]


def generate(
    plan: Plan,
    path: Path,
    *,
    engine: str = "joblib",
    workers: int | None = None,
    device: str = "auto",
    data_dir: Path | None = None,
    on_error: str = "skip",
    overwrite: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    resolver: Resolver = resolve,
) -> Outcome:
    """Train all runs of a plan that the dataset does not hold yet, and merge them into it.

    Arguments:
        plan: What to generate.
        path: The dataset; it may exist and hold a part of the plan, or a smaller plan.
        engine: A name in :data:`generators.engines.ENGINES`.
        workers: Processes; None for one per core.
        device: Where to train: ``"cpu"``, ``"cuda"``, or ``"auto"`` for CUDA where it is there and the trainer can use it.
        data_dir: Where the task's data lie, if not in the package.
        on_error: ``"skip"`` records a run whose training raises as FAILED and goes on, ``"raise"`` stops.
        overwrite: Begin anew; the old dataset is removed once the new plan was found valid.
        progress: Called after every job.
        resolver: How to get from the plan to space, task and trainer.

    Raises:
        ConfigError: If the plan is invalid, does not continue what the file holds, or another process writes the file.
        FormatError: If the file is there but unreadable.
        NasbenchError: If the disk is full, the folder read-only, or workers die or lose their shards again and again.
    """
    problem, workers, device = _prepare(plan, engine, workers, device, data_dir, resolver)
    runs, recipe_hash, path = problem.runs(), problem.recipe.hash, real(path)
    with lock(path):
        if overwrite:
            _clear(path)
        stored = _continue(problem, read_all(path).table, path).json
        # Before training, so that `status` counts what was asked for even where this call is killed.
        table = compact(path, recipe_hash, stored)
        attributes = {**attributes_of(problem), "plan": stored}
        if table is not None:
            attributes["created"] = table.attributes["created"]
        constant = (anywhere(plan), path, attributes, real(data_dir or DATA_DIR), device, on_error, resolver)
        statuses: dict[str, Status] = {}
        lost: WorkerLost | None = None
        for _ in range(_ATTEMPTS):
            missing = _missing(runs, table, statuses)
            if not missing:
                break
            jobs = [Job(units, *constant) for units in pack(problem.trainer.units(missing, problem.task))]
            try:
                with contextlib.closing(_spread(jobs, engine, workers, len(runs) - len(missing), len(runs), progress)) as results:
                    for done in results:
                        statuses.update(done.statuses)
                lost = None
            except WorkerLost as error:
                lost = error
            finally:
                table = compact(path, recipe_hash, stored)
        missing = _missing(runs, table, statuses)
    if table is None or missing:
        if lost is not None:
            raise NasbenchError(
                f"Workers must survive their runs; got {lost}, {_ATTEMPTS} times. Finished runs are kept: use fewer --workers."
            )
        raise NasbenchError(
            f"Every run must arrive in {path}; got {len(missing)} of {len(runs)} lost on the way, {_ATTEMPTS} times. Check that the disk "
            f"keeps what is written and that all workers see the folder, then run the same command."
        )
    mine = {r.run_id for r in runs}
    errors = {
        e
        for e, s, u in zip(table.columns["run/error"].tolist(), table.statuses, table.uids, strict=True)
        if s is Status.FAILED and u in mine
    }
    return Outcome(path, len(runs), len(statuses), table, tuple(sorted(e.decode() for e in errors)))


def look_ahead(
    plan: Plan,
    path: Path,
    *,
    engine: str = "joblib",
    workers: int | None = None,
    device: str = "auto",
    data_dir: Path | None = None,
    overwrite: bool = False,
    resolver: Resolver = resolve,
) -> Outlook:
    """What :func:`generate` would do with the same arguments, without doing it; raises what it would raise before it trains."""
    problem, _, _ = _prepare(plan, engine, workers, device, data_dir, resolver)
    runs = problem.runs()
    if overwrite:
        _check_dataset(path)
    table = None if overwrite else read_all(path).table
    _continue(problem, table, path)
    missing = _missing(runs, table, {})
    sample = tabulate(problem, [Curve.failed(run, problem.task.metrics, "", 0.0) for run in runs[:64]], attributes_of(problem), "cpu")
    size = sum(c.nbytes for c in sample.columns.values()) / len(sample) * len(runs)
    seconds = sum(unit.cost for unit in problem.trainer.units(missing, problem.task)) if missing else 0.0
    return Outlook(len(runs), len(runs) - len(missing), seconds, size / 1e6)


def attributes_of(problem: Problem) -> dict[str, object]:
    """The root attributes of a dataset for this problem."""
    return base_attributes(
        space=problem.plan.space,
        task=problem.task.name,
        epochs=problem.recipe.epochs,
        metrics=problem.task.metrics,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        licence=problem.task.licence,
        source=problem.task.source,
        recipe=problem.recipe.json,
        recipe_hash=problem.recipe.hash,
        plan=json.loads(problem.plan.json),
        schedule=problem.space.schedule(problem.recipe.epochs),
    )


def _prepare(
    plan: Plan, engine: str, workers: int | None, device: str, data_dir: Path | None, resolver: Resolver
) -> tuple[Problem, int, str]:
    """The problem, how many workers, and the device; see :func:`generate`."""
    if engine not in ENGINES:
        raise ConfigError(f"--engine must be one of {', '.join(ENGINES)}; got {engine}. Choose one of those.")
    count = cores() if workers is None else workers
    if count < 1:
        raise ConfigError(f"--workers must be at least 1; got {count}. Leave it out for one per core.")
    problem = resolver(plan, data_dir)
    return problem, count, _device(device, problem.trainer)


def _spread(
    jobs: Sequence[Job], engine: str, workers: int, before: int, total: int, progress: Callable[[Progress], None]
) -> Generator[Done, None, None]:
    whole = sum(job.cost for job in jobs) or 1.0
    done, cost, failed = 0, 0.0, 0
    progress(Progress(before, total, 0.0, 0))
    for result in ENGINES[engine](jobs, workers):
        done += len(result.statuses)
        cost += result.cost
        failed += list(result.statuses.values()).count(Status.FAILED)
        progress(Progress(before + done, total, min(1.0, cost / whole), failed))
        yield result


def _missing(runs: Sequence[RunConfig], table: Table | None, statuses: Mapping[str, Status]) -> list[RunConfig]:
    """Runs that the table lacks or holds as failed, but for those that failed in this call, whose statuses are given."""
    if table is None:
        return list(runs)
    finished = {
        uid
        for uid, status in zip(table.uids, table.statuses, strict=True)
        if status is not Status.FAILED or statuses.get(uid) is Status.FAILED
    }
    return [run for run in runs if run.run_id not in finished]


def _continue(problem: Problem, table: Table | None, path: Path) -> Plan:
    """The plan to store: the new one, enlarged to what the file already was asked for."""
    if table is None:
        return problem.plan
    advice = "Use the same options, --overwrite, or another --out."
    if table.attributes["recipe_hash"] != problem.recipe.hash:
        raise ConfigError(f"The options must be those that {path} was begun with; got another {_difference(problem, table)}. {advice}")
    # Equal recipes have equal tasks, epochs and options, however they were written down.
    older = Plan.from_json(str(table.attributes["plan"]))
    if problem.plan.seed != older.seed:
        raise ConfigError(f"The seed must be that of {path}, {older.seed}; got {problem.plan.seed}. {advice}")
    n, repeats = max(problem.plan.n, older.n), max(problem.plan.repeats, older.repeats)
    if (n, repeats) not in ((problem.plan.n, problem.plan.repeats), (older.n, older.repeats)):
        raise ConfigError(
            f"--n and --repeats must not grow and shrink at once; got --n {problem.plan.n} --repeats {problem.plan.repeats} for {path}, "
            f"which has --n {older.n} --repeats {older.repeats}. Use --n {n} --repeats {repeats}, or another --out."
        )
    return replace(problem.plan, n=n, repeats=repeats)


def _difference(problem: Problem, table: Table) -> str:
    mine, theirs = problem.recipe, Recipe.from_json(str(table.attributes["recipe"]))
    for name in ("space", "task", "epochs"):
        if getattr(mine, name) != getattr(theirs, name):
            return f"{name} ({getattr(mine, name)}, not {getattr(theirs, name)})"
    a, b = dict(mine.settings), dict(theirs.settings)
    name = next((n for n in sorted({*a, *b}) if a.get(n) != b.get(n)), None)
    if name is None:
        return "recipe_hash than its own recipe has: the file was altered"
    return f"{name} ({a.get(name)}, not {b.get(name)})"


def _clear(path: Path) -> None:
    _check_dataset(path)
    with plain_words(path):
        path.unlink(missing_ok=True)
        folder = parts_folder(path)
        if folder.exists():
            for item in folder.iterdir():
                if item.is_file():
                    item.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()


def _check_dataset(path: Path) -> None:
    if path.exists():
        try:
            store.read_attributes(path)
        except FormatError as error:
            raise ConfigError(
                f"--overwrite must meet a dataset to replace; got another file, or a damaged one, {path}. Remove it, or choose another --out."
            ) from error


def _device(choice: str, trainer: Trainer) -> str:
    if choice == "cpu" or (choice == "auto" and "cuda" not in trainer.devices):
        return "cpu"
    import torch

    if choice == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if choice not in trainer.devices:
        raise ConfigError(f"--device must be one of {', '.join(trainer.devices)} for this space; got {choice}. Use --device cpu.")
    if not torch.cuda.is_available():
        raise ConfigError(f"--device {choice} needs a CUDA device; got none on this machine. Use --device cpu.")
    return choice


def retrain(problem: Problem, run: RunConfig, device: str) -> Curve:
    """Train one run again, alone, as `verify` does."""
    return problem.trainer.train(Unit((run,), 0.0), problem.task, device)[0]
