"""How long a run is expected to take; constants fitted once on one machine (AMD Zen 4, one thread, float32) and frozen."""

from generators.base import Task
from generators.mlp.spec import MLPSpec

__all__ = ["lean_seconds"]

_EPOCH = 3e-4
_STEP = 8e-6
_LAYER_STEP = 13e-6
_FLOP = 1 / 85e9
_PARAMETER_STEP = 0.35e-9
_UNIT = 2.0e-9


def lean_seconds(spec: MLPSpec, task: Task) -> float:
    """Expected seconds of one core for a whole run in the lean kernel.

    Per epoch: a constant; per step a constant and one for each layer; the operations of the matrix products; what is proportional to the
    parameters in each step; what is proportional to the hidden units in each row.
    """
    rows = len(task.y["train"])
    evaluated = sum(len(task.y[s]) for s in task.y) - rows
    steps = -(-rows // spec.batch_size)
    macs = sum(a * b for a, b in spec.layers)
    products = (6 * rows + 2 * evaluated) * macs * _FLOP
    epoch = _EPOCH + steps * (_STEP + _LAYER_STEP * len(spec.widths) + macs * _PARAMETER_STEP) + products + rows * sum(spec.widths) * _UNIT
    return spec.epochs * epoch
