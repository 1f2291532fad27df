"""Complete settings of `generate` by name. A new preset is one line in `PRESETS`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nasbench_lc.architecture import Scalar

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """One dataset that anybody can make again.

    Arguments:
        space: A name in `generators.spaces.SPACES`.
        task: A name in `generators.tasks.TASKS`.
        n: How many samples of the space.
        repeats: How many runs of each sample, with different seeds.
        epochs: `T`, the epochs of every run.
        seed: The master seed.
        space_options: Keyword arguments of the space's class.
        task_options: Further keyword arguments of `generators.tasks.load_task`.
    """

    space: str
    task: str
    n: int
    epochs: int
    repeats: int = 1
    seed: int = 0
    space_options: Mapping[str, Scalar] = field(default_factory=dict)
    task_options: Mapping[str, Scalar] = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    # What a bare `generate` makes.
    "quick-mlp-car": Preset("mlp", "car-binary", n=200, epochs=100),
    # The perceptron datasets of arXiv:2412.15554: binary labels, no validation split.
    "mlp-car": Preset("mlp", "car-binary", n=550, epochs=200),
    "mlp-segment": Preset("mlp", "segment-binary", n=550, epochs=200),
    # NAS-Bench-201's own recipe and splits.
    "nb201-cifar10": Preset("nb201", "cifar10-valid", n=1000, epochs=200),
    "nb201-cifar100": Preset("nb201", "cifar100-valid", n=1000, epochs=200),
    # The same space and recipe, small enough for two CPU cores: 16x16 pixels, 8 channels, one cell in each stage.
    "nb201-cifar10-small": Preset("nb201", "cifar10-small", n=300, epochs=50, space_options={"channels": 8, "cells": 1}),
    "nb201-cifar100-small": Preset("nb201", "cifar100-small", n=150, epochs=50, space_options={"channels": 8, "cells": 1}),
}
