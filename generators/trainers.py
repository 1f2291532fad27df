"""Who trains the runs of which space. A new space is one line here and one in `generators.spaces.SPACES`."""

from collections.abc import Callable

from generators.base import Trainer
from generators.mlp.trainer import MLPTrainer
from generators.nb201.trainer import NB201Trainer

__all__ = ["TRAINERS"]

TRAINERS: dict[str, Callable[[], Trainer]] = {
    "mlp": MLPTrainer,
    "lcbench-mlp": MLPTrainer,
    "nb201": NB201Trainer,
}
