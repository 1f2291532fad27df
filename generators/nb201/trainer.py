"""The trainer of the NAS-Bench-201 space."""

from collections.abc import Sequence
from pathlib import Path
from typing import final

from generators.base import Task, Trainer, Unit
from generators.nb201.fast import train_fast
from generators.nb201.graph import simplify
from generators.nb201.reference import train_reference
from generators.nb201.spec import NB201Spec
from generators.saves import Saves
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve
from nasbench_lc.pool import one_thread

__all__ = ["NB201Trainer"]

_SECONDS_PER_VALUE = 6e-10
_SECONDS_PER_MAC = 2e-11


@final
class NB201Trainer(Trainer):
    """Trains one network at a time: on a CPU with the engine and one thread, so one process a core; elsewhere with the plain loop."""

    devices = ("cpu", "cuda")

    def units(self, runs: Sequence[RunConfig], task: Task) -> list[Unit]:
        """Each run by itself, for it takes more than 5 seconds; the longest first."""
        units = [Unit((run,), _seconds(NB201Spec.of(run, task), task, run.recipe.epochs)) for run in runs]
        return sorted(units, key=lambda u: (-u.cost, u.runs[0].run_id))

    def train(self, unit: Unit, task: Task, device: str, folder: Path | None = None) -> list[Curve]:
        """Train the runs one after the other."""
        with one_thread():
            return [_train(run, task, device, folder) for run in unit.runs]


def _train(run: RunConfig, task: Task, device: str, folder: Path | None) -> Curve:
    saves = Saves(run, folder, _seconds(NB201Spec.of(run, task), task, run.recipe.epochs), device)
    return train_fast(run, task, saves=saves) if device == "cpu" else train_reference(run, task, device, saves=saves)


def _seconds(spec: NB201Spec, task: Task, epochs: int) -> float:
    """Expected seconds of one core: multiplications, and values that pass through the elementwise operations."""
    graph = simplify(spec.cell)
    c, pixels = spec.channels, spec.shape[0] * spec.shape[1]
    # Per stage in units of (pixels c) values and (pixels c c) products; a stage has half as many of the former, equally many of the latter.
    products = sum(g.kernel**2 * len(g.edges) for g in graph.groups)
    values = 1 + sum(3 * len(g.edges) for g in graph.groups) + sum(len(s.skips) + 4 * bool(s.pools) for s in graph.sums)
    macs = pixels * c * (9 * spec.shape[2] + c * (3 * spec.cells * products + 29))
    passed = pixels * c * (1.75 * spec.cells * values + 12)
    images = 3 * len(task.y["train"]) + sum(len(y) for split, y in task.y.items() if split != "train")
    return epochs * images * (macs * _SECONDS_PER_MAC + passed * _SECONDS_PER_VALUE)
