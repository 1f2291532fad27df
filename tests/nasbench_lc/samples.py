"""Small datasets for the tests of the ground floor and of the files."""

import numpy as np

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Curve, Status
from nasbench_lc.seeding import child_seed
from nasbench_lc.table import ArchitectureFacts, Table, base_attributes

METRICS = ("train_loss", "train_acc", "test_loss", "test_acc")


def architecture(*widths: int) -> Architecture:
    nodes = (Node("input"), *(Node.of("linear", units=w) for w in widths), Node("output"))
    return Architecture("mlp", nodes, tuple((i, i + 1) for i in range(len(nodes) - 1)), "-".join(map(str, widths)))


def recipe(epochs: int = 4, **settings: str | float) -> Recipe:
    return Recipe.of("mlp", "toy", epochs, {"schedule": "step", **settings})


def run(index: int = 0, repeat: int = 0, recipe: Recipe = recipe()) -> RunConfig:  # noqa: B008
    hyperparameters = (("batch_size", 32.0), ("lr", 0.001 * (index + 1)))
    return RunConfig(recipe, architecture(16 + index, 8), hyperparameters, child_seed(0, index, repeat), index, repeat)


def curve(run: RunConfig, status: Status = Status.OK, metrics: tuple[str, ...] = METRICS) -> Curve:
    epochs = run.recipe.epochs
    if status is Status.FAILED:
        return Curve.failed(run, metrics, "ValueError: no", 5.0)
    rng = np.random.default_rng(run.seed)
    values = {m: rng.random(epochs) for m in metrics}
    lr, seconds = np.full(epochs, 0.1), rng.random(epochs)
    if status is Status.DIVERGED:  # in epoch epochs // 2 + 1, the last that it trained
        for v in values.values():
            v[epochs // 2 :] = np.nan
        for v in (lr, seconds):
            v[epochs // 2 + 1 :] = np.nan
    return Curve(run, values, lr, seconds, status, started=float(run.index))


def table_of(curves: list[Curve], recipe: Recipe = recipe(), n: int = 99) -> Table:  # noqa: B008
    metrics = tuple(curves[0].metrics)
    attributes = base_attributes(
        space="mlp",
        task="toy",
        epochs=recipe.epochs,
        metrics=metrics,
        created="2026-01-01T00:00:00+00:00",
        licence="CC0",
        source="made up",
        recipe=recipe.json,
        recipe_hash=recipe.hash,
        plan={"space": "mlp", "task": "toy", "n": n, "repeats": 1, "epochs": None, "seed": 0, "space_options": {}, "task_options": {}},
        schedule=np.ones(recipe.epochs),
    )
    facts = {c.run.architecture.key: ArchitectureFacts(c.run.architecture.key, 100.0 + c.run.index, 90.0) for c in curves}
    return Table.of_curves(curves, attributes, facts, host="here", device="cpu", versions="{}")


def sample_table(n: int = 5, epochs: int = 4, first: int = 0) -> Table:
    shared = recipe(epochs)
    return table_of([curve(run(i, recipe=shared)) for i in range(first, first + n)], shared)


def on_another_task(n: int, epochs: int) -> Table:
    """The architectures of a :func:`sample_table`, each once, on the task "other"."""
    other = Recipe.of("mlp", "other", epochs, {"schedule": "step"})
    table = table_of([curve(run(i, recipe=other)) for i in range(n)], other)
    return Table({**table.attributes, "task": "other"}, table.columns)


def same(a: Table, b: Table) -> bool:
    """Whether two tables hold the same names, values and NaN, whatever the width of their text columns."""
    return a.columns.keys() == b.columns.keys() and all(
        np.array_equal(a.columns[n], b.columns[n], equal_nan=a.columns[n].dtype.kind == "f") for n in a.columns
    )
