import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.errors import FormatError

GOLDEN = Architecture(
    "mlp",
    (Node("input"), Node.of("linear", units=64), Node.of("linear", units=128), Node("output")),
    ((0, 1), (1, 2), (2, 3)),
    "64-128",
)

scalars = st.one_of(st.text(max_size=8), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
attributes = st.dictionaries(st.text(max_size=8), scalars, max_size=4)


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    nodes = tuple(
        Node.of(op) if not a else Node(op, tuple(sorted(a.items()))) for op, a in draw(st.lists(st.tuples(st.text(), attributes)))
    )
    pairs = [(a, b) for b in range(len(nodes)) for a in range(b)]
    edges = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    return Architecture(draw(st.text()), nodes, tuple(sorted(edges)), draw(st.text()))


def test_golden_key():
    text = (
        '{"edges":[[0,1],[1,2],[2,3]],"nodes":[["input",{}],["linear",{"units":64}],["linear",{"units":128}],["output",{}]],"space":"mlp"}'
    )
    assert GOLDEN.json == text
    assert GOLDEN.key == "1829472b5b195a61ca283d52f2225a7301e84bfcb4bc7e3555a7acaf03240704"


def test_golden_key_with_every_kind_of_attribute():
    node = Node.of("nor_conv_3x3", stride=1, bias=False, gain=0.5, name="é")
    architecture = Architecture("nb201", (Node("in"), node), ((0, 1),))
    assert architecture.key == "b01ae97806f2af0386ded733a2c9f7c1e958f8c6a1f3ea83726152728efa4c74"


@given(architectures())
def test_json_round_trip(architecture: Architecture):
    again = Architecture.from_json(architecture.json, architecture.string)
    assert again == architecture
    assert (again.json, again.key, again.string) == (architecture.json, architecture.key, architecture.string)
    assert architecture.json.isascii()


def test_an_attribute_may_have_any_name():
    architecture = Architecture("s", (Node("a", (("op", 1), ("self", "x"))),), ())
    assert Architecture.from_json(architecture.json) == architecture


@given(attributes, st.randoms())
def test_the_key_does_not_depend_on_the_order_of_attributes(values: dict[str, Any], random: Any):
    shuffled = list(values.items())
    random.shuffle(shuffled)
    a = Architecture("s", (Node("op", tuple(sorted(values.items()))),), ())
    b = Architecture.from_json(json.dumps({"space": "s", "nodes": [["op", dict(shuffled)]], "edges": []}))
    assert a == b
    assert a.key == b.key


def test_the_string_is_not_part_of_the_identity():
    other = Architecture(GOLDEN.space, GOLDEN.nodes, GOLDEN.edges, "written otherwise")
    assert other == GOLDEN
    assert other.key == GOLDEN.key
    assert hash(other) == hash(GOLDEN)


@pytest.mark.parametrize(
    "change",
    [
        {"space": "other"},
        {"nodes": (*GOLDEN.nodes[:3], Node("end"))},
        {"nodes": (*GOLDEN.nodes[:2], Node.of("linear", units=129), GOLDEN.nodes[3])},
        {"edges": ((0, 1), (0, 2), (1, 2), (2, 3))},
    ],
)
def test_any_change_changes_the_key(change: dict[str, Any]):
    other = Architecture(**{"space": GOLDEN.space, "nodes": GOLDEN.nodes, "edges": GOLDEN.edges, **change})
    assert other.key != GOLDEN.key


@pytest.mark.parametrize("edges", [((1, 0),), ((0, 0),), ((0, 4),), ((-1, 2),), ((1, 2), (0, 1)), ((0, 1), (0, 1))])
def test_edges_run_forward_sorted_and_distinct(edges: tuple[tuple[int, int], ...]):
    with pytest.raises(FormatError):
        Architecture("mlp", GOLDEN.nodes, edges)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "5",
        "[]",
        "{}",
        '{"nodes": [], "edges": []}',
        '{"nodes": 5, "edges": [], "space": "s"}',
        '{"nodes": [["op"]], "edges": [], "space": "s"}',
        '{"nodes": [["op", 5]], "edges": [], "space": "s"}',
        '{"nodes": [["op", null]], "edges": [], "space": "s"}',
        '{"nodes": [["op", {"a": []}]], "edges": [], "space": "s"}',
        '{"nodes": [["op", {"a": NaN}]], "edges": [], "space": "s"}',
        '{"nodes": [["op", {"a": 1e999}]], "edges": [], "space": "s"}',
        '{"nodes": [[5, {}]], "edges": [], "space": "s"}',
        '{"nodes": [["a", {}], ["b", {}]], "edges": [[0]], "space": "s"}',
        '{"nodes": [["a", {}], ["b", {}]], "edges": [[0, 1e999]], "space": "s"}',
        '{"nodes": [["a", {}], ["b", {}]], "edges": [[1, 0]], "space": "s"}',
        "[" * 100_000,
    ],
)
def test_what_is_no_architecture_is_refused_in_one_sentence(text: str):
    with pytest.raises(FormatError) as caught:
        Architecture.from_json(text)
    assert len(str(caught.value).splitlines()) == 1


def test_adjacency_and_widths():
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 2] = expected[2, 3] = 1
    assert np.array_equal(GOLDEN.adjacency(), expected)
    assert GOLDEN.widths == (64, 128)
    assert Architecture("s", (Node("in"), Node("out")), ((0, 1),)).widths == ()
    assert GOLDEN.nodes[1].get("units", 0) == 64
    assert GOLDEN.nodes[0].get("units", 7) == 7
