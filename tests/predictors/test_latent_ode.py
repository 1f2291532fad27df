import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nasbench_lc.errors import ConfigError
from predictors.batches import Inputs, Prefix, Scales
from predictors.latent_ode import LatentODE, LatentOptions
from predictors.lc_gode import LCGODE, LCGODEOptions
from predictors.posterior import Clock
from tests.predictors.toy_curves import cell, power_curves

SMALL = LCGODEOptions(epochs=20, batch_size=16, lr=5e-3)


def network_and_prefix(**options: object) -> tuple[LatentODE, Scales, Prefix]:
    predictor = LCGODE(dataclasses.replace(SMALL, **options))  # pyright: ignore[reportArgumentType]
    curves = power_curves(12)
    scales = Scales.fit(curves, predictor.inputs())
    torch.manual_seed(0)
    return predictor.build(scales), scales, scales.whole(curves).cut(torch.arange(12), 5)[0]


def test_the_hoisted_share_is_the_joint_first_layer() -> None:
    network, _, prefix = network_and_prefix()
    u, z = network.context(prefix), torch.randn(12, 3, 16)
    assert u is not None
    assert network.constant is not None
    joint = nn.Linear(32, 64)
    joint.weight.data = torch.cat([network.inner.weight, network.constant.weight], dim=1)
    joint.bias.data = network.inner.bias.data
    expected = network.outer(nn.functional.gelu(joint(torch.cat([z, u.unsqueeze(1).expand(12, 3, 16)], dim=-1))))
    torch.testing.assert_close(network.dynamics(u)(torch.tensor(0.0), z), expected)


@pytest.mark.parametrize("solver", ["torchdiffeq"])
def test_solvers_agree(solver: str) -> None:
    t = torch.arange(6.0, 21.0)
    answers = []
    for name in ("rk4", solver):
        network, _, prefix = network_and_prefix(solver=name, steps=48)
        answers.append(network.forecast(prefix, t, 4, torch.Generator().manual_seed(0)).mean)
    torch.testing.assert_close(answers[0], answers[1], rtol=1e-4, atol=1e-4)


def test_step_doubling_on_trained_weights() -> None:
    curves = power_curves(40, seed=1)
    predictor = LCGODE(SMALL).fit(curves)
    observed, target = power_curves(10, seed=2).observe(5)
    assert predictor.solver_error(observed, target.t) < 1e-4


@pytest.mark.parametrize("graph", [True, False])
@pytest.mark.parametrize("hyperparameters", [True, False])
def test_each_input_is_read_only_where_it_is_asked_for(graph: bool, hyperparameters: bool) -> None:
    network, scales, _ = network_and_prefix(use_graph=graph, use_hyperparameters=hyperparameters)
    base, _ = power_curves(2).observe(5)
    other = dataclasses.replace(base, architectures=(cell(("a", "b", "c")),) * 2)
    faster = dataclasses.replace(base, hyperparameters=base.hyperparameters * 3)

    def answer(observed: object) -> Tensor:
        return network.forecast(scales.prefix(observed), torch.tensor([9.0]), 2, torch.Generator().manual_seed(0)).mean  # type: ignore[arg-type]

    assert torch.equal(answer(other), answer(base)) != graph
    assert torch.equal(answer(faster), answer(base)) != hyperparameters


def test_learns_the_level_and_speed_from_hyperparameters_and_architecture() -> None:
    """Given one noisy epoch, only a predictor that reads both inputs can tell the curves apart."""
    train, valid, test = power_curves(64, seed=1), power_curves(16, seed=2), power_curves(40, seed=3)
    observed, target = test.observe(1)
    scores = []
    for inputs in (True, False):
        options = dataclasses.replace(SMALL, epochs=40, samples=1, steps=6, use_graph=inputs, use_hyperparameters=inputs, all_metrics=False)
        forecast = LCGODE(options).fit(train, valid).predict(observed, target.t)
        scores.append(np.abs(forecast.mean / target.y - 1).mean())
    assert scores[0] < 0.6 * scores[1]


@pytest.mark.parametrize("kind", ["linear", "log"])
def test_clock_runs_from_zero_to_one(kind: str) -> None:
    clock = Clock(kind, 50)
    assert clock.of(0) == 0
    assert math.isclose(clock.of(50), 1, rel_tol=1e-6)
    assert bool((clock(torch.arange(0.0, 80.0)).diff() > 0).all())


@pytest.mark.parametrize("wrong", [{"encoder": "mamba"}, {"convolution": "sage"}, {"solver": "euler"}, {"graph": "tree"}, {"steps": 0}])
def test_unknown_choices_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        LCGODEOptions(**wrong)  # pyright: ignore[reportArgumentType]


def test_options_of_the_trunk_alone_build_a_network() -> None:
    scales = Scales.fit(power_curves(5), Inputs())
    assert LatentODE(LatentOptions(), scales, None).constant is None
