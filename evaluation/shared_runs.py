"""What ran on two tasks."""

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import CurveSet

__all__ = ["shared_runs"]

Rows = npt.NDArray[np.int64]


def shared_runs(one: CurveSet, other: CurveSet) -> tuple[Rows, Rows]:
    """All pairs of a run of one task and a run of the other with the same architecture and hyperparameters.

    Arguments:
        one: `N` curves.
        other: `M` curves with the same hyperparameters, in the same order (see :func:`evaluation.transfer.aligned`).

    Returns:
        The rows in `one` and those in `other`, of equal length, in the order of `other`.
    """
    rows: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for i, key in enumerate(_configurations(one)):
        rows.setdefault(key, []).append(i)
    pairs = [(i, j) for j, key in enumerate(_configurations(other)) for i in rows.get(key, ())]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _configurations(curves: CurveSet) -> list[tuple[str, tuple[str, ...]]]:
    """What was trained; hyperparameters to six digits, since files may hold them in single precision."""
    return [(a.key, tuple(f"{v:.6g}" for v in row)) for a, row in zip(curves.architectures, curves.hyperparameters, strict=True)]
