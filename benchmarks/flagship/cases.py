"""Which curves the models are compared on."""

from dataclasses import dataclass
from pathlib import Path

from nasbench_lc.curves import CurveSet
from nasbench_lc.dataset import CurveDataset

__all__ = ["ALL_CELLS", "CASES", "FETCHED", "FRESH", "OBSERVE", "Case"]

OBSERVE = (0, 1, 2, 5, 10, 20)
LEAST_HORIZON = 10
"""So many epochs at least are forecast."""


@dataclass(frozen=True)
class Case:
    """One metric of one dataset.

    Arguments:
        name: As the tables call it.
        file: In the folder of the datasets that ship, or in the one of imports.
        metric: What is forecast.
        train_size: How many runs train and valid hold together; None for all that the split leaves.
    """

    name: str
    file: str
    metric: str
    train_size: int | None = None

    def path(self, folders: tuple[Path, ...]) -> Path | None:
        """Where its file is; None where no folder has it."""
        return next((f / self.file for f in folders if (f / self.file).exists()), None)

    def curves(self, folders: tuple[Path, ...]) -> CurveSet | None:
        """All curves; None where no folder has the file."""
        path = self.path(folders)
        return None if path is None else CurveDataset(path).curves(self.metric)

    def observe(self, epochs: int) -> tuple[int, ...]:
        """The prefixes that leave a horizon of at least 10 epochs."""
        return tuple(k for k in OBSERVE if k + LEAST_HORIZON <= epochs)


CASES = (
    Case("spikenas val_acc", "spikenas.h5", "val_acc", 400),
    Case("lcbench val_loss", "lcbench.h5", "val_loss"),
    Case("mlp-car test_loss", "mlp-car.h5", "test_loss"),
    Case("mlp-segment test_loss", "mlp-segment.h5", "test_loss"),
    Case("baker val_acc", "baker.h5", "val_acc"),
    Case("klein val_acc", "klein.h5", "val_acc"),
    Case("spikenas val_loss", "spikenas.h5", "val_loss", 400),
    Case("lcbench val_acc", "lcbench.h5", "val_acc"),
    Case("mlp-car test_acc", "mlp-car.h5", "test_acc"),
    Case("mlp-segment test_acc", "mlp-segment.h5", "test_acc"),
)
FRESH = tuple(
    Case(f"{task} {metric}", f"lcbench-mlp-{task}.h5", metric)
    for metric in ("val_loss", "val_acc")
    for task in ("vehicle", "credit-g", "kc1", "kr-vs-kp")
)
"""Perceptrons on tables, by our own generator, made when all else had been chosen: nothing was chosen on these losses, and of the accuracies only when
a run is at rest (predictors/rest.py, on other splits)."""
FETCHED = (
    Case("svhn val_acc", "baker-svhn.h5", "val_acc"),
    Case("resnets-cifar10 val_acc", "resnets-cifar10.h5", "val_acc"),
    Case("resnets-tinyimagenet val_acc", "resnets-tinyimagenet.h5", "val_acc"),
    Case("alexnet-imagenet val_acc", "alexnet-imagenet.h5", "val_acc"),
    Case("lstm-ptb val_loss", "lstm-ptb.h5", "val_loss"),
)
"""What else Baker et al. have published, fetched when all else had been chosen: nothing was chosen on it but what becomes of collapsed runs
(predictors/collapsed.py, on other splits)."""
ALL_CELLS = Case("spikenas val_acc, all cells", "spikenas.h5", "val_acc")
"""More curves to learn from than any other case has."""
