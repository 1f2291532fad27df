import numpy as np
import pytest

from predictors.live_paths import LivePaths, learns
from tests.predictors.random_graphs import live_paths_of, random_graph
from tests.predictors.toy_curves import cell, chain


def test_sums_over_paths_against_a_list_of_them() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        graph = random_graph(rng)
        paths, found = live_paths_of(graph), LivePaths.of(graph)
        weight = rng.random(len(graph.nodes)).tolist()
        sums = [sum(weight[v] for v in p) for p in paths] or [0.0]
        assert found.count == len(paths)
        assert [i for i, alive in enumerate(found.live) if alive] == sorted({v for p in paths for v in p})
        assert found.total(weight) == pytest.approx(sum(sums))
        assert found.extreme(weight, max) == pytest.approx(max(sums))
        assert found.extreme(weight, min) == pytest.approx(min(sums))


def test_only_live_edges_are_kept_both_ways() -> None:
    graph = LivePaths.of(cell(("conv", "none", "pool")))
    assert graph.into == ((), (0,), (), (), (1,))
    assert graph.onto == ((1,), (4,), (), (), ())
    assert graph.learns == (False, True, False, False, False)


def test_a_graph_without_a_live_path() -> None:
    graph = LivePaths.of(cell(("none", "none", "pool")))
    assert graph.count == 0
    assert not any(graph.live)
    assert graph.extreme([1.0] * 5, min) == 0.0
    assert LivePaths.of(chain(4)).count == 1


@pytest.mark.parametrize("op", ["linear", "nor_conv_3x3", "lif_0.5_conv_3x3"])
def test_operations_with_weights(op: str) -> None:
    assert learns(op)


@pytest.mark.parametrize("op", ["input", "output", "none", "skip_connect", "identity", "dropout", "avg_pool_3x3", "max_pool_2x2"])
def test_operations_without(op: str) -> None:
    assert not learns(op)
