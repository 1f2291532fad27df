"""What all multilayer perceptrons share: a chain of linear maps."""

import itertools
from collections.abc import Sequence

from generators.base import Task
from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.errors import ConfigError

__all__ = ["TORCH_SGD", "chain", "chain_size", "require_table"]

#: The settings that both perceptron recipes have; `init` is what torch.nn.Linear does: weight and bias uniform in +-1/sqrt(fan_in).
TORCH_SGD: dict[str, str | int | bool] = {
    "activation": "relu",
    "init": "torch-linear",
    "nesterov": False,
    "optimizer": "sgd",
    "streams": 1,
}


def chain(space: str, hidden: Sequence[Node]) -> Architecture:
    """Input, hidden nodes, output, each joined to the next; the output node is the linear map to the classes.

    The string lists the widths, such as ``"64-128-32"``; without hidden layers it is ``"linear"``.
    """
    nodes = (Node("input"), *hidden, Node("output"))
    widths = "-".join(str(node.get("units", 0)) for node in hidden)
    return Architecture(space, nodes, tuple((i, i + 1) for i in range(len(nodes) - 1)), widths or "linear")


def chain_size(architecture: Architecture, task: Task) -> tuple[int, int]:
    """(weights and biases, multiply-accumulate operations of one forward pass of one row)."""
    widths = (task.input_shape[0], *architecture.widths, len(task.classes))
    macs = sum(a * b for a, b in itertools.pairwise(widths))
    return macs + sum(widths[1:]), macs


def require_table(space: str, task: Task) -> None:
    """A perceptron reads tables.

    Raises:
        ConfigError: If the task has images.
    """
    if task.is_image:
        raise ConfigError(f"The task of the space {space} must be a table; got the images of {task.name}. Take the space nb201 for images.")
