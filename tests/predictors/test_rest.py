import numpy as np
import pytest

from predictors.forest import ForestConfig
from predictors.rest import staying
from predictors.table import Table


@pytest.mark.parametrize(("stayed", "share"), [(0, 0.0), (5, 0.0), (6, 0.5), (7, 1.0), (10, 1.0)])
def test_the_share_of_like_curves_that_stayed_decides(stayed: int, share: float) -> None:
    """Two kinds of curves that features tell apart: of the first some stayed, of the second none."""
    train = np.repeat([[0.0], [1.0]], 10, axis=0)
    before = np.full(20, 0.4)
    future = np.full((20, 3), 0.4)
    future[stayed:] += [0.0, 0.1, 0.5]
    table = Table(train, np.array([[0.0], [1.0]]), future, before, np.full(2, 0.4))
    np.testing.assert_allclose(staying(table, ForestConfig(trees=10)), [share, 0.0], atol=1e-12)


def test_a_curve_stayed_that_moved_little_and_never_far() -> None:
    train, before = np.zeros((12, 1)), np.zeros(12)
    future = np.concatenate([np.full((9, 4), 0.01), np.tile([0.0, 1.0, 1.0, 0.0], (3, 1))])
    table = Table(train, np.zeros((1, 1)), future, before, np.zeros(1))
    assert staying(table, ForestConfig(trees=5)) == pytest.approx([1.0])
    future[:9] = [0.0, 1.0, 0.0, 0.0]  # there and back again
    assert staying(table, ForestConfig(trees=5)) == pytest.approx([0.0])
