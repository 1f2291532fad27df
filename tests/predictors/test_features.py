from dataclasses import replace

import numpy as np

from nasbench_lc.architecture import Architecture, Node
from predictors.features import architecture_features, connected, prefix_features, static_features, unknown_operations, vocabulary
from predictors.prefix import scaled_prefix
from tests.predictors.toy_curves import cell, chain, power_curves

WORDS = {"ops": ["input", "linear", "output"], "attributes": ["units"], "nodes": 0, "log": []}


def test_a_chain() -> None:
    f = architecture_features(chain(8, 32), WORDS)
    assert f[:5] == [4.0, 3.0, np.log1p(1.0), 4.0, 4.0]
    assert f[5:9] == [2, 2, 2, np.log1p(2)]
    assert f[9:18] == [1, 1, 1, 2, 2, 2, 1, 1, 1]
    assert f[18:] == [np.log1p(40), 32, 8, 20, 8, 32]


def test_paths_of_a_cell() -> None:
    words = {"ops": ["conv", "pool"], "attributes": [], "nodes": 5, "log": []}
    f = architecture_features(cell(("conv", "conv", "pool")), words)
    assert f[:5] == [5.0, 5.0, np.log1p(2.0), 3.0, 4.0]
    assert f[5:9] == [1.0, 1.0, 1.0, np.log1p(2.0)]
    assert f[9:15] == [2.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    assert f[15:] == [0, 0, 1, 0, 1, 0, 0, 1, 0, 0]


def test_dead_edges_are_pruned() -> None:
    words = {"ops": ["conv", "pool", "none"], "attributes": [], "nodes": 5, "log": []}
    assert architecture_features(cell(("conv", "none", "pool")), words) == architecture_features(cell(("conv", "pool", "none")), words)
    assert architecture_features(cell(("none", "none", "pool")), words)[:5] == [0.0] * 5


def test_counts_against_enumerated_paths() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        v = int(rng.integers(3, 8))
        ops = ["input", *rng.choice(["a", "b", "none"], v - 2).tolist(), "output"]
        edges = tuple((i, j) for i in range(v) for j in range(i + 1, v) if rng.random() < 0.6)
        graph = Architecture("random", tuple(Node.of(o) for o in ops), edges)
        paths, stack = [], [[0]]
        while stack:
            path = stack.pop()
            if path[-1] == v - 1:
                paths.append(path)
            stack += [[*path, b] for a, b in edges if a == path[-1] and ops[b] != "none"]
        f = architecture_features(graph, {"ops": ["a"], "attributes": [], "nodes": 0, "log": []})
        used = [[ops[i] for i in p].count("a") for p in paths]
        learn = [[ops[i] in ("a", "b") for i in p].count(True) for p in paths] or [0]
        lengths = [len(p) for p in paths] or [0]
        np.testing.assert_allclose(f[2:5], [np.log1p(len(paths)), min(lengths), max(lengths)])
        live = {i for p in paths for i in p}
        np.testing.assert_allclose(f[5:9], [min(learn), max(learn), np.mean(learn), np.log1p(sum(learn))])
        np.testing.assert_allclose(f[9:], [sum(ops[i] == "a" for i in live), max(used, default=0), np.mean(used) if used else 0])


def test_unseen_operations_and_attributes_do_no_harm() -> None:
    words = vocabulary(power_curves(5))
    strange = Architecture("x", (Node.of("input"), Node.of("spike", threshold=2.0), Node.of("output")), ((0, 1), (1, 2)))
    assert len(architecture_features(strange, words)) == len(architecture_features(chain(4), words))


def test_operations_that_the_vocabulary_lacks_are_told() -> None:
    curves = power_curves(3)
    strange = Architecture("x", (Node.of("input"), Node.of("spike"), Node.of("output")), ((0, 1), (1, 2)))
    mixed = replace(curves, architectures=(curves.architectures[0], strange, curves.architectures[2]))
    assert unknown_operations(mixed, vocabulary(curves)).tolist() == [False, True, False]


def test_unknown_sizes_are_zero() -> None:
    curves = power_curves(3)
    curves.n_macs[:] = np.nan
    assert np.isfinite(static_features(curves, vocabulary(curves))).all()


def test_prefix_features_have_one_width_for_one_length_and_no_gaps() -> None:
    curves = power_curves(6, epochs=80)
    curves.y[0, :, 0] = np.nan
    curves.y[1, 3:9] = np.nan
    for k in (0, 1, 2, 3, 10, 50):
        observed, _ = curves.observe(k)
        f = prefix_features(scaled_prefix(observed), np.zeros((k, 2)))
        assert f.shape[0] == 6
        assert np.isfinite(f).all()
        if k >= 2:
            np.testing.assert_allclose(f[2, :1], np.arcsinh(curves.y[2, 0, 0] / 2e-4))


def test_connected_is_to_have_a_live_path() -> None:
    assert connected(chain(4))
    assert connected(cell(("conv", "none", "pool")))
    assert not connected(cell(("none", "none", "pool")))
