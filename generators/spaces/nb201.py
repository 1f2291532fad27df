"""The search space of NAS-Bench-201 with its training recipe (arXiv 2001.00326)."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
import numpy.typing as npt

from generators.base import Space, Task
from generators.spaces.nb201_cell import to_architecture, to_cell
from generators.spaces.nb201_dedup import Dedup, exact_class, is_constant, members
from generators.spaces.schedules import schedule_factors
from nasbench_lc.architecture import Architecture, Scalar
from nasbench_lc.errors import ConfigError
from nasbench_lc.seeding import Purpose, Stream, permutation

__all__ = ["NB201Space"]

_MOST = {"channels": 1024, "cells": 100}
"""What fits into a memory, and more than anybody trains."""


@final
@dataclass(frozen=True)
class NB201Space(Space):
    """Cells of six operations in a stack of three stages, trained by SGD with Nesterov momentum under a cosine schedule.

    Arguments:
        dedup: Which cells are sampled: all 15,625, one of each of the published 6,466 strings, or of the 5,875 function classes.
        channels: Channels of the first stage; the second and third have twice and four times as many.
        cells: Cells in each of the three stages.

    Raises:
        ConfigError: If an option is out of range.
    """

    dedup: Dedup = "exact"
    channels: int = 16
    cells: int = 5

    name = "nb201"
    default_epochs = 200

    def __post_init__(self) -> None:
        if self.dedup not in ("none", "nb201", "exact"):
            raise ConfigError(f"The deduplication must be none, nb201 or exact; got {self.dedup}. Choose one of those.")
        for option, most in _MOST.items():
            if not 1 <= getattr(self, option) <= most:
                raise ConfigError(
                    f"The number of {option} must lie in 1 .. {most}; got {getattr(self, option)}. Choose another --{option}."
                )

    def sample(self, seed: int, index: int, task: Task) -> tuple[Architecture, dict[str, float]]:
        """Number `index` of a random order of the space's members: no architecture comes twice. See :meth:`Space.sample`."""
        _check(task)
        order = _order(seed, len(members(self.dedup)))
        if not 0 <= index < len(order):
            raise ConfigError(
                f"The space nb201 holds {len(order)} architectures under dedup {self.dedup}; got number {index + 1}. "
                f"Ask for fewer, or for more --repeats."
            )
        hyperparameters = {"batch_size": 256.0, "dropout": 0.0, "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4}
        return to_architecture(members(self.dedup)[order[index]]), hyperparameters

    def settings(self, task: Task, epochs: int) -> dict[str, Scalar]:
        """See :meth:`Space.settings`."""
        _check(task)
        return {
            "augmentation": "flip-crop4",
            "cells": self.cells,
            "channels": self.channels,
            "cosine_t_max": epochs,
            "dedup": self.dedup,
            "init": "torch-conv",
            "loss": "cross_entropy",
            "nesterov": True,
            "optimizer": "sgd",
            "schedule": "cosine",
            "streams": 1,
        }

    def schedule(self, epochs: int) -> npt.NDArray[np.float64]:
        """(1 + cos(pi (e - 1) / T)) / 2 for epoch e = 1 .. T. See :meth:`Space.schedule`."""
        return schedule_factors({"schedule": "cosine", "cosine_t_max": epochs}, epochs)

    def group(self, architecture: Architecture) -> str:
        """The sha256 of the exact function class. See :meth:`Space.group`."""
        return hashlib.sha256(f"nb201/exact/1/{exact_class(to_cell(architecture))}".encode()).hexdigest()

    def constant(self, architecture: Architecture) -> bool:
        """Whether the cell's output does not depend on its input: 341 of all 15,625 cells. See :meth:`Space.constant`."""
        return is_constant(to_cell(architecture))

    def size(self, architecture: Architecture, task: Task) -> tuple[int, int]:
        """Parameters and MACs as the authors count them: all operations of the cell, dead ones too. See :meth:`Space.size`."""
        height, width, colours = task.input_shape
        cell = to_cell(architecture)
        kernels = [int(op[-1]) ** 2 for op in cell if op.startswith("nor_conv")]
        c, pixels = self.channels, height * width
        params, macs = 9 * colours * c + 2 * c, 9 * colours * c * pixels
        for stage in range(3):
            if stage:
                params += (18 + 36 + 2) * c * c + 8 * c
                c, pixels = 2 * c, pixels // 4
                macs += (9 * c * c // 2 + 9 * c * c + c * c // 2) * pixels
            params += self.cells * sum(k * c * c + 2 * c for k in kernels)
            macs += self.cells * sum(k * c * c for k in kernels) * pixels
        head = (c + 1) * len(task.classes)
        return params + 2 * c + head, macs + head


def _check(task: Task) -> None:
    if not task.is_image or task.input_shape[0] % 4 or task.input_shape[1] % 4:
        raise ConfigError(
            f"The space nb201 needs images whose sides are multiples of 4; got {task.name} with inputs of shape {task.input_shape}. "
            f"Choose an image task or an --image-size."
        )


@lru_cache(maxsize=16)
def _order(seed: int, n: int) -> npt.NDArray[np.int64]:
    return permutation(Stream.of_plan(seed).words(n, Purpose.SAMPLE))
