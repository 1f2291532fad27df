"""What storing and reading cost: `python -m benchmarks.storage [--rounds 15] [--out FILE.json]`.

1. Microseconds per run to store full shards of 64 runs x 200 epochs x 6 metrics: making the columns, and writing, flushing and renaming the
   file. The waiting for the disk is told apart by process time, because it is a property of the disk.
2. Milliseconds to read all curves of 5,000 runs x 200 epochs x 6 metrics into one array, against `numpy.load` of the same array, turn by
   turn; both files are in the page cache. Ratios are of one turn's two times. The whole file, all columns checked, stands beside them.

Curves are random numbers. Times are those of one process on one thread.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nasbench_lc import store
from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Curve
from nasbench_lc.provenance import environment
from nasbench_lc.seeding import child_seed
from nasbench_lc.shards import write_shard
from nasbench_lc.table import ArchitectureFacts, Table, base_attributes

EPOCHS = 200
METRICS = ("train_loss", "train_acc", "val_loss", "val_acc", "test_loss", "test_acc")
RECIPE = Recipe.of("mlp", "car-binary", EPOCHS, {"schedule": "step", "step_every": 80, "step_factor": 0.5})


def curves(n: int) -> list[Curve]:
    rng = np.random.default_rng(0)
    found = []
    for i in range(n):
        widths = rng.integers(16, 1025, rng.integers(1, 6)).tolist()
        nodes = (Node("input"), *(Node.of("linear", units=w) for w in widths), Node("output"))
        architecture = Architecture("mlp", nodes, tuple((j, j + 1) for j in range(len(nodes) - 1)), "-".join(map(str, widths)))
        hp = (("batch_size", 64.0), ("dropout", 0.1), ("lr", 0.01), ("momentum", 0.9), ("weight_decay", 0.001))
        run = RunConfig(RECIPE, architecture, hp, child_seed(0, i, 0), i)
        assert run.run_id  # as in a real run, the id is known before the training
        values = {m: rng.random(EPOCHS) for m in METRICS}
        found.append(Curve(run, values, np.full(EPOCHS, 0.01), rng.random(EPOCHS), started=1.0))
    return found


def tabulate(found: list[Curve]) -> Table:
    attributes = base_attributes(
        space="mlp", task="car-binary", epochs=EPOCHS, metrics=METRICS, created="2026-01-01T00:00:00+00:00", licence="none", source="random",
        recipe=RECIPE.json, recipe_hash=RECIPE.hash, plan={}, schedule=np.ones(EPOCHS),
    )  # fmt: skip
    facts = {c.run.architecture.key: ArchitectureFacts(c.run.architecture.key, 1000.0, 900.0) for c in found}
    return Table.of_curves(found, attributes, facts, host="host", device="cpu", versions=json.dumps({"torch": "2.14.1"}))


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """(wall, process) seconds."""
    wall, process = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - process


def spread(values: list[float], factor: float = 1.0) -> dict[str, float]:
    return {n: round(float(np.quantile(values, q)) * factor, 3) for n, q in (("min", 0), ("median", 0.5), ("max", 1))}


def storing(folder: Path, rounds: int) -> dict[str, Any]:
    shards = 8
    everything = curves(64 * shards)
    found = [everything[64 * i : 64 * (i + 1)] for i in range(shards)]
    make, write, cpu = [], [], []
    for r in range(rounds):
        tables: list[Table] = []
        make.append(timed(lambda: tables.extend(map(tabulate, found)))[0])  # noqa: B023
        wall, process = timed(lambda: [write_shard(folder / f"{r}.h5", t) for t in tables])  # noqa: B023
        write.append(wall)
        cpu.append(process)
    per_run = 1e6 / (64 * shards)
    whole = [a + b for a, b in zip(make, write, strict=True)]
    return {
        "columns": spread(make, per_run),
        "write_shard": spread(write, per_run),
        "write_shard_process_time": spread(cpu, per_run),
        "together": spread(whole, per_run),
    }


def reading(folder: Path, rounds: int) -> dict[str, Any]:
    table = tabulate(curves(5000))
    h5, npy = folder / "x.h5", folder / "x.npy"
    store.write(h5, table)
    np.save(npy, np.stack([table.columns[f"curves/{m}"] for m in METRICS]))
    assert np.array_equal(store.read_curves(h5, METRICS), np.load(npy))
    ours, theirs, whole = [], [], []
    for _ in range(rounds * 3):
        theirs.append(timed(lambda: np.load(npy)))
        ours.append(timed(lambda: store.read_curves(h5, METRICS)))
    for _ in range(rounds):
        whole.append(timed(lambda: store.read(h5)))
    return {
        "read_curves": spread([w for w, _ in ours], 1e3),
        "numpy_load": spread([w for w, _ in theirs], 1e3),
        "whole_file": spread([w for w, _ in whole], 1e3),
        "ratio": spread([a / b for (a, _), (b, _) in zip(ours, theirs, strict=True)]),
        "ratio_process_time": spread([a / b for (_, a), (_, b) in zip(ours, theirs, strict=True)]),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        machine = {k: v for k, v in environment().items() if k in ("processor", "system", "python", "numpy", "h5py", "nasbench-lc")}
        report = {
            "microseconds_per_run": storing(Path(folder), a.rounds),
            "milliseconds_to_read": reading(Path(folder), a.rounds),
            "machine": {**machine, "cores": os.cpu_count(), "load_15_min": round(os.getloadavg()[2], 2)},
        }
    for title in ("microseconds_per_run", "milliseconds_to_read"):
        print(title.replace("_", " "))
        for name, values in report[title].items():
            print(f"  {name:26} {values['median']:9.2f}   ({values['min']:.2f} to {values['max']:.2f})")
    if a.out:
        a.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
