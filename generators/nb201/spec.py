"""A run of the NAS-Bench-201 space in the words of its kernels."""

import math
from dataclasses import dataclass
from functools import cached_property

from generators.base import Task
from generators.spaces.nb201_cell import Cell, to_cell
from generators.spaces.schedules import learning_rates
from nasbench_lc.config import RunConfig
from nasbench_lc.seeding import Stream

__all__ = ["NB201Spec"]


@dataclass(frozen=True)
class NB201Spec:
    """What determines a training run, with the names that the kernels use.

    Arguments:
        cell: The six operations.
        channels: Channels of the first stage.
        cells: Cells in each stage.
        shape: Height, width and colours of an image.
        classes: Number of classes.
        lr: The learning rate of each epoch.
        momentum: Of Nesterov's kind.
        weight_decay: On every parameter.
        batch_size: The last batch of an epoch may be smaller.
        seed: Keys the run's streams.
    """

    cell: Cell
    channels: int
    cells: int
    shape: tuple[int, int, int]
    classes: int
    lr: tuple[float, ...]
    momentum: float
    weight_decay: float
    batch_size: int
    seed: int

    @classmethod
    def of(cls, run: RunConfig, task: Task) -> "NB201Spec":
        """The specification of a run on its task."""
        hp, recipe = run.hp, run.recipe
        height, width, colours = task.input_shape
        return cls(
            cell=to_cell(run.architecture),
            channels=int(recipe.get("channels", 16)),
            cells=int(recipe.get("cells", 5)),
            shape=(height, width, colours),
            classes=len(task.classes),
            lr=tuple(learning_rates(dict(recipe.settings), recipe.epochs, hp["lr"]).tolist()),
            momentum=hp["momentum"],
            weight_decay=hp["weight_decay"],
            batch_size=int(hp["batch_size"]),
            seed=run.seed,
        )

    @property
    def loss_limit(self) -> float:
        """A train loss above this counts as diverged: 1,000 times the loss of a guess."""
        return 1000.0 * math.log(self.classes)

    @cached_property
    def stream(self) -> Stream:
        """The run's random streams."""
        return Stream.of_run(self.seed)
