"""The accuracies of a user's log as fractions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasbench_lc.curves import Floats
from nasbench_lc.errors import FormatError

__all__ = ["fractions"]


def fractions(name: str, grid: Floats, runs: Sequence[str], path: Path) -> tuple[Floats, list[str]]:
    """A metric of `N` runs as fractions, and notes on what was changed.

    A metric is in percent if most of its values are above 1. A run that has nothing above 1 is then refused as one in fractions, but where it stands
    still: a network that learns nothing has such accuracies in percent too, as 1 of 100 classes.

    Arguments:
        name: The metric.
        grid: As written, `(N, T)`, at least 0, NaN where missing.
        runs: `N` names.
        path: The log.

    Raises:
        FormatError: If a value is above 100, or fractions and percent are mixed.
    """
    there = grid[~np.isnan(grid)]
    if (there > 100 + 1e-9).any():
        raise FormatError(f"The column {name} must hold fractions or percent; got {there.max():g} in {path}. Correct the column.")
    if not (there > 1 + 1e-6).any():
        return np.minimum(grid, 1.0), []
    if np.median(there) <= 1:
        raise FormatError(
            f"The column {name} must hold fractions or percent throughout; got {there.max():g} where most are at most 1 in {path}. Write fractions."
        )
    known = ~np.isnan(grid)
    low, high = np.where(known, grid, np.inf).min(1), np.where(known, grid, -np.inf).max(1)
    small = (high > 0) & (high <= 1 + 1e-6)
    still = small & (low == high) & (known.sum(1) > 1)
    if (mixed := small & ~still).any():
        i = int(mixed.argmax())
        raise FormatError(
            f"The column {name} must hold fractions or percent throughout; got nothing above {high[i]:g} in run {runs[i][:60]!r}, {there.max():g} in "
            f"another of {path}. Write fractions."
        )
    notes = [f"{name} is in percent in the log; it was divided by 100."]
    if still.any():
        i = int(still.argmax())
        notes.append(f"{name} never changes in {still.sum()} runs, such as {runs[i][:60]} at {high[i]:g}; that was read as percent too.")
    return grid / 100, notes
