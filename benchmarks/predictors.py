"""How fast the neural predictors are: `python -m benchmarks.predictors [--fit] [--out FILE.json]`.

Seconds of process time on one thread, the best of several repetitions; every ratio compares two things measured side by side.
Curves are synthetic.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torchdiffeq import odeint

from benchmarks.baselines.released_lc_gode_loop import ReleasedLoop
from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.curves import CurveSet, Status
from predictors.batches import Scales
from predictors.lc_gode import LCGODE, LCGODEOptions
from predictors.ode import solve

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
LINKS = tuple(sorted([(0, 1 + e) for e, (a, _) in enumerate(EDGES) if a == 0]
    + [(1 + e, 1 + f) for e, (_, b) in enumerate(EDGES) for f, (a, _) in enumerate(EDGES) if a == b]
    + [(1 + e, 7) for e, (_, b) in enumerate(EDGES) if b == 3]))  # fmt: skip


def seconds(work: Callable[[], Any], repeats: int = 5) -> float:
    """The least process time of several repetitions."""
    work()
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def cells(n: int, epochs: int = 200) -> CurveSet:
    """Power-law curves of random NAS-Bench-201 cells."""
    rng = np.random.default_rng(0)
    ops = rng.integers(0, 5, (n, 6))
    architectures = tuple(Architecture("nb201", (Node("input"), *(Node(OPS[o]) for o in row), Node("output")), LINKS) for row in ops)
    level = 0.2 + 0.1 * (ops == 0).sum(1, keepdims=True)
    t = np.arange(1, epochs + 1)
    loss = (level + 2 * t ** -(0.3 + 0.1 * (ops == 3).sum(1, keepdims=True))) * np.exp(0.02 * rng.standard_normal((n, epochs)))
    rows = tuple(map(str, range(n)))
    hp = 10 ** rng.uniform(-3, -1, (n, 2))
    return CurveSet(
        architectures, hp, ("lr", "weight_decay"), loss[:, :, None], ("test_loss",), "test_loss",
        rows, rows, (Status.OK,) * n, np.ones((n, epochs)),
    )  # fmt: skip


def ode() -> dict[str, float]:
    """Forward and backward over a 190-point grid at 384 rows, latent 16, hidden 64."""
    torch.manual_seed(0)
    inner, outer, constant, decoder = nn.Linear(16, 64), nn.Linear(64, 16), nn.Linear(16, 64), nn.Linear(16, 1)
    u, z0 = torch.randn(2, 384, 16)
    grid = torch.linspace(0.05, 1, 191)

    def ours() -> torch.Tensor:
        share = constant(u)
        path = solve(lambda s, z: outer(nn.functional.gelu(inner(z) + share)), z0, 0.05, grid[1:], 24)
        return path.map(lambda z: z @ decoder.weight.T, decoder.bias).at(grid[1:])

    def theirs(**options: Any) -> torch.Tensor:
        path = odeint(lambda s, z: outer(nn.functional.gelu(inner(z) + constant(u))), z0, grid, **options)
        assert isinstance(path, torch.Tensor)
        return decoder(path[1:])

    with torch.no_grad():
        exact = theirs(method="dopri5", rtol=1e-7, atol=1e-7)
        error, loose = (float((x - exact).abs().max()) for x in (ours(), theirs(method="dopri5", rtol=1e-3, atol=1e-3)))
    times = {
        "ours": seconds(lambda: ours().sum().backward()),
        "torchdiffeq_rk4": seconds(lambda: theirs(method="rk4").sum().backward()),
        "torchdiffeq_dopri5": seconds(lambda: theirs(method="dopri5", rtol=1e-3, atol=1e-3).sum().backward()),
    }
    return {
        **{f"{name}_ms": 1e3 * value for name, value in times.items()},
        "ratio_rk4": times["torchdiffeq_rk4"] / times["ours"],
        "ratio_dopri5": times["torchdiffeq_dopri5"] / times["ours"],
        "ours_error": error,
        "dopri5_error": loose,
    }


def epoch(n: int = 500) -> dict[str, float]:
    """One epoch over 500 NAS-Bench-201 graphs, 10 of 200 epochs observed, 3 samples, against the reconstructed loop."""
    curves = cells(n)
    predictor = LCGODE(LCGODEOptions(batch_size=n, samples=3, use_hyperparameters=False))
    scales = Scales.fit(curves, predictor.inputs())
    network, whole = predictor.build(scales), scales.whole(curves)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    generator = torch.Generator().manual_seed(0)

    def ours() -> None:
        loss = network.loss(*whole.cut(torch.randperm(n, generator=generator), 10), 1.0, generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    assert whole.graphs is not None
    edges = [torch.tensor([*a.edges, *[(b, c) for c, b in a.edges]]).T for a in curves.architectures]
    graphs = [(x[: len(a.nodes)], e) for x, a, e in zip(whole.graphs.features, curves.architectures, edges, strict=True)]
    loop = ReleasedLoop(graphs, whole.values[:, :, 0], 10, n)
    times = {"ours": seconds(ours, 3), "reconstruction": seconds(loop.epoch, 3)}
    return {**{f"{name}_ms": 1e3 * value for name, value in times.items()}, "ratio": times["reconstruction"] / times["ours"]}


def whole_predictor(epochs: int) -> dict[str, float]:
    """Fitting 400 curves for so many epochs without stopping early, and forecasting."""
    curves = cells(1400)
    predictor = LCGODE(LCGODEOptions(epochs=epochs, patience=epochs))
    start = time.process_time()
    predictor.fit(curves.subset(slice(0, 340)), curves.subset(slice(340, 400)))
    fitted = time.process_time() - start
    observed, target = curves.subset(slice(400, 1400)).observe(10)
    alone = observed.subset(slice(0, 1))
    return {
        f"fit_400_curves_{epochs}_epochs_s": fitted,
        "forecast_1000_curves_s": seconds(lambda: predictor.predict(observed, target.t), 3),
        "forecast_one_curve_ms": 1e3 * seconds(lambda: predictor.predict(alone, target.t), 10),
        "solver_error": predictor.solver_error(observed, target.t),
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="fit for 200 epochs instead of 20")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = {
        "machine": f"{platform.machine()}, torch {torch.__version__}, 1 thread, process time",
        "ode": ode(),
        "epoch": epoch(),
        "lc_gode": whole_predictor(200 if arguments.fit else 20),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
