"""A space, a task and a trainer without torch: curves come from the seed of the run, as fast or as slow as a test wants.

The folder `data_dir` steers the trainer while it works, since what lies in it is no part of the plan:

* ``sleep``: seconds that every unit takes;
* ``fail``: indices, between commas, whose training raises;
* ``die``: indices whose training kills its process; each of them once, where a folder ``died`` stands beside it;
* ``log``: where it exists, one line for every run whose training ended.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from generators.base import Space, Task, Trainer, Unit
from generators.plan import Plan, Problem
from nasbench_lc.architecture import Architecture, Node, Scalar
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Curve, Status
from nasbench_lc.errors import ConfigError
from nasbench_lc.seeding import Purpose, Stream, uniform

GROUP = 2


class StubSpace(Space):
    name = "stub"
    default_epochs = 6

    def __init__(self, lr: float = 0.1) -> None:
        self.lr = lr

    def sample(self, seed: int, index: int, task: Task) -> tuple[Architecture, dict[str, float]]:
        if index >= 500:
            raise ConfigError("The space holds 500 members; got more. Choose a smaller --n.")
        units = 1 + int(64 * uniform(Stream.of_plan(seed).words(1, Purpose.SAMPLE, index))[0])
        nodes = (Node("input"), Node.of("linear", units=units), Node("output"))
        hp = {"batch_size": 32.0, "dropout": 0.0, "lr": self.lr, "momentum": 0.9, "weight_decay": 0.0}
        return Architecture("stub", nodes, ((0, 1), (1, 2)), str(units)), hp

    def settings(self, task: Task, epochs: int) -> dict[str, Scalar]:
        return {"lr": self.lr, "schedule": "constant"}

    def schedule(self, epochs: int) -> np.ndarray:
        return np.ones(epochs)

    def group(self, architecture: Architecture) -> str:
        return architecture.key

    def constant(self, architecture: Architecture) -> None:
        return None

    def size(self, architecture: Architecture, task: Task) -> tuple[int, int]:
        return architecture.widths[0], 2 * architecture.widths[0]


class StubTrainer(Trainer):
    def __init__(self, control: Path | None) -> None:
        self.control = control

    def units(self, runs: Sequence[RunConfig], task: Task) -> list[Unit]:
        # Two units together cost more than a job may: every unit becomes a shard of its own.
        return [Unit(tuple(runs[i : i + GROUP]), 2.6) for i in range(0, len(runs), GROUP)]

    def train(self, unit: Unit, task: Task, device: str, folder: Path | None = None) -> list[Curve]:
        time.sleep(float(self._read("sleep") or 0))
        for run in unit.runs:
            self._misbehave(run)
        curves = [curve_of(run, task.metrics) for run in unit.runs]
        if self.control is not None and (self.control / "log").exists():
            with (self.control / "log").open("a") as log:
                log.write("".join(f"{run.run_id}\n" for run in unit.runs))
        return curves

    def _misbehave(self, run: RunConfig) -> None:
        if str(run.index) in self._read("fail").split(","):
            raise ValueError(f"run {run.index} has a bad day ☂")
        if self.control is not None and str(run.index) in self._read("die").split(","):
            died = self.control / "died"
            mark = died / str(run.index)
            if not mark.exists():
                if died.exists():
                    mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)

    def _read(self, name: str) -> str:
        if self.control is None or not (self.control / name).is_file():
            return ""
        return (self.control / name).read_text()


def curve_of(run: RunConfig, metrics: tuple[str, ...]) -> Curve:
    rng = np.random.default_rng(run.seed)
    values = {m: rng.random(run.recipe.epochs) for m in metrics}
    return Curve(run, values, np.full(run.recipe.epochs, 0.1), np.full(run.recipe.epochs, 0.01), Status.OK, started=time.time())


def stub_task() -> Task:
    x = np.zeros((4, 2), np.float32)
    y = np.array([0, 1, 0, 1])
    return Task("toy", {"train": x, "test": x}, {"train": y, "test": y}, ("a", "b"), "made up", "CC0", {"digest": "0"})


def resolver(plan: Plan, data_dir: Path | None) -> Problem:
    space = StubSpace(**dict(plan.space_options))  # type: ignore[arg-type]
    task = stub_task()
    epochs = plan.epochs or space.default_epochs
    settings = {**space.settings(task, epochs), **dict(plan.task_options)}
    return Problem(plan, space, task, Recipe.of(plan.space, task.name, epochs, settings), StubTrainer(data_dir))


def plan_of(n: int, **changes: object) -> Plan:
    return Plan(**{"space": "stub", "task": "toy", "n": n, **changes})  # type: ignore[arg-type]
