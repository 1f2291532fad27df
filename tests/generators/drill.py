"""Kills a generation again and again at chosen moments; run as a module, prints one JSON line for the test that started it.

    python -m tests.generators.drill FOLDER KILLS SEED stub|real

Every attempt is a child of this process by fork, so that it costs no imports. What a child has stored for good it writes to a log, after
the shard's rename; a kill between the two hides a finished run from the log, never the other way round.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from generators import jobs
from generators.base import Task, Trainer, Unit
from generators.generate import generate
from generators.plan import Plan, Problem, resolve
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve
from nasbench_lc.shards import parts_folder, read_all
from nasbench_lc.table import Table
from tests.generators.stub import plan_of, resolver

PLANS = {"stub": plan_of(24), "real": Plan("mlp", "iris", 8, epochs=10)}


class OneByOne(Trainer):
    """The trainer of a space, a run at a time: that is more moments to be killed at, and changes no curve."""

    def __init__(self, inner: Trainer) -> None:
        self.inner = inner

    def units(self, runs: Sequence[RunConfig], task: Task) -> list[Unit]:
        return [Unit((run,), 2.6) for run in runs]

    def train(self, unit: Unit, task: Task, device: str, folder: Path | None = None) -> list[Curve]:
        return self.inner.train(unit, task, device, folder)


def real(plan: Plan, data_dir: Path | None) -> Problem:
    problem = resolve(plan)
    return replace(problem, trainer=OneByOne(problem.trainer))


def attempt(path: Path, log: Path, kind: str) -> int:
    """Start the generation in a child; its process id."""
    child = os.fork()
    if child:
        return child
    store = jobs.write_shard

    def logged(target: Path, table: Table) -> Path:
        name = store(target, table)
        with log.open("a") as file:
            file.write("".join(f"{uid}\n" for uid in table.uids))
        return name

    jobs.write_shard = logged
    try:
        steered = path.parent if kind == "stub" else None
        generate(PLANS[kind], path, engine="serial", device="cpu", data_dir=steered, resolver=RESOLVERS[kind])
        os._exit(0)
    finally:
        os._exit(1)


RESOLVERS = {"stub": resolver, "real": real}


def finished(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def ended(child: int) -> bool:
    return os.waitpid(child, os.WNOHANG)[0] != 0


def moments(path: Path, rng: random.Random) -> dict[str, Callable[[], bool]]:
    """When to kill: after a random time, or as soon as what can be seen from outside says that a phase has begun."""
    deadline = time.monotonic() + rng.uniform(0, 0.6)
    shards = rng.randrange(1, 11)
    parts = parts_folder(path)
    inode = path.stat().st_ino if path.exists() else 0

    def present(prefix: str) -> int:
        try:
            return sum(name.startswith(prefix) for name in os.listdir(parts))
        except FileNotFoundError:
            return 0

    def count() -> int:
        return present("part-")

    return {
        "any time": lambda: time.monotonic() > deadline,
        "training": lambda: count() >= shards,
        "writing a shard": lambda: present(".part-") > 0,
        "writing the file": lambda: any(path.parent.glob(f".{path.name}.*.tmp")),
        "after the rename": lambda: path.exists() and path.stat().st_ino != inode and count() > 0,
    }


def main(folder: Path, kills: int, seed: int, kind: str) -> None:
    jobs._problem(RESOLVERS[kind], PLANS[kind], None)  # the imports, once for all children
    rng = random.Random(seed)
    landed: dict[str, int] = {}
    life = 0
    problems: list[str] = []
    while sum(landed.values()) < kills:
        path, log = folder / f"life{life}" / "x.h5", folder / f"life{life}.log"
        path.parent.mkdir()
        (path.parent / "sleep").write_text("0.005")
        life += 1
        survived = False
        while not survived and sum(landed.values()) < kills:
            name, reached = rng.choice(list(moments(path, rng).items()))
            child = attempt(path, log, kind)
            while not (survived := ended(child)) and not reached():
                time.sleep(0.0005)
            if survived:
                break
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            landed[name] = landed.get(name, 0) + 1
            stored = set()
            try:
                table = read_all(path).table
                stored = set(table.uids) if table is not None else set()
            except Exception as error:
                problems.append(f"{name}: the file does not open: {error}")
            if not set(finished(log)) <= stored:
                problems.append(f"{name}: a finished run is lost")
        if not survived:
            os.waitpid(attempt(path, log, kind), 0)
        if len(set(finished(log))) != len(finished(log)):
            problems.append("a finished run was trained again")
    print(json.dumps({"landed": landed, "lives": life, "problems": problems}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
