"""Neural architectures as frozen directed acyclic graphs.

The one identity of an architecture is the sha256 of its canonical JSON, so that equal graphs are equal on every machine.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt

from nasbench_lc.errors import FormatError

__all__ = ["Architecture", "Node", "Scalar"]

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Node:
    """One operation of a network.

    Arguments:
        op: The name of the operation, such as ``"linear"`` or ``"nor_conv_3x3"``.
        attributes: What else defines it, as (name, value) pairs sorted by name, such as ``(("units", 64),)``.
    """

    op: str
    attributes: tuple[tuple[str, Scalar], ...] = ()

    @classmethod
    def of(cls, op: str, **attributes: Scalar) -> "Node":
        """A node with the attributes in canonical order."""
        return cls(op, tuple(sorted(attributes.items())))

    def get(self, name: str, default: Scalar) -> Scalar:
        """The attribute `name`, or `default` where the node has none."""
        return dict(self.attributes).get(name, default)


@dataclass(frozen=True)
class Architecture:
    """A frozen directed acyclic graph of operations; node 0 is the input and the last node the output.

    Arguments:
        space: The search space that it belongs to, such as ``"mlp"`` or ``"nb201"``.
        nodes: `V` nodes in topological order.
        edges: `E` pairs (source, target) with source < target, sorted.
        string: The space's own way to write it, for people (``"64-128"``, the NAS-Bench-201 grammar); not part of the identity.

    Raises:
        FormatError: If an edge does not run forward between two existing nodes, or stands twice or out of order.
    """

    space: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]
    string: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for a, b in self.edges:
            if not 0 <= a < b < len(self.nodes):
                raise FormatError(
                    f"An edge must run forward between two of {len(self.nodes)} nodes; got {(a, b)}. List nodes in topological order."
                )
        if list(self.edges) != sorted(set(self.edges)):
            raise FormatError("The edges of an architecture must be sorted and distinct; got another order. Sort them.")

    @cached_property
    def json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, ASCII; equal graphs give equal text."""
        return json.dumps(
            {
                "edges": [list(e) for e in self.edges],
                "nodes": [[n.op, dict(n.attributes)] for n in self.nodes],
                "space": self.space,
            },
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )

    @cached_property
    def key(self) -> str:
        """The sha256 of the canonical JSON, 64 hexadecimal digits."""
        return hashlib.sha256(self.json.encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str, string: str = "") -> "Architecture":
        """The inverse of :attr:`json`.

        Raises:
            FormatError: If the text is not the JSON of an architecture.
        """
        try:
            raw = json.loads(text)
            nodes = tuple(_node(op, attributes) for op, attributes in raw["nodes"])
            edges = tuple((int(a), int(b)) for a, b in raw["edges"])
            space = str(raw["space"])
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise FormatError(
                f"An architecture must be JSON with nodes, edges and a space; got {text[:60]!r}. Check the arch/json column."
            ) from error
        return cls(space, nodes, edges, string)

    def adjacency(self) -> npt.NDArray[np.float64]:
        """The adjacency matrix, shape `(V, V)`; entry (a, b) is 1 where an edge runs from a to b."""
        matrix = np.zeros((len(self.nodes), len(self.nodes)))
        for a, b in self.edges:
            matrix[a, b] = 1.0
        return matrix

    @property
    def widths(self) -> tuple[int, ...]:
        """The ``units`` of the hidden layers in order; empty where the space has no such attribute."""
        return tuple(int(n.get("units", 0)) for n in self.nodes[1:-1] if n.get("units", 0))


def _node(op: object, attributes: object) -> Node:
    if not isinstance(op, str) or not isinstance(attributes, Mapping):
        raise TypeError("a node is an operation and its attributes")
    pairs: list[tuple[str, Scalar]] = []
    for name, value in cast("Mapping[str, object]", attributes).items():
        # JSON of Python's own reads NaN and infinities, which no canonical text can hold.
        if not isinstance(value, str | int | float | bool) or (isinstance(value, float) and not math.isfinite(value)):
            raise TypeError(f"attribute {name} is no scalar")
        pairs.append((name, value))
    return Node(op, tuple(sorted(pairs)))
