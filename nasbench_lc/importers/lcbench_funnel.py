"""What LCBench's JSON leaves out: how many inputs and classes a task has, and with them the widths of its funnels."""

from collections.abc import Collection

import numpy as np

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.importers.graphs import chain

__all__ = ["MAX_CLASSES", "MAX_INPUTS", "funnel", "funnel_graph", "infer_task"]

MAX_INPUTS, MAX_CLASSES = 20_000, 400
"""The largest task that :func:`infer_task` looks for; LCBench's have at most 355 classes."""


def funnel(inputs: int, classes: int, top: int, layers: int) -> list[int]:
    """Widths of Auto-PyTorch's funnel (`shapedmlpnet.py`, commit f2e6d52f), the output last: m, m - s, m - 2s ..., classes.

    m is ``max(inputs, top)`` and s is ``int((m - classes) / (layers - 1))``, at least 0. `layers` counts the output layer.
    """
    first = max(inputs, top)
    step = max(0, int((first - classes) / max(1, layers - 1)))
    return [*(first - i * step for i in range(layers - 1)), classes]


def funnel_graph(inputs: int, classes: int, top: int, layers: int) -> Architecture:
    """The perceptron as our own space `lcbench-mlp` has it: a node per hidden layer, with its units and its share of max_dropout."""
    units, shares = funnel(inputs, classes, top, layers)[:-1], funnel(0, 0, 1000, layers)[:-1]
    hidden = [
        Node.of("linear", dropout_fraction=float(f"{share / 1000:.15g}"), units=width) for width, share in zip(units, shares, strict=True)
    ]
    return chain("lcbench-mlp", hidden, "-".join(map(str, units)) or "linear")


def infer_task(sizes: Collection[tuple[int, int, int]]) -> tuple[int, int] | None:
    """(inputs, classes) of the task, the only pair under which every network has as many parameters as the source says; None if there is none.

    Arguments:
        sizes: (layers, max_units, parameters) of every run.
    """
    inputs = np.arange(1, MAX_INPUTS + 1, dtype=np.int64)
    first, *rest = sorted(set(sizes))
    found: list[tuple[int, int]] = []
    for classes in range(2, MAX_CLASSES + 1):
        layers, top, stated = first
        fits = inputs[_parameters(inputs, classes, top, layers) == stated]
        for layers, top, stated in rest:
            if not len(fits):
                break
            fits = fits[_parameters(fits, classes, top, layers) == stated]
        found += [(int(i), classes) for i in fits]
    return found[0] if len(found) == 1 else None


def _parameters(
    inputs: np.ndarray[tuple[int], np.dtype[np.int64]], classes: int, top: int, layers: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    first = np.maximum(inputs, top)
    step = np.maximum(0, (first - classes) // max(1, layers - 1))
    before, count = inputs, np.zeros_like(inputs)
    for width in [*(first - i * step for i in range(layers - 1)), np.full_like(inputs, classes)]:
        count = count + (before + 1) * width
        before = width
    return count
