import numpy as np
import pytest
import torch

from generators.spaces.schedules import learning_rates, schedule_factors
from nasbench_lc.errors import ConfigError


def torch_rates(make, lr, epochs):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    rates = []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_step_is_that_of_torch():
    settings = {"schedule": "step", "step_every": 80, "step_factor": 0.5}
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.StepLR(o, 80, 0.5), 0.03, 200)
    np.testing.assert_allclose(learning_rates(settings, 200, 0.03), theirs, rtol=1e-12)
    assert schedule_factors(settings, 161)[[0, 79, 80, 159, 160]].tolist() == [1, 1, 0.5, 0.5, 0.25]


@pytest.mark.parametrize("lr", [1e-4, 1e-1])
def test_cosine_is_that_of_torch(lr):
    settings = {"schedule": "cosine", "cosine_t_max": 50, "cosine_eta_min": 1e-8}
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 50, 1e-8), lr, 50)
    np.testing.assert_allclose(learning_rates(settings, 50, lr), theirs, rtol=1e-9)


def test_unknown_schedule():
    with pytest.raises(ConfigError, match="linear"):
        schedule_factors({"schedule": "linear"}, 3)
