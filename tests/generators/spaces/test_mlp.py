from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from torch import nn

from generators.spaces.mlp import MLPSpace
from generators.tasks import load_task
from nasbench_lc.architecture import Node
from nasbench_lc.errors import ConfigError

CAR = load_task("car-binary")

# The first samples of seed 0: the assignment of words to quantities is part of the format.
GOLDEN = [
    ("74-27-393-250-498", {"batch_size": 87.0, "dropout": 0.0309288, "lr": 0.000348112, "momentum": 0.31467, "weight_decay": 0.0876366}),
    ("369-27", {"batch_size": 20.0, "dropout": 0.526798, "lr": 0.00245441, "momentum": 0.685091, "weight_decay": 0.0924294}),
    ("208-389-106-21-36", {"batch_size": 56.0, "dropout": 0.570996, "lr": 0.000277319, "momentum": 0.515831, "weight_decay": 0.0892827}),
]


def test_first_samples():
    samples = [MLPSpace().sample(0, i, CAR) for i in range(3)]
    assert [(a.string, hp) for a, hp in samples] == GOLDEN


def test_architecture_key():
    architecture, _ = MLPSpace().sample(0, 1, CAR)
    assert architecture.key == "8bb9d3292b90903ef30e72b7de63db6c9b8f7ae3c9e453898b5a92c0410c37e4"
    assert architecture.nodes == (Node("input"), Node.of("linear", units=369), Node.of("linear", units=27), Node("output"))
    assert architecture.edges == ((0, 1), (1, 2), (2, 3))


@pytest.fixture(scope="module")
def samples():
    return [MLPSpace().sample(3, i, CAR) for i in range(2000)]


def test_ranges_and_distributions(samples):
    depths = np.array([len(a.widths) for a, _ in samples])
    assert stats.chisquare(np.bincount(depths, minlength=6)[1:]).pvalue > 1e-3
    column = {name: np.array([hp[name] for _, hp in samples]) for name in samples[0][1]}
    for name, distribution in {
        "lr": stats.loguniform(1e-4, 1e-1),
        "weight_decay": stats.uniform(1e-5, 1e-1 - 1e-5),
        "dropout": stats.uniform(0, 1),
        "momentum": stats.uniform(0.1, 0.89),
        "batch_size": stats.loguniform(15.5, 512.5),
    }.items():
        # 2,000 draws: the statistic exceeds 0.044 once in a thousand; whole batch sizes add their steps of up to 0.018.
        assert stats.kstest(column[name], distribution.cdf).statistic < (0.062 if name == "batch_size" else 0.044), name
    widths = np.array([w for a, _ in samples for w in a.widths])
    assert widths.min() == 16
    assert 1000 < widths.max() <= 1024
    assert column["batch_size"].min() >= 16
    assert column["batch_size"].max() <= 512


def test_quantities_are_independent(samples):
    table = np.array([[len(a.widths), np.log(a.widths[0]), np.log(hp["lr"]), *(hp[n] for n in ("weight_decay", "dropout", "momentum"))]
                      for a, hp in samples])  # fmt: skip
    off_diagonal = np.corrcoef(table.T)[~np.eye(6, dtype=bool)]
    assert np.abs(off_diagonal).max() < 0.08


def test_fixed_momentum_shifts_nothing(samples):
    fixed = MLPSpace(momentum=0.0)
    for i in range(50):
        architecture, hp = fixed.sample(3, i, CAR)
        assert architecture == samples[i][0]
        assert hp == {**samples[i][1], "momentum": 0.0}
    assert fixed.settings(CAR, 200) == {**MLPSpace().settings(CAR, 200), "fixed_momentum": 0.0}


def test_architectures_do_not_depend_on_the_table():
    assert MLPSpace().sample(0, 4, CAR) == MLPSpace().sample(0, 4, load_task("segment"))


def test_size_is_that_of_torch(samples):
    for architecture, _ in samples[:20]:
        widths = (21, *architecture.widths, 2)
        layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
        params = sum(p.numel() for layer in layers for p in layer.parameters())
        assert MLPSpace().size(architecture, CAR) == (params, sum(layer.weight.numel() for layer in layers))


def test_images_are_refused():
    with pytest.raises(ConfigError, match="must be a table"):
        MLPSpace().sample(0, 0, load_task("digits-image"))


def test_recipe():
    assert MLPSpace().settings(CAR, 200) == {
        "activation": "relu",
        "init": "torch-linear",
        "loss": "cross_entropy",
        "nesterov": False,
        "optimizer": "sgd",
        "schedule": "step",
        "step_every": 80,
        "step_factor": 0.5,
        "streams": 1,
    }
