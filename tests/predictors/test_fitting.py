import dataclasses
from collections import Counter

import pytest
import torch
from torch import Tensor, nn

from nasbench_lc.errors import ConfigError
from predictors.batches import Future, Inputs, Prefix, Scales, WholeCurves
from predictors.fitting import FitOptions, Network, cut_validation, fit, random_length, validation_lengths
from predictors.paths import Paths
from tests.predictors.toy_curves import power_curves


class Constant(Network):
    """Forecasts one number; its best value is the mean of what it is fitted to."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(3.0))
        self.betas: list[float] = []
        self.lengths: list[int] = []
        self.scored: list[int] = []

    def loss(self, prefix: Prefix, future: Future, beta: float, generator: torch.Generator) -> Tensor:
        self.betas.append(beta)
        self.lengths.append(len(prefix.epochs))
        return ((self.value - future.y).square() * future.mask).sum() / future.mask.sum().clamp(min=1)

    def forecast(self, prefix: Prefix, t: Tensor, paths: int, generator: torch.Generator) -> Paths:
        self.scored.append(len(prefix.epochs))
        shape = (len(prefix), 1, len(t))
        return Paths(self.value.expand(shape), torch.full(shape, 0.1))


def curves(seed: int = 0, n: int = 20, shift: float = 0.0) -> WholeCurves:
    raw = power_curves(n, seed=seed)
    whole = Scales.fit(raw, Inputs()).whole(raw)
    return dataclasses.replace(whole, values=whole.values + shift)


def test_finds_the_optimum() -> None:
    network = Constant()
    fit(network, curves(), None, FitOptions(epochs=60, lr=0.2, batch_size=8, weight_decay=0.0))
    assert abs(network.value.item()) < 0.2


def test_keeps_the_weights_that_validation_liked_best_and_stops() -> None:
    """Training pulls the value from 3 to 0, validation curves sit at 2: the best weights are passed on the way."""
    network = Constant()
    history = fit(network, curves(), curves(1, shift=2.0), FitOptions(epochs=200, lr=0.05, patience=5))
    assert len(history) < 200
    assert len(history) == history.index(min(history)) + 1 + 5
    assert abs(network.value.item() - 2.0) < 0.3


def test_same_seed_same_weights() -> None:
    values = []
    for seed in (0, 0, 1):
        network = Constant()
        fit(network, curves(), curves(1), FitOptions(epochs=20, lr=0.5, batch_size=8, seed=seed))
        values.append(network.value.item())
    assert values[0] == values[1] != values[2]


def test_the_kl_weight_rises_to_one() -> None:
    network = Constant()
    fit(network, curves(), None, FitOptions(epochs=6, kl_epochs=4, batch_size=100))
    assert network.betas == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_a_batch_that_is_not_finite_is_passed_over() -> None:
    bad = curves()
    bad.values[3, :, 0] = torch.inf
    network = Constant()
    fit(network, bad, None, FitOptions(epochs=20, lr=0.1, batch_size=4))
    assert torch.isfinite(network.value)
    assert abs(network.value.item()) < 2.9


def test_curves_without_values_are_no_training_curves() -> None:
    empty = curves(n=5)
    empty.seen[2] = 0
    assert empty.informative.tolist() == [0, 1, 3, 4]


def test_prefix_lengths_cover_none_to_most_and_favour_short_ones() -> None:
    generator = torch.Generator().manual_seed(0)
    lengths = Counter(random_length(200, generator) for _ in range(4000))
    assert set(lengths) <= set(range(161))
    assert 0.04 < lengths[0] / 4000 < 0.09
    assert 0.3 < sum(lengths[k] for k in range(5, 30)) / 4000 < 0.5
    assert max(lengths) > 140
    assert {random_length(2, generator) for _ in range(50)} == {0, 1}


@pytest.mark.parametrize(("prefix", "used"), [(5, 5), (1, 1), (10_000, len(curves().epochs) - 1)])
def test_a_fit_for_one_prefix_sees_and_is_stopped_by_no_other(prefix: int, used: int) -> None:
    network = Constant()
    fit(network, curves(), curves(1), FitOptions(epochs=4, prefix=prefix))
    assert set(network.lengths) == set(network.scored) == {used}
    assert [len(p.epochs) for p, _ in cut_validation(curves(1), prefix)] == [used]


def test_without_a_prefix_a_fit_sees_many() -> None:
    network = Constant()
    fit(network, curves(), curves(1), FitOptions(epochs=10, batch_size=4))
    assert len(set(network.lengths)) > 3
    assert sorted(set(network.scored)) == validation_lengths(len(curves().epochs))


@pytest.mark.parametrize("epochs", [2, 3, 20, 200])
def test_validation_lengths_lie_inside(epochs: int) -> None:
    assert all(1 <= k < epochs for k in validation_lengths(epochs))


@pytest.mark.parametrize("wrong", [{"lr": 0.0}, {"epochs": 0}, {"batch_size": 2.5}, {"epochs": True}, {"lr": "fast"}, {"patience": -1}])
def test_options_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="must"):
        FitOptions(**wrong)  # pyright: ignore[reportArgumentType]
