"""Extremely randomised trees over whole futures."""

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from nasbench_lc.curves import Floats

__all__ = ["forest_weights", "weighted_future"]


def forest_weights(train: Floats, query: Floats, target: Floats, trees: int, leaf: int, features: float, seed: int) -> Floats:
    """How much each training row counts for each query in a forest's mean, shape `(N, n)`, rows summing to 1.

    The forest is grown on the leading principal components of the futures. Variance reduction does not change under rotation, so this is the
    forest on the futures themselves, at a cost that does not grow with the horizon.

    Arguments:
        train: Features, shape `(n, F)`.
        query: Features, shape `(N, F)`.
        target: Futures, shape `(n, H)`.
        trees: Number of trees.
        leaf: Fewest training rows in a leaf.
        features: The fraction of features tried at each split.
        seed: Of the forest.
    """
    centred = target - target.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    keep = max(int((np.cumsum(s**2) < 0.999 * (s**2).sum()).sum()) + 1, 1)
    forest = ExtraTreesRegressor(trees, min_samples_leaf=leaf, max_features=features, random_state=seed, n_jobs=1)
    scores = u[:, :keep] * s[:keep]
    forest.fit(train, scores[:, 0] if keep == 1 else scores)
    here, there = forest.apply(query), forest.apply(train)
    weights = np.zeros((len(query), len(train)))
    for tree in range(trees):
        share = 1.0 / np.bincount(there[:, tree])[there[:, tree]]
        weights += (here[:, tree][:, None] == there[:, tree]) * share
    return weights / trees


def weighted_future(weights: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the futures `(n, H)` under weights `(N, n)`: two arrays of shape `(N, H)`."""
    mean = weights @ target
    return mean, np.sqrt(np.maximum(weights @ target**2 - mean**2, 0.0))
