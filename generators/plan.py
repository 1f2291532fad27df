"""From what was asked for to the list of runs; the list depends on the plan alone, and a larger plan begins with a smaller one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generators.base import Space, Task, Trainer
from generators.spaces import make_space
from generators.tasks import TASKS, load_task
from nasbench_lc.architecture import Scalar
from nasbench_lc.config import Recipe, RunConfig, canonical_json
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.seeding import child_seed

__all__ = ["Plan", "Problem", "anywhere", "resolve"]

Options = tuple[tuple[str, Scalar], ...]

_MOST_EPOCHS = 100_000


@dataclass(frozen=True)
class Plan:
    """What `generate` was asked for: everything but where the data lie and how the work is spread.

    Arguments:
        space: The name of a search space.
        task: The name of a task, or the path of the user's own data.
        n: How many (architecture, hyperparameters) samples.
        repeats: How many seeds each of them is trained with.
        epochs: The length of every run; None for the space's own.
        seed: The master seed.
        space_options: What the space's constructor takes, sorted by name.
        task_options: What :func:`generators.tasks.load_task` takes, sorted by name.

    Raises:
        ConfigError: If a number is out of range.
    """

    space: str
    task: str
    n: int
    repeats: int = 1
    epochs: int | None = None
    seed: int = 0
    space_options: Options = ()
    task_options: Options = ()

    def __post_init__(self) -> None:
        for name, value, least in (("--n", self.n, 1), ("--repeats", self.repeats, 1), ("--seed", self.seed, 0)):
            if value < least:
                raise ConfigError(f"{name} must be at least {least}; got {value}. Choose a larger one.")
        if self.epochs is not None and not 1 <= self.epochs <= _MOST_EPOCHS:
            raise ConfigError(f"--epochs must lie in 1 .. {_MOST_EPOCHS}; got {self.epochs}. Choose one in between.")

    @property
    def json(self) -> str:
        """Canonical JSON: what the dataset's `plan` attribute holds."""
        return canonical_json(
            {
                "space": self.space,
                "task": self.task,
                "n": self.n,
                "repeats": self.repeats,
                "epochs": self.epochs,
                "seed": self.seed,
                "space_options": dict(self.space_options),
                "task_options": dict(self.task_options),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The inverse of :attr:`json`.

        Raises:
            FormatError: If the text is not the JSON of a plan, as for an imported dataset.
        """
        try:
            raw: dict[str, Any] = json.loads(text)
            return cls(
                space=str(raw["space"]),
                task=str(raw["task"]),
                n=int(raw["n"]),
                repeats=int(raw["repeats"]),
                epochs=None if raw["epochs"] is None else int(raw["epochs"]),
                seed=int(raw["seed"]),
                space_options=_options(raw["space_options"]),
                task_options=_options(raw["task_options"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise FormatError(
                f"The plan must be the JSON that generate wrote; got {text[:60]!r}. This dataset was made otherwise."
            ) from error


def _options(raw: Mapping[str, Scalar]) -> Options:
    return tuple(sorted(raw.items()))


@dataclass(frozen=True, eq=False)
class Problem:
    """A plan with its space, task, recipe and trainer at hand."""

    plan: Plan
    space: Space
    task: Task
    recipe: Recipe
    trainer: Trainer

    def runs(self) -> list[RunConfig]:
        """All runs of the plan, sorted by (index, repeat).

        Raises:
            ConfigError: If the space has fewer members than the plan asks for.
        """
        found: list[RunConfig] = []
        for index in range(self.plan.n):
            architecture, hyperparameters = self.space.sample(self.plan.seed, index, self.task)
            pairs = tuple(sorted((name, float(value)) for name, value in hyperparameters.items()))
            found += [
                RunConfig(self.recipe, architecture, pairs, child_seed(self.plan.seed, index, repeat), index, repeat)
                for repeat in range(self.plan.repeats)
            ]
        return found


def anywhere(plan: Plan) -> Plan:
    """The same plan for a process that works in another folder: a user's own data by their absolute path."""
    return plan if plan.task in TASKS else replace(plan, task=str(Path(plan.task).expanduser().absolute()))


def resolve(plan: Plan, data_dir: Path | None = None) -> Problem:
    """Load the task and the space of a plan.

    Raises:
        ConfigError: If the plan names what does not exist, or combines what does not fit.
        TaskUnavailable: If the data of the task are not on this machine.
    """
    from generators.trainers import TRAINERS  # brings in torch

    space = make_space(plan.space, **dict(plan.space_options))
    options: dict[str, Any] = dict(plan.task_options)
    task = load_task(plan.task, data_dir=data_dir, **options)
    epochs = space.default_epochs if plan.epochs is None else plan.epochs
    settings: dict[str, Scalar] = {f"task_{name}": value for name, value in task.settings.items()}
    settings.update(space.settings(task, epochs))
    return Problem(plan, space, task, Recipe.of(plan.space, task.name, epochs, settings), TRAINERS[plan.space]())
