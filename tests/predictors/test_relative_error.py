from dataclasses import replace

import numpy as np
import pytest
import torch

from predictors.relative_error import RelativeError
from predictors.standard_curves import StandardCurves
from tests.predictors.toy_curves import power_curves

ROWS = torch.arange(6)
LATER = slice(10, None)
"""Earlier, twice the truth is above all that training curves took, and is read as that."""


@pytest.mark.parametrize("metric", ["test_loss", "test_acc"])
def test_it_is_the_relative_error_in_the_unit_of_the_metric_but_for_one_factor(metric: str) -> None:
    train = power_curves(60, metric=metric)
    curves = StandardCurves.fit(train, graph=True)
    relative = RelativeError.of(curves, train)
    factor = 0.7 + 0.3 * torch.rand(len(ROWS), train.epochs, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    at = curves.scale.forward(torch.from_numpy(train.target[ROWS]) * factor)
    z = (at - torch.from_numpy(curves.mean[:, 0])) / torch.from_numpy(curves.spread[:, 0])
    cost = (relative(z.float(), ROWS) / (1 - factor))[:, LATER]
    np.testing.assert_allclose(cost, cost.median(), rtol=1e-3)


def test_too_low_is_cheaper_than_too_high_and_what_broke_away_counts_as_a_logarithm() -> None:
    train = power_curves(60)
    curves = StandardCurves.fit(train, graph=True)
    relative = RelativeError.of(curves, train)
    truth = torch.from_numpy(train.target[ROWS])

    def cost(factor: float) -> torch.Tensor:
        z = (curves.scale.forward(truth * factor) - torch.from_numpy(curves.mean[:, 0])) / torch.from_numpy(curves.spread[:, 0])
        return relative(z.float(), ROWS)[:, LATER]

    unit = cost(2.0)
    np.testing.assert_allclose(cost(1.0) / unit, 0.0, atol=1e-3)
    np.testing.assert_allclose(cost(0.5) / unit, 0.5, rtol=1e-2)
    np.testing.assert_allclose(cost(4.0) / unit, 1 + np.log(3.0), rtol=1e-2)


def test_a_missing_truth_costs_nothing_and_a_tiny_one_not_the_world() -> None:
    train = power_curves(60)
    y = train.y.copy()
    y[0, 3:], y[1, 5:] = np.nan, 1e-9
    curves = StandardCurves.fit(replace(train, y=y), graph=True)
    relative = RelativeError.of(curves, replace(train, y=y))
    z = torch.zeros(2, train.epochs, requires_grad=True)
    cost = relative(z, torch.tensor([0, 1]))
    cost.sum().backward()
    assert z.grad is not None
    assert cost[0, 3:].abs().max() == 0
    assert z.grad.isfinite().all()
    assert cost.isfinite().all()
    usual = torch.zeros(len(train), train.epochs, requires_grad=True)
    relative(usual, torch.arange(len(train))).sum().backward()
    assert usual.grad is not None
    assert z.grad[1].abs().max() <= 5 * 2 * usual.grad.abs().median()
