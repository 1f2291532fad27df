"""The trainer of multilayer perceptrons on the CPU."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import final

from generators.base import Task, Trainer, Unit
from generators.mlp.cost import Shape, fused_seconds, fused_shape, lean_seconds
from generators.mlp.fused import train_fused
from generators.mlp.lean import train_lean
from generators.mlp.spec import MLPSpec
from generators.saves import Saves
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve
from nasbench_lc.errors import ConfigError
from nasbench_lc.pool import one_thread

__all__ = ["MLPTrainer"]

_UNIT_SECONDS = 5.0
_GROUP_LIMIT = 32
"""Networks of a group: more of them gain nothing and leave the cache."""


@final
class MLPTrainer(Trainer):
    """Trains perceptrons on tables, each by the kernel that its configuration is cheapest in, always with one thread."""

    def units(self, runs: Sequence[RunConfig], task: Task) -> list[Unit]:
        """Fused groups of at most 32 networks, and packs of runs that are trained alone: about 5 seconds each, longest first."""
        rows, evaluated = _sizes(task)
        units: list[Unit] = []
        for shape, members in _by_shape(runs, task).items():
            specs = {run.run_id: MLPSpec.of(run, task) for run in members}
            if shape is None:
                costs = {i: lean_seconds(s, rows, evaluated) for i, s in specs.items()}
                members = sorted(members, key=lambda run: (-costs[run.run_id], run.run_id))
            else:
                costs = {i: fused_seconds(s, shape, rows, evaluated) for i, s in specs.items()}
                members = sorted(members, key=lambda run: (specs[run.run_id].batch_size, run.run_id))
            units += _packed(members, costs, len(members) if shape is None else _GROUP_LIMIT)
        return sorted(units, key=lambda u: (-u.cost, u.runs[0].run_id))

    def train(self, unit: Unit, task: Task, device: str, folder: Path | None = None) -> list[Curve]:
        """Train a unit of any composition; a fused group, which takes seconds, keeps nothing in `folder`.

        Raises:
            ConfigError: If the device is not ``"cpu"``.
        """
        if device != "cpu":
            raise ConfigError(f"The device must be cpu for perceptrons; got {device}. Leave --device out.")
        curves: dict[str, Curve] = {}
        with one_thread():
            for shape, members in _by_shape(unit.runs, task).items():
                if shape is None:
                    done = [_alone(run, task, folder) for run in members]
                else:
                    done = train_fused(members, task, shape)
                curves.update((curve.run.run_id, curve) for curve in done)
        return [curves[run.run_id] for run in unit.runs]


def _alone(run: RunConfig, task: Task, folder: Path | None) -> Curve:
    seconds = lean_seconds(MLPSpec.of(run, task), *_sizes(task))
    return train_lean(run, task, saves=Saves(run, folder, seconds))


def _sizes(task: Task) -> tuple[int, int]:
    rows = len(task.y["train"])
    return rows, sum(len(y) for y in task.y.values()) - rows


def _by_shape(runs: Sequence[RunConfig], task: Task) -> dict[Shape | None, list[RunConfig]]:
    groups: dict[Shape | None, list[RunConfig]] = defaultdict(list)
    for run in runs:
        groups[fused_shape(MLPSpec.of(run, task), *_sizes(task))].append(run)
    return groups


def _packed(runs: Sequence[RunConfig], costs: dict[str, float], limit: int) -> list[Unit]:
    units: list[Unit] = []
    pack: list[RunConfig] = []
    total = 0.0
    for run in runs:
        cost = costs[run.run_id]
        if pack and (total + cost > _UNIT_SECONDS or len(pack) == limit):
            units.append(Unit(tuple(pack), total))
            pack, total = [], 0.0
        pack.append(run)
        total += cost
    return [*units, Unit(tuple(pack), total)]
