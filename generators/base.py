"""The three contracts of the generators: a task, a space, a trainer."""

import abc
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nasbench_lc.architecture import Architecture, Scalar
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve

__all__ = ["MAX_CLASSES", "Space", "Task", "Trainer", "Unit"]

#: Of a user's own data: more labels than that are row numbers or measurements taken for classes.
MAX_CLASSES = 1000


@dataclass(frozen=True, eq=False)
class Task:
    """A classification data set, ready to train on.

    Arguments:
        name: As in the registry, or the stem of the user's file.
        x: Split name (``"train"``, optionally ``"val"``, ``"test"``) to inputs: float32 `(n, features)`, already encoded and standardised
            with training statistics, for tables; uint8 `(n, height, width, channels)` for images.
        y: Split name to int64 labels, shape `(n,)`.
        classes: The names of the classes, in label order.
        source: Where the data come from, with a citation.
        licence: The licence of the data, in words.
        settings: How the arrays were made (split, held-out fraction, image size ...): part of the recipe.
    """

    name: str
    x: Mapping[str, npt.NDArray[Any]]
    y: Mapping[str, npt.NDArray[np.int64]]
    classes: tuple[str, ...]
    source: str
    licence: str
    settings: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def is_image(self) -> bool:
        """Whether the inputs are images."""
        return self.x["train"].ndim == 4

    @property
    def input_shape(self) -> tuple[int, ...]:
        """`(features,)`, or `(height, width, channels)`."""
        return tuple(self.x["train"].shape[1:])

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The curve metrics that training on this task records, in the order of the file."""
        splits = [s for s in ("train", "val", "test") if s in self.x]
        return tuple(f"{s}_{kind}" for s in splits for kind in ("loss", "acc"))

    @cached_property
    def digest(self) -> str:
        """The sha256 over all arrays, in the order of their split names: what the networks see, and nothing else."""
        h = hashlib.sha256()
        for split in sorted(self.x):
            for array in (self.x[split], self.y[split]):
                h.update(f"{split}:{array.dtype.str}:{array.shape}".encode())
                h.update(np.ascontiguousarray(array).tobytes())
        return h.hexdigest()


class Space(abc.ABC):
    """A search space: architectures, the hyperparameters that vary with them, and the recipe that trains them.

    A subclass is final, stateless but for its constructor's options, and callable without arguments.
    """

    name: str
    default_epochs: int

    @abc.abstractmethod
    def sample(self, seed: int, index: int, task: Task) -> tuple[Architecture, dict[str, float]]:
        """Sample number `index` under a seed: the architecture and its hyperparameters.

        It depends on its arguments only, so that a larger plan extends a smaller one. The hyperparameters always have the names
        batch_size, dropout, lr, momentum, weight_decay; floats are rounded to 6 significant digits, so that no machine's libm shows.

        Raises:
            ConfigError: If the space cannot be used with the task, or holds fewer than index + 1 members.
        """

    @abc.abstractmethod
    def settings(self, task: Task, epochs: int) -> dict[str, Scalar]:
        """The training recipe shared by all runs: schedule, optimiser flags, augmentation, macro skeleton ..., and every option of the space."""

    @abc.abstractmethod
    def schedule(self, epochs: int) -> npt.NDArray[np.float64]:
        """The learning rate of each epoch relative to the first epoch's, shape `(epochs,)`."""

    @abc.abstractmethod
    def group(self, architecture: Architecture) -> str:
        """The exact function class where it is known, else the architecture's key."""

    @abc.abstractmethod
    def constant(self, architecture: Architecture) -> bool | None:
        """Whether the network answers the same whatever the input; None where the space has no such architectures."""

    @abc.abstractmethod
    def size(self, architecture: Architecture, task: Task) -> tuple[int, int]:
        """(trainable parameters, multiply-accumulate operations of one forward pass of one sample; convolutions and linear maps only)."""


@dataclass(frozen=True)
class Unit:
    """Runs that are trained together and, when they end, stored together.

    Arguments:
        runs: The runs; how they are grouped never changes a curve.
        cost: Expected seconds of one core; only the order of work depends on it.
    """

    runs: tuple[RunConfig, ...]
    cost: float


class Trainer(abc.ABC):
    """Trains runs of the spaces that it knows. Which kernel trains a run is a function of its RunConfig alone, never of a timing."""

    devices: tuple[str, ...] = ("cpu",)
    """The kinds of device that it can train on."""

    @abc.abstractmethod
    def units(self, runs: Sequence[RunConfig], task: Task) -> list[Unit]:
        """Partition runs into units of work, none expected to take much over 5 seconds where a single run does not, longest first."""

    @abc.abstractmethod
    def train(self, unit: Unit, task: Task, device: str, folder: Path | None = None) -> list[Curve]:
        """Train a unit; one curve per run, in order. A diverging run is a status, never an exception.

        A run that is expected to take long keeps its state in `folder` and goes on from one that it finds there; None keeps nothing.
        On one machine and torch version every curve but its seconds is equal to the byte, whatever else is in the unit.
        """
