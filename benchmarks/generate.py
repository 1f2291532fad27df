"""Perceptron curves on the CPU: the generator (one process a core, one thread each) against the plain loop, side by side.

    python -m benchmarks.generate [--networks 32] [--small 96] [--rounds 5] [--plain-threads 2 1] [--out FILE.json]

Two sets of networks on `car-binary`: samples of the paper's whole space, and small ones (1 to 5 layers of 16 to 64 units, batches of 16 to 64). A round
trains every network each way, the plain loop for 2 epochs and ours for 20, whose set-up counts; figures are seconds per epoch of all
networks. The plain loop runs with each number of threads asked for, torch's default among them; on a busy machine two threads that wait for each other
say nothing about either program, so the ratio against the faster one stands beside the ratio against the default.

Two more sections: whether 200 runs of one configuration end in the same distribution of test losses as 200 of the plain loop, which draws its
own random numbers; and how the seconds that a fused group shares out compare with those of its networks timed alone.
"""

import argparse
import json
import os
import platform
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from scipy.stats import ks_2samp

from benchmarks.baselines.plain_loop import train_plain
from benchmarks.seconds import compare
from generators.base import Task, Unit
from generators.mlp.cost import fused_shape
from generators.mlp.spec import MLPSpec
from generators.mlp.trainer import MLPTrainer
from generators.spaces.chain import chain
from generators.spaces.mlp import MLPSpace
from generators.tasks import load_task
from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Curve

PLAIN_EPOCHS, OUR_EPOCHS = 2, 20


def main() -> None:
    """Measure, print, write."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("--networks", type=int, default=32)
    p.add_argument("--small", type=int, default=96)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--plain-threads", type=int, nargs="+", default=sorted({torch.get_num_threads(), 1}, reverse=True))
    p.add_argument("--out", type=Path)
    a = p.parse_args()
    task = load_task("car-binary")
    result = {
        "what": "seconds per epoch of all n networks, car-binary (1,296 training and 432 test rows), training and evaluation",
        "whole_space": race(whole_space(task, a.networks), task, a.rounds, a.plain_threads),
        "small": race(small(task, a.small), task, a.rounds, a.plain_threads),
        "same_distribution": distribution(task),
        "apportioned_seconds": apportioned(task),
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "load_15_min": os.getloadavg()[2],
    }
    print(json.dumps(result, indent=2))
    if a.out is not None:
        a.out.write_text(json.dumps(result, indent=2) + "\n")


def race(runs: list[RunConfig], task: Task, rounds: int, plain_threads: list[int]) -> dict[str, object]:
    """Both ways in turn, `rounds` times."""
    default = torch.get_num_threads()
    plain: dict[int, list[float]] = {threads: [] for threads in plain_threads}
    ours: list[float] = []
    whole = {run.run_id: replace(run, recipe=recipe(task, 200)) for run in runs}
    short = {long.run_id: run for run, long in zip(runs, whole.values(), strict=True)}
    planned = MLPTrainer().units(list(whole.values()), task)  # units of the size that real runs of 200 epochs have
    units = [Unit(tuple(short[run.run_id] for run in unit.runs), unit.cost) for unit in planned]
    with Parallel(n_jobs=os.cpu_count(), backend="loky", pre_dispatch="all") as pool:
        pool(delayed(train)(unit, task) for unit in units[-2:])  # processes started, libraries loaded
        for _ in range(rounds):
            for threads, seconds in plain.items():
                torch.set_num_threads(threads)
                seconds.append(sum(sum(train_plain(run, task, PLAIN_EPOCHS)["seconds"]) for run in runs) / PLAIN_EPOCHS)
            begin = time.perf_counter()
            pool(delayed(train)(unit, task) for unit in units)
            ours.append((time.perf_counter() - begin) / OUR_EPOCHS)
    torch.set_num_threads(default)
    return {
        "n": len(runs),
        "rounds": rounds,
        "plain_seconds": plain,
        "ours_seconds": ours,
        "ratio_to_default_threads": spread([x / y for x, y in zip(plain.get(default, []), ours, strict=False)]),
        "ratio_to_the_faster": spread([min(x) / y for *x, y in zip(*plain.values(), ours, strict=True)]),
    }


def spread(ratios: list[float]) -> dict[str, float] | None:
    """Median and range, None of nothing."""
    return {"median": float(np.median(ratios)), "min": min(ratios), "max": max(ratios)} if ratios else None


def train(unit: Unit, task: Task) -> list[Curve]:
    """What a worker does."""
    return MLPTrainer().train(unit, task, "cpu")


def configuration(architecture: Architecture, hp: dict[str, float], task: Task, seed: int, epochs: int = OUR_EPOCHS) -> RunConfig:
    """A run under the paper's recipe."""
    return RunConfig(recipe(task, epochs), architecture, tuple(sorted(hp.items())), seed)


