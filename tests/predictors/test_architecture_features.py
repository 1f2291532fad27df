from typing import Any

import numpy as np

from nasbench_lc.architecture import Architecture, Node
from predictors import architecture_features as module
from predictors.features import vocabulary
from predictors.live_paths import LivePaths
from tests.predictors.random_graphs import live_paths_of, random_graph
from tests.predictors.toy_curves import cell, chain, power_curves

WORDS = {"ops": ["input", "linear", "output"], "attributes": ["units"], "nodes": 0}


def architecture_features(architecture: Architecture, words: dict[str, Any]) -> list[float]:
    return module.architecture_features(architecture, LivePaths.of(architecture), words)


def test_a_chain() -> None:
    f = architecture_features(chain(8, 32), WORDS)
    assert f[:5] == [4.0, 3.0, np.log1p(1.0), 4.0, 4.0]
    assert f[5:14] == [1, 1, 1, 2, 2, 2, 1, 1, 1]
    assert f[14:] == [np.log1p(40), 32, 8, 20, 8, 32]


def test_paths_of_a_cell() -> None:
    words = {"ops": ["conv", "pool"], "attributes": [], "nodes": 5}
    f = architecture_features(cell(("conv", "conv", "pool")), words)
    assert f[:5] == [5.0, 5.0, np.log1p(2.0), 3.0, 4.0]
    assert f[5:11] == [2.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    assert f[11:] == [0, 0, 1, 0, 1, 0, 0, 1, 0, 0]


def test_dead_edges_are_pruned() -> None:
    words = {"ops": ["conv", "pool", "none"], "attributes": [], "nodes": 5}
    assert architecture_features(cell(("conv", "none", "pool")), words) == architecture_features(cell(("conv", "pool", "none")), words)
    assert architecture_features(cell(("none", "none", "pool")), words)[:5] == [0.0] * 5


def test_counts_against_enumerated_paths() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        graph = random_graph(rng)
        ops, paths = [n.op for n in graph.nodes], live_paths_of(graph)
        f = architecture_features(graph, {"ops": ["a"], "attributes": [], "nodes": 0})
        used = [[ops[i] for i in p].count("a") for p in paths]
        lengths = [len(p) for p in paths] or [0]
        np.testing.assert_allclose(f[2:5], [np.log1p(len(paths)), min(lengths), max(lengths)])
        live = {i for p in paths for i in p}
        np.testing.assert_allclose(f[5:], [sum(ops[i] == "a" for i in live), max(used, default=0), np.mean(used) if used else 0])


def test_unseen_operations_and_attributes_do_no_harm() -> None:
    words = vocabulary(power_curves(5))
    strange = Architecture("x", (Node.of("input"), Node.of("spike", threshold=2.0), Node.of("output")), ((0, 1), (1, 2)))
    assert len(architecture_features(strange, words)) == len(architecture_features(chain(4), words))
