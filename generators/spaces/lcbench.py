"""The perceptron space of LCBench (Zimmer, Lindauer and Hutter, "Auto-PyTorch Tabular", arXiv:2006.13799), search space 1."""

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
    round_float,
    sampled_dropout,
    sampled_momentum,
    uniform_integer,
)
from generators.spaces.schedules import schedule_factors
from nasbench_lc.architecture import Architecture, Node, Scalar

__all__ = ["LCBenchMLPSpace", "funnel"]

#: Auto-PyTorch computes the funnel of dropouts in thousandths of max_dropout.
DROPOUT_UNITS = 1000
#: Auto-PyTorch builds no dropout layers up to this max_dropout.
DROPOUT_OFF = 0.05


def funnel(inputs: int, outputs: int, top: int, layers: int) -> list[int]:
    """Widths of Auto-PyTorch's funnel, the output last: m, m - s, m - 2s ..., outputs.

    m is `max(inputs, top)` and s is `int((m - outputs) / (layers - 1))`, at least 0. `layers` counts the output layer.
    """
    first = max(inputs, top)
    step = max(0, int((first - outputs) / max(1, layers - 1)))
    return [*(first - i * step for i in range(layers - 1)), outputs]


@final
class LCBenchMLPSpace(Space):
    """Funnel-shaped perceptrons, trained as LCBench trains them.

    A sample reads 7 words of its stream. Which word is which quantity is part of the format:

    ====  =======================================================
    word  quantity
    ====  =======================================================
    0     num_layers, uniform 1..5; it counts the output layer, so 1 is softmax regression
    1     max_units, log-uniform 64..1024
    2     batch_size, log-uniform 16..512
    3     lr, log-uniform 1e-4..1e-1
    4     weight_decay, uniform 1e-5..1e-1
    5     max_dropout, uniform 0..1
    6     momentum, uniform 0.1..0.99
    ====  =======================================================

    The hidden widths are :func:`funnel` of the task's inputs and classes, so an architecture belongs to a task. The dropout of a hidden
    layer is its `dropout_fraction` times `hp["dropout"]`: the attribute is the same funnel from 1 to 0 in thousandths (1, 0.667, 0.334
    where num_layers is 4), and `hp["dropout"]` is max_dropout, or 0 where max_dropout is 0.05 or less. Order Linear, ReLU, dropout.

    The loss that is minimised is `cross_entropy_weighted`: class c has the weight n / (C n_c), where n_c of the n training rows are in
    class c and C is the number of classes, and a batch is averaged as by torch's ``CrossEntropyLoss(weight)``: divided by the sum of its rows'
    weights. The stored losses weigh no class, see :mod:`generators.mlp.reference`.

    The rate is a cosine from lr down to 1e-8, changed once per epoch: epoch t of T has `1e-8 + (lr - 1e-8) (1 + cos(pi (t - 1) / T)) / 2`,
    which is torch's ``CosineAnnealingLR(T_max=T, eta_min=1e-8)`` stepped after each epoch. LCBench has T = 50, the default number of epochs
    here; another number of epochs stretches the cosine to end with the run.

    Where this differs from LCBench: the published table has no run of 5 layers (LCBench issue 4), this space has; its split is unknown.

    Arguments:
        momentum: One momentum for all runs in place of the sampled one; no other quantity changes with it.

    Raises:
        ConfigError: If the momentum is not in [0, 1).
    """

    name = "lcbench-mlp"
    default_epochs = 50

    def __init__(self, momentum: float | None = None) -> None:
        check_momentum(momentum)
        self.momentum = momentum

    def sample(self, seed: int, index: int, task: Task) -> tuple[Architecture, dict[str, float]]:
        """See :meth:`Space.sample`; the widths depend on the task's inputs and classes."""
        require_table(self.name, task)
        u = draw(seed, index, 7).tolist()
        layers = uniform_integer(u[0], 1, 5)
        units = funnel(task.input_shape[0], len(task.classes), log_integer(u[1], 64, 1024), layers)
        fractions = funnel(0, 0, DROPOUT_UNITS, layers)
        hidden = [
            Node.of("linear", dropout_fraction=round_float(f / DROPOUT_UNITS), units=w)
            for w, f in zip(units[:-1], fractions[:-1], strict=True)
        ]
        dropout = sampled_dropout(u[5])
        hp = {
            "batch_size": float(log_integer(u[2], 16, 512)),
            "dropout": dropout if dropout > DROPOUT_OFF else 0.0,
            "lr": log_real(u[3], 1e-4, 1e-1),
            "momentum": sampled_momentum(u[6], self.momentum),
            "weight_decay": linear(u[4], 1e-5, 1e-1),
        }
        return chain(self.name, hidden), hp

    def settings(self, task: Task, epochs: int) -> dict[str, Scalar]:
        """See :meth:`Space.settings`; `cosine_t_max` is the number of epochs."""
        fixed = {} if self.momentum is None else {"fixed_momentum": float(self.momentum)}
        cosine = {"schedule": "cosine", "cosine_t_max": epochs, "cosine_eta_min": 1e-8}
        return {**TORCH_SGD, **cosine, "loss": "cross_entropy_weighted", **fixed}

    def schedule(self, epochs: int) -> npt.NDArray[np.float64]:
        """The cosine factor; the exact rate of an epoch, with its floor of 1e-8, is :func:`generators.spaces.schedules.learning_rates`."""
        return schedule_factors({"schedule": "cosine", "cosine_t_max": epochs}, epochs)

    def group(self, architecture: Architecture) -> str:
        """The key: two width vectors are two functions."""
        return architecture.key

    def constant(self, architecture: Architecture) -> None:
        """None: every perceptron reads its input. See :meth:`Space.constant`."""

    def size(self, architecture: Architecture, task: Task) -> tuple[int, int]:
        """See :meth:`Space.size`."""
        return chain_size(architecture, task)