def recipe(task: Task, epochs: int) -> Recipe:
    """The paper's recipe with another number of epochs."""
    return Recipe.of("mlp", task.name, epochs, MLPSpace().settings(task, epochs))


def whole_space(task: Task, n: int) -> list[RunConfig]:
    """The first samples of the paper's space."""
    return [configuration(*MLPSpace().sample(0, i, task), task, i) for i in range(n)]


def small(task: Task, n: int) -> list[RunConfig]:
    """Samples with widths and batch sizes log-uniform in 16 .. 64, all else as in the space."""
    rng = np.random.default_rng(0)
    runs = []
    for i in range(n):
        architecture, hp = MLPSpace().sample(0, i, task)
        widths = np.exp(rng.uniform(np.log(16), np.log(65), len(architecture.widths))).astype(int).tolist()
        hp["batch_size"] = float(int(np.exp(rng.uniform(np.log(16), np.log(65)))))
        runs.append(configuration(chain("mlp", [Node.of("linear", units=w) for w in widths]), hp, task, i))
    return runs


def distribution(task: Task, n: int = 200, epochs: int = 5) -> dict[str, object]:
    """Test losses after some epochs of `n` seeds each way: means with standard errors, and the Kolmogorov-Smirnov test."""
    hp = {"batch_size": 48.0, "dropout": 0.3, "lr": 0.05, "momentum": 0.8, "weight_decay": 1e-3}
    runs = [configuration(chain("mlp", [Node.of("linear", units=24)] * 2), hp, task, seed, epochs) for seed in range(n)]
    trainer = MLPTrainer()
    ours = [c.metrics["test_loss"][-1] for unit in trainer.units(runs, task) for c in trainer.train(unit, task, "cpu")]
    alone = (24 * 3, 24 * 4)  # wide layers: the lean kernel
    lean_runs = [replace(run, architecture=chain("mlp", [Node.of("linear", units=w) for w in alone])) for run in runs]
    lean = [c.metrics["test_loss"][-1] for unit in trainer.units(lean_runs, task) for c in trainer.train(unit, task, "cpu")]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    result = {}
    for name, losses, same in (("fused", ours, runs), ("lean", lean, lean_runs)):
        plain = [train_plain(run, task, epochs)["test_loss"][-1] for run in same]
        result[name] = {
            "n": n,
            "epochs": epochs,
            "plain_mean": float(np.mean(plain)),
            "ours_mean": float(np.mean(losses)),
            "standard_error_of_difference": float(np.hypot(np.std(plain), np.std(losses)) / n**0.5),
            "kolmogorov_smirnov_p": float(np.asarray(ks_2samp(plain, losses))[1]),
        }
    return result


def apportioned(task: Task, n: int = 32) -> dict[str, object]:
    """Seconds per epoch of networks of one shape, shared out in their group and timed alone; `benchmarks.seconds` asks it of a dataset."""
    rng = np.random.default_rng(1)
    runs = [
        configuration(
            chain("mlp", [Node.of("linear", units=int(w)) for w in rng.integers(8, 32, 2)]),
            {"batch_size": float(rng.integers(17, 33)), "dropout": 0.3, "lr": 0.01, "momentum": 0.8, "weight_decay": 1e-3},
            task,
            seed,
        )
        for seed in range(n)
    ]
    shape = fused_shape(MLPSpec.of(runs[0], task), len(task.y["train"]), len(task.y["test"]))
    if shape is None:
        raise SystemExit("these networks are no longer trained in groups")
    return compare([(shape, runs)], task, rounds=3)


if __name__ == "__main__":
    main()
