"""Which architectures are extreme: depths of small graphs by hand, deciles with ties and gaps."""

import numpy as np
import pytest

from evaluation.extremes import depth, extremes
from nasbench_lc.architecture import Architecture, Node


def graph(ops: str, edges: str) -> Architecture:
    nodes = tuple(Node(op) for op in ("input", *ops.split(), "output"))
    return Architecture("toy", nodes, tuple((int(a), int(b)) for a, b in edges.split()))


@pytest.mark.parametrize(
    ("ops", "edges", "layers"),
    [
        ("", "01", 0),
        ("linear linear", "01 12 23", 2),
        ("conv skip_connect conv", "01 02 13 23 34", 2),
        ("skip_connect conv", "01 02 13 23", 1),
        ("conv none conv", "01 02 12 14 23 34", 1),
        ("none", "01 12", 0),
    ],
)
def test_depth_is_the_longest_path_that_passes_something_on(ops: str, edges: str, layers: int) -> None:
    assert depth(graph(ops, edges)) == layers


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        (range(20), [0, 1, 18, 19]),
        ([3] * 4 + [1] * 3 + [5] * 3, [4, 5, 6, 7, 8, 9]),
        ([2, *[1] * 18, 0], [0, 19]),
        ([1] * 5, []),
        ([np.nan, 1, 2, 3], [1, 3]),
        ([np.nan] * 3, []),
        ([], []),
    ],
)
def test_the_outer_tenths(values: list[float], rows: list[int]) -> None:
    assert np.flatnonzero(extremes(np.array(list(values), dtype=np.float64))).tolist() == rows
