"""How far runs whose accuracy is at rest are forecast to stay where they are.

A network that answers one class, whatever it is shown, has one accuracy, epoch after epoch. It may be dead, or start in the end. Networks that forecast
have met few of these runs and let the next one rise a little either way, and twice a dead run's accuracy is a large error. Trees count: a run that
is like others of which most stayed will stay, by the median of what may come. A loss has no such rest, it drifts.
"""

import numpy as np

from nasbench_lc.curves import Floats
from predictors.forest import ForestConfig, forest_weights
from predictors.table import Table

__all__ = ["staying"]

STAYED = 0.3
"""A curve stayed that never moved further from where it was last seen, in standard deviations of all futures."""
HALF, MOST = 0.5, 0.7
"""Shares of like curves that stayed: up to half the forecast is left alone, from the other on it is the last value. All three were chosen on split seeds
100 to 102 of eight accuracies, four of them of perceptrons on tables that nothing else was chosen on."""


def staying(table: Table, config: ForestConfig) -> Floats:
    """How much of the way from another forecast to its last value each run asked for goes, 0 to 1, shape `(N,)`.

    Arguments:
        table: The training curves, and runs at rest.
        config: Of the forest that likens them.
    """
    stayed = np.abs(table.change).max(1) <= STAYED * table.future.std()
    share = forest_weights(table.train, table.query, table.change, config) @ stayed
    return ((share - HALF) / (MOST - HALF)).clip(0, 1)
