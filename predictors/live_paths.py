"""The part of a graph that matters: what lies on a path from the input to the output that passes no dead operation.

A graph can have more paths than could ever be listed, so sums over all of them are taken node by node.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from nasbench_lc.architecture import Architecture

__all__ = ["LivePaths", "learns"]

DEAD = frozenset({"none", "zero", "zeroize"})
"""Operations that pass nothing on."""
PASSIVE = DEAD | {"input", "output", "identity", "skip_connect", "dropout"}
"""Operations without weights; those that pool are told by their name."""


def learns(op: str) -> bool:
    """Whether an operation has weights."""
    return op not in PASSIVE and "pool" not in op


@dataclass(frozen=True, eq=False)
class LivePaths:
    """The live paths of one architecture.

    Arguments:
        ops: The operation of each of the `V` nodes, in topological order: the input first, the output last.
        live: Which of them lie on a live path.
        into: The live sources of each live node.
        ahead: How many live paths lead from the input to each node, 0 where none does.
        behind: How many lead from each node to the output.
    """

    ops: tuple[str, ...]
    live: tuple[bool, ...]
    into: tuple[tuple[int, ...], ...]
    ahead: tuple[float, ...]
    behind: tuple[float, ...]

    @classmethod
    def of(cls, architecture: Architecture) -> "LivePaths":
        """Prune what is dead and what no path crosses."""
        nodes, v = architecture.nodes, len(architecture.nodes)
        into: list[list[int]] = [[] for _ in range(v)]
        for a, b in architecture.edges:
            into[b].append(a)
        dead = [n.op in DEAD for n in nodes]
        ahead, behind = [0.0] * v, [0.0] * v
        ahead[0] = float(not dead[0])
        behind[v - 1] = float(not dead[v - 1])
        for b in range(1, v):
            ahead[b] = 0.0 if dead[b] else sum(ahead[a] for a in into[b])
        for b in range(v - 1, 0, -1):
            for a in into[b]:
                behind[a] += 0.0 if dead[a] else behind[b]
        live = tuple(x > 0 and y > 0 for x, y in zip(ahead, behind, strict=True))
        kept = tuple(tuple(a for a in into[b] if live[a]) if live[b] else () for b in range(v))
        return cls(tuple(n.op for n in nodes), live, kept, tuple(ahead), tuple(behind))

    @property
    def count(self) -> float:
        """How many live paths there are."""
        return self.ahead[-1]

    @cached_property
    def learns(self) -> tuple[bool, ...]:
        """Which live nodes have weights."""
        return tuple(alive and learns(op) for op, alive in zip(self.ops, self.live, strict=True))

    @cached_property
    def onto(self) -> tuple[tuple[int, ...], ...]:
        """The live nodes that each live node leads to."""
        out: list[list[int]] = [[] for _ in self.ops]
        for b, sources in enumerate(self.into):
            for a in sources:
                out[a].append(b)
        return tuple(map(tuple, out))

    def extreme(self, weight: Sequence[float], best: Callable[[Iterable[float]], float]) -> float:
        """The greatest (`best` = max) or least (min) sum of node weights along a path, 0 without one."""
        reach = list(weight)
        for b, sources in enumerate(self.into):
            if sources:
                reach[b] += best(reach[a] for a in sources)
        return reach[-1] if self.live[-1] else 0.0

    def total(self, weight: Sequence[float]) -> float:
        """The sum of node weights over all paths."""
        return sum(x * y * w for x, y, w, alive in zip(self.ahead, self.behind, weight, self.live, strict=True) if alive)
