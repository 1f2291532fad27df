"""Small synthetic tasks for the tests of the predictors."""

import numpy as np

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.curves import CurveSet, Status


def chain(*widths: int) -> Architecture:
    nodes = (Node.of("input"), *(Node.of("linear", units=w) for w in widths), Node.of("output"))
    return Architecture("mlp", nodes, tuple((i, i + 1) for i in range(len(nodes) - 1)))


def cell(ops: tuple[str, str, str]) -> Architecture:
    """input -> ops[0] -> output, and input -> ops[1] -> ops[2] -> output."""
    nodes = (Node.of("input"), Node.of(ops[0]), Node.of(ops[1]), Node.of(ops[2]), Node.of("output"))
    return Architecture("cell", nodes, ((0, 1), (0, 2), (1, 4), (2, 3), (3, 4)))


def power_curves(n: int, epochs: int = 20, seed: int = 0, noise: float = 0.02, metric: str = "test_loss") -> CurveSet:
    """Noisy power laws whose level depends on the depth of a chain and whose speed on the learning rate; the accuracy mirrors the loss."""
    rng = np.random.default_rng(seed)
    architectures = tuple(chain(*rng.integers(8, 65, rng.integers(1, 4)).tolist()) for _ in range(n))
    hp = np.stack([10 ** rng.uniform(-3, -1, n), rng.choice([16.0, 64.0], n)], axis=1)
    t = np.arange(1, epochs + 1)
    level = np.array([0.1 * len(a.widths) for a in architectures])[:, None]
    speed = 0.3 + 0.3 * (np.log10(hp[:, :1]) + 3)
    loss = (level + t**-speed) * np.exp(noise * rng.standard_normal((n, epochs)))
    acc = np.clip(1 - loss / 2 + noise * rng.standard_normal((n, epochs)), 0, 1)
    rows = tuple(str(i) for i in range(n))
    return CurveSet(
        architectures=architectures,
        hyperparameters=hp,
        hyperparameter_names=("lr", "batch_size"),
        y=np.stack([loss, acc], axis=-1),
        metrics=("test_loss", "test_acc"),
        metric=metric,
        uid=rows,
        group=rows,
        status=(Status.OK,) * n,
        seconds=np.ones((n, epochs)),
        n_params=np.array([float(sum(a.widths)) for a in architectures]),
        n_macs=np.array([float(sum(a.widths)) for a in architectures]),
    )
