"""What ran on two tasks."""

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import CurveSet

__all__ = ["Rows", "shared_runs"]

Rows = npt.NDArray[np.int64]


def shared_runs(one: CurveSet, other: CurveSet) -> list[tuple[Rows, Rows]]:
    """For every configuration (architecture and hyperparameters) of which both have runs, its rows in the one and in the other.

    Arguments:
        one: `N` curves.
        other: `M` curves with the same hyperparameters, in the same order (see :func:`evaluation.transfer.aligned`).

    Returns:
        Pairs of rows, in the order in which `other` has the configurations.
    """
    ours, theirs = _rows(one), _rows(other)
    return [(ours[key], rows) for key, rows in theirs.items() if key in ours]


def _rows(curves: CurveSet) -> dict[tuple[str, tuple[str, ...]], Rows]:
    """The rows of every configuration; hyperparameters count to six digits, since files may hold them in single precision."""
    found: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for i, (architecture, values) in enumerate(zip(curves.architectures, curves.hyperparameters, strict=True)):
        found.setdefault((architecture.key, tuple(f"{v:.6g}" for v in values)), []).append(i)
    return {key: np.array(rows) for key, rows in found.items()}
