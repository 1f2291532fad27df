"""The trainer of multilayer perceptrons on the CPU."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import final

import torch

from generators.base import Task, Trainer, Unit
from generators.mlp.cost import lean_seconds
from generators.mlp.lean import train_lean
from generators.mlp.spec import MLPSpec
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve

__all__ = ["MLPTrainer"]

_UNIT_SECONDS = 5.0


@final
class MLPTrainer(Trainer):
    """Trains perceptrons on tables, each by the kernel that its configuration is cheapest in, always with one thread."""

    def units(self, runs: Sequence[RunConfig], task: Task) -> list[Unit]:
        """Runs of 5 seconds or more alone, others packed to about 5 seconds, longest first."""
        costs = [lean_seconds(MLPSpec.of(run, task), task) for run in runs]
        units: list[Unit] = []
        pack: list[RunConfig] = []
        total = 0.0
        for i in sorted(range(len(runs)), key=lambda i: (-costs[i], runs[i].run_id)):
            if pack and total + costs[i] > _UNIT_SECONDS:
                units.append(Unit(tuple(pack), total))
                pack, total = [], 0.0
            pack.append(runs[i])
            total += costs[i]
        if pack:
            units.append(Unit(tuple(pack), total))
        return sorted(units, key=lambda u: -u.cost)

    def train(self, unit: Unit, task: Task, device: str) -> list[Curve]:
        """Train the runs of a unit one after another; the device must be ``"cpu"``."""
        with _one_thread():
            return [train_lean(run, task) for run in unit.runs]


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread within, as before without: how many threads share a matrix product decides its last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
