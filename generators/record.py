"""From the numbers of each epoch to a curve: the stop rule and the status, the same for every kernel."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from generators.base import Task
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve, Status

__all__ = ["Record"]


class Limits(Protocol):
    """What a record needs of a kernel's specification."""

    @property
    def lr(self) -> Sequence[float]:
        """The learning rate of each epoch."""
        ...

    @property
    def loss_limit(self) -> float:
        """A larger train loss means that the run diverged."""
        ...


class Record:
    """Collects what a run measures, epoch by epoch.

    Arguments:
        run: The run.
        task: Its task.
        spec: Its learning rates, and the train loss above which it counts as diverged.
        seconds_kind: As in :class:`~nasbench_lc.curves.Curve`.
    """

    def __init__(self, run: RunConfig, task: Task, spec: Limits, seconds_kind: str = "measured") -> None:
        self._run = run
        self._kind = seconds_kind
        self._spec = spec
        self._started = time.time()
        self._values = {m: np.full(run.recipe.epochs, np.nan) for m in task.metrics}
        self._lr = np.full(run.recipe.epochs, np.nan)
        self._seconds = np.full(run.recipe.epochs, np.nan)
        self.alive = True
        """Whether the run goes on; False after the first epoch in which a loss was not finite."""

    def add(self, epoch: int, values: Mapping[str, float], seconds: float) -> None:
        """Store an epoch (1-based): every metric of the task, and the seconds it took."""
        for name, value in values.items():
            self._values[name][epoch - 1] = value
        self._lr[epoch - 1] = self._spec.lr[epoch - 1]
        self._seconds[epoch - 1] = seconds
        self.alive = all(np.isfinite(v) for name, v in values.items() if name.endswith("_loss"))

    def state(self) -> dict[str, npt.NDArray[np.float64]]:
        """All that was added so far."""
        return {**self._values, "lr": self._lr, "seconds": self._seconds, "started": np.array([self._started])}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take over what `state` gave, of a run that goes on."""
        for name, values in {**self._values, "lr": self._lr, "seconds": self._seconds}.items():
            values[:] = state[name]
        self._started = float(state["started"][0])

    def curve(self) -> Curve:
        """What the run left behind."""
        diverged = not self.alive or bool(np.any(self._values["train_loss"] > self._spec.loss_limit))
        status = Status.DIVERGED if diverged else Status.OK
        return Curve(self._run, self._values, self._lr, self._seconds, status, "", self._started, self._kind)
