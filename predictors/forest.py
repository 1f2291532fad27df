"""Extremely randomised trees over whole futures."""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from nasbench_lc.curves import Floats
from predictors.options import Options, number
from predictors.table import Table

__all__ = ["ForestConfig", "forest_change", "forest_weights", "weighted_future"]

CALM = 0.01
"""The least spread of a forecast, on the scale."""


@dataclass(frozen=True)
class ForestConfig(Options):
    """Hyperparameters of a forest.

    Arguments:
        trees: Number of trees.
        leaf: Fewest training curves in a leaf.
        features: The fraction of features tried at each split.
        seed: Of the forest.
    """

    trees: int = number(200, 1, 100_000)
    leaf: int = number(2, 1, 1_000_000)
    features: float = number(0.5, 1e-6, 1.0)
    seed: int = number(0, 0, 2**62)


def forest_change(table: Table, config: ForestConfig) -> tuple[Floats, Floats]:
    """How far the curves asked for will move by a forest's word, and how far off that may be: two arrays of shape `(N, H)`, on the scale."""
    mean, spread = weighted_future(forest_weights(table.train, table.query, table.change, config), table.change)
    return mean, spread + CALM


def forest_weights(train: Floats, query: Floats, target: Floats, config: ForestConfig) -> Floats:
    """How much each training row counts for each query in a forest's mean, shape `(N, n)`, rows summing to 1.

    The forest is grown on the leading principal components of the futures. Variance reduction does not change under rotation, so this is the
    forest on the futures themselves, at a cost that does not grow with the horizon.

    Arguments:
        train: Features, shape `(n, F)`.
        query: Features, shape `(N, F)`.
        target: Futures, shape `(n, H)`.
        config: Of the forest.
    """
    centred = target - target.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    keep = max(int((np.cumsum(s**2) < 0.999 * (s**2).sum()).sum()) + 1, 1)
    forest = ExtraTreesRegressor(
        config.trees, min_samples_leaf=config.leaf, max_features=config.features, random_state=config.seed % 2**32, n_jobs=1
    )
    scores = u[:, :keep] * s[:keep]
    forest.fit(train, scores[:, 0] if keep == 1 else scores)
    here, there = forest.apply(query), forest.apply(train)
    weights = np.zeros((len(query), len(train)))
    for tree in range(config.trees):
        share = 1.0 / np.bincount(there[:, tree])[there[:, tree]]
        weights += (here[:, tree][:, None] == there[:, tree]) * share
    return weights / config.trees


def weighted_future(weights: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the futures `(n, H)` under weights `(N, n)`: two arrays of shape `(N, H)`."""
    mean = weights @ target
    return mean, np.sqrt(np.maximum(weights @ target**2 - mean**2, 0.0))
