from itertools import pairwise

import numpy as np

from predictors.graph_flow import PAIRS, flow_features
from predictors.live_paths import LivePaths
from tests.predictors.random_graphs import live_paths_of, random_graph
from tests.predictors.toy_curves import cell

WORDS = {"learning": ["a", "b"]}


def test_shares_and_depths_against_a_list_of_all_paths() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        graph = random_graph(rng)
        ops, paths = [n.op for n in graph.nodes], live_paths_of(graph)
        lying = [[v for v in p if ops[v] in ("a", "b")] for p in paths]
        n, counts = max(len(paths), 1), [len(p) for p in lying] or [0]
        many = [min(counts), max(counts), np.mean(counts), np.log1p(sum(counts))]
        first = [sum(bool(p) and ops[p[0]] == op for p in lying) / n for op in "ab"]
        last = [sum(bool(p) and ops[p[-1]] == op for p in lying) / n for op in "ab"]
        follows = [sum(ops[u] == x and ops[w] == y for p in lying for u, w in pairwise(p)) / n for x in "ab" for y in "ab"]
        places = {v: [(p.index(v), len(p) - 1 - p.index(v)) for p in lying if v in p] for v in {v for p in lying for v in p}}
        depths = []
        for side in (0, 1):
            for best in (np.mean, np.max):
                here = [best([x[side] for x in place]) for place in places.values()] or [0.0]
                depths += [np.mean(here), np.max(here)]
        np.testing.assert_allclose(flow_features(LivePaths.of(graph), WORDS), [*many, *first, *last, *follows, *depths])


def test_where_there_are_many_operations_pairs_are_not_counted() -> None:
    graph = LivePaths.of(cell(("conv", "conv", "pool")))
    many = {"learning": ["conv", *"abcdef"[:PAIRS]]}
    assert len(flow_features(graph, many)) == 4 + 2 * (PAIRS + 1) + 8


def test_operations_that_training_did_not_have_do_not_count() -> None:
    assert not any(flow_features(LivePaths.of(cell(("conv", "conv", "conv"))), WORDS)[4:])
