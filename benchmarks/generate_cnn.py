"""CNN curves on the CPU: curves a second of the generator (one process a core, one thread each) against the plain loop.

    python benchmarks/generate_cnn.py [--data-dir DIR] [--networks 6] [--rounds 3] [--plain-threads 2 1] [--out FILE.json]

One round trains every network for one epoch each way, one after the other: the plain loop network by network, with torch's default number of threads
and with one; ours with as many networks at once as there are cores. The ratio is against the faster plain loop: on a machine that others use, two
threads that wait for each other can be thirty times slower than one, which says nothing about either program. The images are
`cifar10-small` where DIR holds CIFAR-10, else random ones of the same shape, which take as long.
"""

import argparse
import json
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from benchmarks.baselines.plain_cnn import train_plain
from generators.base import Task, Unit
from generators.nb201.trainer import NB201Trainer
from generators.spaces.nb201 import NB201Space
from generators.tasks import load_task
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.errors import TaskUnavailable


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("--data-dir", type=Path, default=Path("data"))
    p.add_argument("--networks", type=int, default=6)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--plain-threads", type=int, nargs="+", default=sorted({torch.get_num_threads(), 1}))
    p.add_argument("--out", type=Path)
    a = p.parse_args()
    task = images(a.data_dir)
    runs = sample(task, a.networks)
    cores = os.cpu_count() or 1
    plain: dict[int, list[float]] = {threads: [] for threads in a.plain_threads}
    ours: list[float] = []
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        list(pool.map(one_epoch, runs[:cores], [task] * cores))  # processes started, libraries loaded
        for _ in range(a.rounds):
            for threads, seconds in plain.items():
                torch.set_num_threads(threads)
                seconds.append(sum(train_plain(run, task, 1)[0] for run in runs))
            begin = time.perf_counter()
            list(pool.map(one_epoch, runs, [task] * len(runs)))
            ours.append(time.perf_counter() - begin)
    ratios = [min(x) / y for *x, y in zip(*plain.values(), ours, strict=True)]
    result = {
        "what": "seconds for one epoch of each of n networks, cifar10-small, 8 channels, 1 cell a stage, training and evaluation",
        "n": a.networks,
        "rounds": a.rounds,
        "images": task.name,
        "plain_seconds": plain,
        "ours_seconds": ours,
        "ratio_to_the_faster": {"median": float(np.median(ratios)), "min": min(ratios), "max": max(ratios)},
        "machine": {"processor": platform.processor() or platform.machine(), "cores": cores},
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "load_15_min": os.getloadavg()[2],
    }
    print(json.dumps(result, indent=2))
    if a.out is not None:
        a.out.write_text(json.dumps(result, indent=2) + "\n")


def images(data_dir: Path) -> Task:
    try:
        return load_task("cifar10-small", data_dir=data_dir)
    except TaskUnavailable:
        rng = np.random.default_rng(0)
        sizes = {"train": 10_000, "val": 2_000, "test": 2_000}
        x = {s: rng.integers(0, 256, (n, 16, 16, 3), dtype=np.uint8) for s, n in sizes.items()}
        return Task("random", x, {s: rng.integers(0, 10, n) for s, n in sizes.items()}, tuple("0123456789"), "", "")


def sample(task: Task, n: int) -> list[RunConfig]:
    space = NB201Space(channels=8, cells=1)
    recipe = Recipe.of("nb201", task.name, 1, space.settings(task, 1))
    drawn = [space.sample(0, i, task) for i in range(n)]
    return [RunConfig(recipe, a, tuple(sorted(hp.items())), seed) for seed, (a, hp) in enumerate(drawn)]


def one_epoch(run: RunConfig, task: Task) -> None:
    NB201Trainer().train(Unit((run,), 1.0), task, "cpu")


if __name__ == "__main__":
    main()
