"""The perceptron space of the LC-GODE paper (arXiv:2412.15554, supplement, Table 1)."""

from typing import final

import numpy as np
import numpy.typing as npt

from generators.base import Space, Task
from generators.spaces.chain import TORCH_SGD, chain, chain_size, require_table
from generators.spaces.sampling import (
    check_momentum,
    draw,
    linear,
    log_integer,
    log_real,
    sampled_dropout,
    sampled_momentum,
    uniform_integer,
)
from generators.spaces.schedules import schedule_factors
from nasbench_lc.architecture import Architecture, Node, Scalar

__all__ = ["MLPSpace"]

MAX_LAYERS = 5
SCHEDULE: dict[str, str | int | float] = {"schedule": "step", "step_every": 80, "step_factor": 0.5}


@final
class MLPSpace(Space):
    """Perceptrons of 1 to 5 hidden layers, each layer of its own width.

    A sample reads 11 words of its stream. Which word is which quantity is part of the format:

    ====  =======================================================
    word  quantity
    ====  =======================================================
    0     number of hidden layers, uniform 1..5
    1-5   units of layer 1..5, log-uniform 16..1024, as many as there are layers
    6     batch_size, log-uniform 16..512
    7     lr, log-uniform 1e-4..1e-1
    8     weight_decay, uniform 1e-5..1e-1
    9     dropout, uniform 0..1 (at most 0.999999), the same after every hidden layer
    10    momentum, uniform 0.1..0.99
    ====  =======================================================

    The supplement prints "batch size" twice and counts four sampled floats; LCBench (arXiv:2006.13799), whose table it follows, has
    momentum in that place: that is our reading. Training is SGD without Nesterov momentum, the learning rate halved every 80 epochs
    (epochs 1 to 80 have the full rate), 200 epochs; order Linear, ReLU, dropout.

    Arguments:
        momentum: One momentum for all runs in place of the sampled one; no other quantity changes with it. 0 is plain SGD.

    Raises:
        ConfigError: If the momentum is not in [0, 1).
    """

    name = "mlp"
    default_epochs = 200

    def __init__(self, momentum: float | None = None) -> None:
        check_momentum(momentum)
        self.momentum = momentum

    def sample(self, seed: int, index: int, task: Task) -> tuple[Architecture, dict[str, float]]:
        """See :meth:`Space.sample`; the same for every table."""
        require_table(self.name, task)
        u = draw(seed, index, 6 + MAX_LAYERS).tolist()
        layers = uniform_integer(u[0], 1, MAX_LAYERS)
        hidden = [Node.of("linear", units=log_integer(u[1 + i], 16, 1024)) for i in range(layers)]
        hp = {
            "batch_size": float(log_integer(u[6], 16, 512)),
            "dropout": sampled_dropout(u[9]),
            "lr": log_real(u[7], 1e-4, 1e-1),
            "momentum": sampled_momentum(u[10], self.momentum),
            "weight_decay": linear(u[8], 1e-5, 1e-1),
        }
        return chain(self.name, hidden), hp

    def settings(self, task: Task, epochs: int) -> dict[str, Scalar]:
        """See :meth:`Space.settings`; the same for every table and length. `fixed_momentum` stands there only where one is fixed."""
        fixed = {} if self.momentum is None else {"fixed_momentum": float(self.momentum)}
        return {**TORCH_SGD, **SCHEDULE, "loss": "cross_entropy", **fixed}

    def schedule(self, epochs: int) -> npt.NDArray[np.float64]:
        """Halved every 80 epochs."""
        return schedule_factors(SCHEDULE, epochs)

    def group(self, architecture: Architecture) -> str:
        """The key: two width vectors are two functions."""
        return architecture.key

    def constant(self, architecture: Architecture) -> None:
        """None: every perceptron reads its input. See :meth:`Space.constant`."""

    def size(self, architecture: Architecture, task: Task) -> tuple[int, int]:
        """See :meth:`Space.size`."""
        return chain_size(architecture, task)
