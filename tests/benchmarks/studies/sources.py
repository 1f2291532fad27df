"""Where studies find curves in these tests: small made-up ones instead of the datasets that ship."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.studies.base import Source, Unavailable
from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.curves import CurveSet
from tests.evaluation.toys import toy_curves


@dataclass(frozen=True)
class Made(Source):
    """Curves by name, without files."""

    sets: Mapping[str, CurveSet]

    def curves(self, name: str, metric: str | None = None) -> CurveSet:
        if name not in self.sets:
            raise Unavailable(f"{name}.h5 is not in the datasets folder")
        return self.sets[name]


def made(**sets: CurveSet) -> Made:
    return Made(Path("nowhere"), None, {name.replace("_", "-"): curves for name, curves in sets.items()})


def perceptrons(n: int = 48, epochs: int = 12, seed: int = 0) -> CurveSet:
    """Toy curves of networks of 1 to 4 layers; two runs of each."""
    rng = np.random.default_rng(seed + 100)
    kinds = [tuple(rng.integers(4, 99, 1 + i % 4).tolist()) for i in range((n + 1) // 2)]
    networks = tuple(_perceptron(kinds[i // 2]) for i in range(n))
    sizes = np.array([float(sum(kinds[i // 2])) for i in range(n)])
    curves = toy_curves(n, epochs, seed)
    return replace(curves, architectures=networks, group=tuple(a.key for a in networks), n_params=sizes)


def cells(n: int = 24) -> CurveSet:
    """Toy curves of three-node cells, every second with a skip connection."""
    networks = tuple(_cell("identity" if i % 2 else f"conv-{i}", f"conv-{i}") for i in range(n))
    return replace(toy_curves(n), architectures=networks, group=tuple(a.key for a in networks))


def _perceptron(widths: tuple[int, ...]) -> Architecture:
    return _chain("mlp", *(Node.of("linear", units=w) for w in widths))


def _cell(*ops: str) -> Architecture:
    return _chain("toy-cells", *map(Node, ops))


def _chain(space: str, *inner: Node) -> Architecture:
    return Architecture(space, (Node("input"), *inner, Node("output")), tuple((i, i + 1) for i in range(len(inner) + 1)))
