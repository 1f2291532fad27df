"""Exact function classes against brute force: cells as polynomials over a finite field, under every assignment of weights."""

import itertools
from collections import defaultdict

import numpy as np
import pytest

from generators.spaces import nb201, nb201_cell
from generators.spaces.chain import chain as mlp_chain
from nasbench_lc.architecture import Node
from nasbench_lc.importers.csv_graphs import graph_of
from nasbench_lc.importers.graphs import cell_graph, chain
from nasbench_lc.importers.spikenas import EDGES, OPS, exact_class, operations

PRIME = 2**31 - 1
CELLS = [operations(i) for i in range(5**6)]


def test_operation_of_edge_k_is_digit_k() -> None:
    assert operations(0) == ("none",) * 6
    assert operations(2) == ("lif_0.5_conv_3x3", "none", "none", "none", "none", "none")
    assert operations(15623) == ("lif_1.0_conv_3x3",) + ("lif_1.5_conv_3x3",) * 5
    assert operations(1 + 4 * 5**5) == ("skip_connect", "none", "none", "none", "none", "lif_1.5_conv_3x3")


def numeric_classes(cells: list[tuple[str, ...]]) -> dict[bytes, list[tuple[str, ...]]]:
    """Cells whose set of outputs, over all ways to hand six sets of weights to the six edges, is the same.

    A neuron is a random cubic without constant term per threshold (no input, no spike), the rest of the operation a random affine map per edge.
    """
    rng = np.random.default_rng(0)
    hands = np.array(list(itertools.permutations(range(6))))
    weight, bias = rng.integers(1, PRIME, (2, 6))[:, hands]  # (720, 6) each
    cubic = {op: rng.integers(1, PRIME, 3).tolist() for op in OPS[2:]}
    image = np.full(len(hands), int(rng.integers(1, PRIME)))
    found = defaultdict(list)
    for cell in cells:
        values = [image, 0 * image, 0 * image, 0 * image]
        for target in (1, 2, 3):
            for e, ((a, b), op) in enumerate(zip(EDGES, cell, strict=True)):
                if b != target or op == "none":
                    continue
                x = values[a]
                if op != "skip_connect":
                    p, q, r = cubic[op]
                    fired = ((p * x % PRIME + q) * x % PRIME + r) % PRIME * x % PRIME
                    x = (weight[:, e] * fired + bias[:, e]) % PRIME
                values[b] = (values[b] + x) % PRIME
        found[np.unique(values[3]).tobytes()].append(cell)
    return found


def test_exact_classes_are_those_of_brute_force_on_all_cells() -> None:
    numeric = numeric_classes(CELLS)
    ours = defaultdict(list)
    for cell in CELLS:
        ours[exact_class(cell)].append(cell)
    assert sorted(numeric.values()) == sorted(ours.values())


def test_examples_of_classes() -> None:
    lif = OPS[2:]
    by_edge = lambda **ops: tuple(ops.get(f"e{a}{b}", "none") for a, b in EDGES)  # noqa: E731
    # A neuron without input never fires: its threshold does not matter, its bias stays.
    assert exact_class(by_edge(e13=lif[0])) == exact_class(by_edge(e23=lif[2])) == "b"
    # What does not reach the output does not count.
    assert exact_class(by_edge(e01=lif[0], e03=lif[1])) == exact_class(by_edge(e03=lif[1]))
    # Identity is flattened.
    assert exact_class(by_edge(e01="skip_connect", e13=lif[1])) == exact_class(by_edge(e03=lif[1]))
    # Twice the same operation is not two operations.
    twice = by_edge(e01=lif[0], e13="skip_connect", e12="skip_connect", e23="skip_connect")
    assert exact_class(twice) != exact_class(by_edge(e01=lif[0], e13="skip_connect", e03=lif[0]))
    assert exact_class(by_edge()) == ""


def test_cell_graph_follows_the_edges() -> None:
    graph = cell_graph("s", EDGES, operations(7), "text")
    assert [n.op for n in graph.nodes] == ["input", *operations(7), "output"]
    expected = {(0, 1), (0, 2), (0, 3), (1, 4), (1, 5), (2, 6), (4, 6), (3, 7), (5, 7), (6, 7)}
    assert set(graph.edges) == expected


def test_nb201_text_is_the_cell_of_the_space() -> None:
    for cell in nb201_cell.all_cells()[::17]:
        expected = nb201_cell.to_architecture(cell)
        graph, group = graph_of(nb201_cell.cell_string(cell))
        assert (graph, graph.string, group) == (expected, expected.string, nb201.NB201Space().group(expected))


def test_widths_are_the_perceptron_of_the_space() -> None:
    hidden = [Node.of("linear", units=width) for width in (64, 128, 16)]
    graph, group = graph_of("64-128-16")
    expected = mlp_chain("mlp", hidden)
    assert (graph, graph.string, graph.widths, group) == (expected, expected.string, (64, 128, 16), "")


@pytest.mark.parametrize("text", ["resnet18", "0-5", "64-", "|none~0|", "64-1000000", "ünï ✓", "nb201:17"])
def test_any_other_text_is_an_unknown_network_of_its_own(text: str) -> None:
    graph, group = graph_of(text)
    assert graph.space == "csv"
    assert graph.nodes[1].get("text", "") == text
    assert (graph.edges, graph.string, group) == (((0, 1), (1, 2)), text, "")


def test_no_text_is_input_and_output() -> None:
    assert graph_of("") == (chain("csv", (), ""), "")
    assert chain("csv", (), "").edges == ((0, 1),)
