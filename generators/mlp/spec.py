"""What a run configuration and a task say to a training kernel, checked and in plain numbers."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from generators.base import Task
from generators.spaces.schedules import learning_rates
from nasbench_lc.architecture import Scalar
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Floats
from nasbench_lc.errors import ConfigError

__all__ = ["LANES", "MLPSpec", "class_weights"]

LANES = 65536
"""Dropout rates are multiples of one over this: a mask element is decided by a 16-bit lane."""

_FIXED: dict[str, Scalar] = {"optimizer": "sgd", "nesterov": False, "activation": "relu", "init": "torch-linear"}
_LOSSES = ("cross_entropy", "cross_entropy_weighted")


@dataclass(frozen=True)
class MLPSpec:
    """One multilayer perceptron and how it is trained; a pure function of the run and of the shape of its task.

    Arguments:
        inputs: Features of a row.
        widths: Units of each hidden layer.
        classes: Outputs.
        rates: Dropout of each hidden layer in units of 1/65536; 65536 drops every unit.
        batch_size: Rows of a step; the last step of an epoch has what is left.
        lr: The learning rate of each epoch, `T` numbers.
        momentum: As in torch.optim.SGD.
        weight_decay: As in torch.optim.SGD; biases decay too.
        weighted: Whether the loss that is minimised weighs classes inversely to their share of the training rows.
        seed: Keys the random streams.
        epochs: `T`.
        branch: Which of several continuations of one run this is; 0 is the run itself.
        branch_epoch: After how many epochs the continuations part: they share their random numbers, and so their state, up to there.
    """

    inputs: int
    widths: tuple[int, ...]
    classes: int
    rates: tuple[int, ...]
    batch_size: int
    lr: tuple[float, ...]
    momentum: float
    weight_decay: float
    weighted: bool
    seed: int
    epochs: int
    branch: int = 0
    branch_epoch: int = 0

    @classmethod
    def of(cls, run: RunConfig, task: Task) -> "MLPSpec":
        """Read a run.

        Raises:
            ConfigError: If the task is no table, or the architecture or the recipe asks for what these kernels do not train.
        """
        if task.is_image or len(task.input_shape) != 1:
            raise ConfigError(f"An MLP needs a task of flat rows; got {task.name} with rows of shape {task.input_shape}. Choose a table.")
        for name, value in _FIXED.items():
            if run.recipe.get(name, value) != value:
                raise ConfigError(f"The recipe of an MLP must have {name} = {value}; got {run.recipe.get(name, value)}. Leave it out.")
        loss = run.recipe.get("loss", _LOSSES[0])
        if loss not in _LOSSES:
            raise ConfigError(f"The loss must be one of {', '.join(_LOSSES)}; got {loss}. Choose one of those.")
        hidden = run.architecture.nodes[1:-1]
        chain = tuple((i, i + 1) for i in range(len(hidden) + 1))
        if any(n.op != "linear" for n in hidden) or run.architecture.edges != chain:
            raise ConfigError(f"An MLP must be a chain of linear layers; got {run.architecture.json[:80]}. Sample it from the mlp space.")
        hp = run.hp
        rates = tuple(round(LANES * float(n.get("dropout_fraction", 1.0)) * hp["dropout"]) for n in hidden)
        if any(not 0 <= q <= LANES for q in rates):
            raise ConfigError(f"Dropout must lie in [0, 1]; got {hp['dropout']}. Choose a rate in it.")
        if hp["batch_size"] < 1 or hp["batch_size"] != int(hp["batch_size"]):
            raise ConfigError(f"The batch size must be a whole number from 1; got {hp['batch_size']}. Choose one.")
        return cls(
            inputs=task.input_shape[0],
            widths=run.architecture.widths,
            classes=len(task.classes),
            rates=rates,
            batch_size=min(int(hp["batch_size"]), len(task.y["train"])),
            lr=tuple(learning_rates(dict(run.recipe.settings), run.recipe.epochs, hp["lr"]).tolist()),
            momentum=hp["momentum"],
            weight_decay=hp["weight_decay"],
            weighted=loss == "cross_entropy_weighted",
            seed=run.seed,
            epochs=run.recipe.epochs,
            branch=int(run.recipe.get("branch", 0)),
            branch_epoch=int(run.recipe.get("branch_epoch", 0)),
        )

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each linear map, the output layer last."""
        sizes = (self.inputs, *self.widths, self.classes)
        return tuple(itertools.pairwise(sizes))

    @property
    def scales(self) -> tuple[float, ...]:
        """What the kept units of each hidden layer are multiplied by; 0 where none is kept."""
        return tuple(LANES / (LANES - q) if q < LANES else 0.0 for q in self.rates)

    @property
    def loss_limit(self) -> float:
        """The train loss above which a run counts as diverged, in nats."""
        return 1000 * math.log(self.classes)


def class_weights(task: Task) -> Floats:
    """The weight n / (C n_c) of each class, from the training labels; 0 for a class that has none."""
    counts = np.bincount(task.y["train"], minlength=len(task.classes))
    return np.where(counts > 0, len(task.y["train"]) / (len(task.classes) * np.maximum(counts, 1)), 0.0)
