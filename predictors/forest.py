"""Extremely randomised trees over whole futures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.tree import ExtraTreeRegressor

from nasbench_lc.curves import Floats
from nasbench_lc.pool import threads
from predictors.options import Options, number
from predictors.table import Table

__all__ = ["SMALL", "Forest", "ForestConfig", "forest_forecast", "forest_weights", "grown", "leaves_of", "weighted_future"]

Leaves = npt.NDArray[np.int64]

CALM = 0.01
"""The least spread of a forecast, on the scale."""
SMALL = 150
"""Below so many training rows one thread grows a forest sooner than two."""
REMEMBERED = 16
"""How many forests are kept grown: those of a few prefix lengths."""


@dataclass(frozen=True)
class ForestConfig(Options):
    """Hyperparameters of a forest.

    Arguments:
        trees: Number of trees of each forest.
        leaf: Fewest training curves in a leaf.
        features: The fraction of features tried at each split.
        seed: Of the forest.
    """

    trees: int = number(100, 1, 100_000)
    leaf: int = number(2, 1, 1_000_000)
    features: float = number(0.5, 1e-6, 1.0)
    seed: int = number(0, 0, 2**62)


def forest_forecast(table: Table, config: ForestConfig, familiar: Floats | None = None) -> tuple[Floats, Floats]:
    """What two forests say of the curves asked for, and how far off that may be: two arrays of shape `(N, H)`, on the scale.

    One averages how far training curves moved from where they were last seen, the other where they went. The first is right where curves hardly move any
    more or a curve is unlike those in training, the second where curves of one kind meet whatever their beginning; their mean is as good as the better of
    the two on most data, and better on some. With nothing observed they are one forest.

    Arguments:
        table: The training curves and those asked for.
        config: Of both forests.
        familiar: From 1, the mean of the two, to 0, the first alone, shape `(N,)`; None for 1.
    """
    change, off = weighted_future(forest_weights(table.train, table.query, table.change, config), table.change)
    moved = table.start[:, None] + change
    if not (table.before.any() or table.start.any()):
        return moved, off + CALM
    level, spread = weighted_future(forest_weights(table.train, table.query, table.future, config), table.future)
    share = 0.5 if familiar is None else 0.5 * familiar[:, None]
    apart = level - moved
    return moved + share * apart, np.sqrt((1 - share) * off**2 + share * spread**2 + share * (1 - share) * apart**2) + CALM


def forest_weights(train: Floats, query: Floats, target: Floats, config: ForestConfig) -> Floats:
    """How much each training row counts for each query in a forest's mean, shape `(N, n)`, rows summing to 1.

    Arguments:
        train: Features, shape `(n, F)`.
        query: Features, shape `(N, F)`.
        target: Futures, shape `(n, H)`.
        config: Of the forest.
    """
    return grown(Matrix.of(train), Matrix.of(target - target.mean(0)), config).weights(query)


def weighted_future(weights: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the futures `(n, H)` under weights `(N, n)`: two arrays of shape `(N, H)`."""
    mean = weights @ target
    return mean, np.sqrt(np.maximum(weights @ target**2 - mean**2, 0.0))


@dataclass(frozen=True)
class Matrix:
    """Numbers `(n, F)` that are equal to others by what they are, so that a memory can be asked for them."""

    content: bytes
    shape: tuple[int, ...]

    @classmethod
    def of(cls, values: Floats) -> "Matrix":
        return cls(values.tobytes(), values.shape)

    @property
    def values(self) -> Floats:
        return np.frombuffer(self.content, dtype=np.float64).reshape(self.shape)


class Forest:
    """Grown trees that know which training rows lie in their leaves.

    Few rows share a leaf, so what rows count is a sparse product: the leaves of queries by trees, times what each training row is of those in a leaf.

    Arguments:
        trees: Those of a forest.
        there: The leaf of every training row in every tree, shape `(n, trees)`.
    """

    def __init__(self, trees: Sequence[ExtraTreeRegressor], there: Leaves) -> None:
        n, count = there.shape
        leaves = 1 + there.max()  # a tree numbers its nodes, and every leaf holds a training row
        self._trees, self._first, self._leaves = trees, leaves * np.arange(count), count * leaves
        column, row = (there + self._first).ravel(), np.repeat(np.arange(n), count)
        self._shares = csr_array((1.0 / np.bincount(column)[column], (column, row)), (self._leaves, n))

    def weights(self, query: Floats) -> Floats:
        """The mean over trees of what each training row is of those in a query's leaf: shape `(N, n)` of queries `(N, F)`."""
        here = leaves_of(self._trees, query) + self._first
        count = len(self._first)
        asked = csr_array((np.ones(here.size), here.ravel(), count * np.arange(len(here) + 1)), (len(here), self._leaves))
        total: Any = asked @ self._shares  # scipy's annotations do not tell that it is sparse
        return total.toarray() / count


def leaves_of(trees: Sequence[ExtraTreeRegressor], rows: Floats) -> Leaves:
    """The leaf of every row `(N, F)` in every tree, shape `(N, trees)`: what the forest's own `apply` says, which checks the rows once for every tree."""
    single = np.ascontiguousarray(rows, dtype=np.float32)
    return np.stack([tree.tree_.apply(single) for tree in trees], axis=1)


@lru_cache(maxsize=REMEMBERED)
def grown(train: Matrix, target: Matrix, config: ForestConfig) -> Forest:
    """The forest of training rows `(n, F)` and futures around their mean `(n, H)`.

    From memory where a model is asked again from prefixes of the same length.
    It is grown on the leading principal components of the futures. Variance reduction does not change under rotation, so this is the forest on the
    futures themselves, at a cost that does not grow with the horizon. Trees are grown by all threads that this process may use; each has its own seed,
    so that the forest is the same. Small trees are grown before threads have begun.
    """
    rows = train.values
    u, s, _ = np.linalg.svd(target.values, full_matrices=False)
    keep = max(int((np.cumsum(s**2) < 0.999 * (s**2).sum()).sum()) + 1, 1)
    parts = u[:, :keep] * s[:keep]
    forest = ExtraTreesRegressor(
        config.trees,
        min_samples_leaf=config.leaf,
        max_features=config.features,
        random_state=config.seed % 2**32,
        n_jobs=1 if len(rows) < SMALL else threads(),
    )
    forest.fit(rows, parts if keep > 1 else parts[:, 0])
    return Forest(forest.estimators_, leaves_of(forest.estimators_, rows))
