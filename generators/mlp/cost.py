"""How long a run is expected to take in either kernel, and which kernel trains it.

The constants come from measurements on one machine (AMD Zen 4, one thread, float32) and are frozen: they decide the kernel, and with
it the last bits of a curve. Later fits (``benchmarks/calibrate.py``) differ; the decisions that follow from them would save 1 % of the
time of networks of at most 128 units.
"""

import itertools
import math
from typing import NamedTuple

from generators.mlp.memory import padded
from generators.mlp.spec import MLPSpec

__all__ = ["GROUP", "Shape", "fused_features", "fused_seconds", "fused_shape", "lean_features", "lean_seconds"]

GROUP = 8
"""The size of group that a run is assumed to be fused in."""

_COLUMNS = (32, 64, 128)
_ROWS = (16, 32, 64)
_SCALE_LIMIT = 2.0**32

_LEAN = (3.0e-4, 8e-6, 13e-6, 1 / 85e9, 0.35e-9, 2.0e-9)
_FUSED = (1.0e-4, 3e-6, 4.0e-6, 1 / 60e9, 0.5e-9, 2.0e-9)


class Shape(NamedTuple):
    """The padded shape of a network in a fused group; networks of one shape share a group.

    Arguments:
        depth: Hidden layers.
        columns: Units of every hidden layer, the column of ones included.
        rows: Rows of a step.
        inputs: Features.
        classes: Outputs.
        epochs: `T`.
        weighted: Whether the loss weighs classes.
    """

    depth: int
    columns: int
    rows: int
    inputs: int
    classes: int
    epochs: int
    weighted: bool


def fused_shape(spec: MLPSpec, rows: int, evaluated: int) -> Shape | None:
    """The shape in which a run is trained among others, or None where it is trained alone: what is expected to take less time.

    Alone also where the fused kernel's numbers would be in danger: a learning rate that reaches 0, or dropout near 1 in many layers.

    Arguments:
        spec: The run.
        rows: Training rows.
        evaluated: Rows of all other parts.
    """
    columns = next((c for c in _COLUMNS if spec.widths and max(spec.widths) < c), None)
    batch = next((r for r in _ROWS if spec.batch_size <= r), None)
    if columns is None or batch is None or min(spec.lr) <= 0 or math.prod(s or 1.0 for s in spec.scales) > _SCALE_LIMIT:
        return None
    shape = Shape(len(spec.widths), columns, batch, spec.inputs, spec.classes, spec.epochs, spec.weighted)
    faster = fused_seconds(spec, shape, rows, evaluated) < lean_seconds(spec, rows, evaluated)
    return shape if faster else None


def lean_seconds(spec: MLPSpec, rows: int, evaluated: int) -> float:
    """Expected seconds of one core for a whole run in the lean kernel."""
    return spec.epochs * math.fsum(a * b for a, b in zip(_LEAN, lean_features(spec, rows, evaluated), strict=True))


def fused_seconds(spec: MLPSpec, shape: Shape, rows: int, evaluated: int) -> float:
    """Expected seconds of one core for a run's part of a fused group of GROUP networks."""
    return spec.epochs * math.fsum(a * b for a, b in zip(_FUSED, fused_features(spec, shape, rows, evaluated), strict=True))


def lean_features(spec: MLPSpec, rows: int, evaluated: int) -> tuple[float, ...]:
    """What an epoch's time is linear in: 1, steps, steps times hidden layers, operations of the products, parameters moved, mask elements."""
    steps = -(-rows // spec.batch_size)
    macs = sum(a * b for a, b in spec.layers)
    drawn = sum(w for w, q in zip(spec.widths, spec.rates, strict=True) if q)
    return 1.0, steps, steps * len(spec.widths), (6 * rows + 2 * evaluated) * macs, steps * macs, rows * (drawn + sum(spec.widths) / 4)


def fused_features(spec: MLPSpec, shape: Shape, rows: int, evaluated: int) -> tuple[float, ...]:
    """The same for the padded shape; its steps cost each network a part of a call only."""
    steps = -(-rows // spec.batch_size)
    sizes = [padded(shape.inputs + 1, 8), *[shape.columns] * shape.depth, shape.classes]
    macs = sum(a * b for a, b in itertools.pairwise(sizes))
    drawn = sum(w for w, q in zip(spec.widths, spec.rates, strict=True) if q)
    padding = steps * shape.rows * shape.columns * shape.depth / 4
    return 1.0, steps, steps * shape.depth, (6 * steps * shape.rows + 2 * evaluated) * macs, steps * macs, rows * drawn + padding
