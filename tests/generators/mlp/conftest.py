from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from generators.base import Task
from generators.spaces.chain import chain
from generators.spaces.lcbench import LCBenchMLPSpace
from generators.spaces.mlp import MLPSpace
from nasbench_lc.architecture import Node
from nasbench_lc.config import Recipe, RunConfig

MakeTask = Callable[..., Task]
MakeRun = Callable[..., RunConfig]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def make_task() -> MakeTask:
    """A table whose labels can be learnt; the classes are of unequal size."""

    def make(rows: int = 60, test: int = 23, features: int = 5, classes: int = 3, val: int = 0) -> Task:
        rng = np.random.default_rng(rows + test)
        x = rng.standard_normal((rows + test + val, features)).astype(np.float32)
        y = np.argmax(np.tanh(x) @ rng.standard_normal((features, classes)) + 0.3 * np.arange(classes), 1).astype(np.int64)
        y[:classes] = np.arange(classes)
        cuts = {"train": slice(0, rows), "test": slice(rows, rows + test)} | ({"val": slice(rows + test, None)} if val else {})
        names = tuple(f"class {c}" for c in range(classes))
        return Task("toy", {s: x[c] for s, c in cuts.items()}, {s: y[c] for s, c in cuts.items()}, names, "", "")

    return make


@pytest.fixture(scope="session")
def make_run() -> MakeRun:
    """A run; hyperparameters by name, `weighted` for the recipe of LCBench."""

    def make(widths: tuple[int, ...], epochs: int = 3, seed: int = 0, weighted: bool = False, **hp: float) -> RunConfig:
        space = LCBenchMLPSpace() if weighted else MLPSpace()
        values = {"batch_size": 16.0, "dropout": 0.0, "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3} | hp
        settings = space.settings(Task("toy", {}, {}, (), "", ""), epochs)
        fractions = np.linspace(1.0, 0.5, len(widths)).round(3) if weighted else np.ones(len(widths))
        nodes = [Node.of("linear", units=w, dropout_fraction=float(f)) for w, f in zip(widths, fractions, strict=True)]
        architecture = chain(space.name, nodes)
        return RunConfig(Recipe.of(space.name, "toy", epochs, settings), architecture, tuple(sorted(values.items())), seed)

    return make
