from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.spaces.lcbench import LCBenchMLPSpace, funnel
from generators.tasks import load_task

CAR, SEGMENT = load_task("car-binary"), load_task("segment")

# The first samples of seed 0: the assignment of words to quantities is part of the format.
GOLDEN = [
    ("179-136-93-50", {"batch_size": 25.0, "dropout": 0.826769, "lr": 0.0203833, "momentum": 0.537078, "weight_decay": 0.0661437}),
    ("519", {"batch_size": 25.0, "dropout": 0.130367, "lr": 0.0265904, "momentum": 0.168201, "weight_decay": 0.0784646}),
    ("354-268-182-96", {"batch_size": 229.0, "dropout": 0.19738, "lr": 0.00232579, "momentum": 0.425346, "weight_decay": 0.00726875}),
]


def test_first_samples():
    samples = [LCBenchMLPSpace().sample(0, i, SEGMENT) for i in range(3)]
    assert [(a.string, hp) for a, hp in samples] == GOLDEN


def test_published_example():
    assert funnel(16, 7, 68, 4) == [68, 48, 28, 7]
    assert funnel(0, 0, 1000, 4) == [1000, 667, 334, 0]
    assert funnel(16, 7, 68, 1) == [7]
    assert funnel(500, 7, 64, 2) == [500, 7]


@given(st.integers(1, 2000), st.integers(2, 400), st.integers(64, 1024), st.integers(1, 5))
def test_funnel(inputs, outputs, top, layers):
    widths = funnel(inputs, outputs, top, layers)
    assert len(widths) == layers
    assert widths[-1] == outputs
    assert min(widths) >= 1
    steps = {a - b for a, b in pairwise(widths[:-1])}
    assert len(steps) <= 1
    if layers > 1:
        assert widths[0] == max(inputs, top)
        assert steps <= {max(0, (max(inputs, top) - outputs) // (layers - 1))}


@pytest.fixture(scope="module")
def samples():
    return [LCBenchMLPSpace().sample(1, i, SEGMENT) for i in range(500)]


def test_num_layers_counts_the_output_layer(samples):
    assert {len(a.widths) for a, _ in samples} == {0, 1, 2, 3, 4}
    shallow = next(a for a, _ in samples if not a.widths)
    assert shallow.string == "linear"
    assert LCBenchMLPSpace().size(shallow, SEGMENT) == (19 * 7 + 7, 19 * 7)


def test_dropout_follows_the_funnel_and_has_a_threshold(samples):
    fractions = {tuple(n.get("dropout_fraction", -1) for n in a.nodes[1:-1]) for a, _ in samples}
    assert fractions == {(), (1.0,), (1.0, 0.5), (1.0, 0.667, 0.334), (1.0, 0.75, 0.5, 0.25)}
    dropouts = [hp["dropout"] for _, hp in samples]
    assert 0.0 in dropouts
    assert all(d == 0 or d > 0.05 for d in dropouts)


def test_fixed_momentum_shifts_nothing(samples):
    fixed = LCBenchMLPSpace(momentum=0.9)
    for i in range(20):
        architecture, hp = fixed.sample(1, i, SEGMENT)
        assert architecture == samples[i][0]
        assert hp == {**samples[i][1], "momentum": 0.9}


def test_widths_belong_to_the_task():
    wide = [LCBenchMLPSpace().sample(1, i, CAR)[0].widths for i in range(50)]
    assert all(len(w) == len(LCBenchMLPSpace().sample(1, i, SEGMENT)[0].widths) for i, w in enumerate(wide))
    assert any(w != LCBenchMLPSpace().sample(1, i, SEGMENT)[0].widths for i, w in enumerate(wide))


def test_recipe():
    assert LCBenchMLPSpace().settings(CAR, 50) == {
        "activation": "relu",
        "cosine_eta_min": 1e-8,
        "cosine_t_max": 50,
        "init": "torch-linear",
        "loss": "cross_entropy_weighted",
        "nesterov": False,
        "optimizer": "sgd",
        "schedule": "cosine",
        "streams": 1,
    }
