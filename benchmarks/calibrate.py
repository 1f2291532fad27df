"""Fit the constants of :mod:`generators.mlp.cost` on this machine: CPU seconds of one thread, both kernels, over a grid of shapes.

Run ``python -m benchmarks.calibrate``; it prints the constants and how far they are off. The ones in the code are frozen: they decide
which kernel trains a run, so a change of them changes the last bits of curves.
"""

import itertools
import time

import numpy as np
import torch
from scipy.optimize import nnls

from generators.base import Task
from generators.mlp.cost import GROUP, Shape, fused_features, lean_features
from generators.mlp.fused import Fused
from generators.mlp.lean import Lean
from generators.mlp.spec import MLPSpec

__all__ = ["main"]

ROWS, EVALUATED, INPUTS, CLASSES = 1296, 432, 6, 2


def spec(widths: tuple[int, ...], batch_size: int, seed: int) -> MLPSpec:
    """A run of these sizes; every second one without dropout."""
    rates = (13107 * (seed % 2),) * len(widths)
    return MLPSpec(INPUTS, widths, CLASSES, rates, batch_size, (0.01,) * 9, 0.9, 1e-3, False, seed, 9)


def seconds(kernel: Lean | Fused, repeats: int) -> float:
    """The fastest epoch of a few, after one to warm up."""
    best = float("inf")
    with torch.inference_mode(), np.errstate(all="ignore"):
        kernel.epoch(1)
        for _ in range(repeats):
            begin = time.process_time()
            kernel.epoch(2)
            best = min(best, time.process_time() - begin)
    return best


def fit(features: list[tuple[float, ...]], times: list[float]) -> None:
    """Non-negative least squares of relative errors."""
    a, b = np.array(features), np.array(times)
    scale = np.abs(a / b[:, None]).max(0)
    x, _ = nnls(a / b[:, None] / scale, np.ones(len(b)))
    ratio = a @ (x / scale) / b
    print(tuple(float(f"{v:.3g}") for v in x / scale), "expected/measured: 10 %, 50 %, 90 %", np.quantile(ratio, [0.1, 0.5, 0.9]).round(2))


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS + EVALUATED, INPUTS)).astype(np.float32)
    y = rng.integers(0, CLASSES, ROWS + EVALUATED)
    task = Task("noise", {"train": x[:ROWS], "test": x[ROWS:]}, {"train": y[:ROWS], "test": y[ROWS:]}, ("a", "b"), "", "")
    features, times = [], []
    for depth, batch, seed in itertools.product((1, 2, 3, 5), (16, 40, 100, 300), (0, 1, 2, 3)):
        widths = tuple(int(w) for w in np.exp(rng.uniform(np.log(16), np.log(1024), depth)))
        run = spec(widths, batch, seed)
        features.append(lean_features(run, ROWS, EVALUATED))
        times.append(seconds(Lean(run, task), 3))
    fit(features, times)
    features, times = [], []
    for depth, columns, rows, seed in itertools.product((1, 2, 3, 5), (32, 64, 128), (16, 32, 64), (0, 1)):
        runs = [spec((columns * 3 // 4,) * depth, rows * 7 // 8, seed)] * GROUP
        shape = Shape(depth, columns, rows, INPUTS, CLASSES, 9, False)
        features.append(fused_features(runs[0], shape, ROWS, EVALUATED))
        times.append(seconds(Fused(runs, task, shape), 3) / GROUP)
    fit(features, times)


if __name__ == "__main__":
    main()
