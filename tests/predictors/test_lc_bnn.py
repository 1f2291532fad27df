import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from predictors.features import hyperparameter_features
from predictors.lc_bnn import LCBNN, LCBNNConfig
from predictors.lc_bnn_net import LCNet, log_joint
from predictors.packing import unpack_json
from predictors.sghmc import sghmc
from tests.predictors.toy_curves import power_curves


def test_the_sampler_finds_a_normal_distribution() -> None:
    mean, std = torch.tensor([1.0, -2.0], dtype=torch.float64), torch.tensor([0.5, 2.0], dtype=torch.float64)
    noise = torch.Generator().manual_seed(1)

    def gradient(theta: torch.Tensor) -> torch.Tensor:
        return (theta - mean) / std**2 + 0.5 * torch.randn(2, generator=noise, dtype=torch.float64) / std

    start = torch.zeros(2, dtype=torch.float64)
    walk = torch.stack(list(sghmc(start, gradient, 40_000, 4_000, 0.1, torch.Generator().manual_seed(0))))[4_000:]
    np.testing.assert_allclose(walk.mean(0), mean, atol=0.25)
    np.testing.assert_allclose(walk.std(0), std, rtol=0.35)


def test_the_sampler_is_the_plain_loop() -> None:
    def gradient(theta: torch.Tensor) -> torch.Tensor:
        return 3 * theta + 1

    walk = list(sghmc(torch.tensor([0.3], dtype=torch.float64), gradient, 6, 4, 0.01, torch.Generator().manual_seed(0)))
    generator = torch.Generator().manual_seed(0)
    theta, tau, g, big_v, v = 0.3, 1.0, 1.0, 1.0, 0.0
    for step in range(6):
        slope = 3 * theta + 1
        if step < 4:
            r = 1 / (tau + 1)
            tau += -tau * g * g / (big_v + 1e-10) + 1
            g += -r * g + r * slope
            big_v += -r * big_v + r * slope**2
        m = 1 / (math.sqrt(big_v) + 1e-10)
        variance = max(2 * 1e-4 * 0.05 * m - 1e-8, 1e-16)
        v += -1e-4 * m * slope - 0.05 * v + math.sqrt(variance) * float(torch.randn(1, generator=generator, dtype=torch.float64))
        theta += v
        np.testing.assert_allclose(float(walk[step]), theta, rtol=1e-12)


def test_the_basis_by_hand() -> None:
    net = LCNet(2)
    theta = net.start(torch.Generator().manual_seed(0))
    p = net.split(theta)
    x = torch.tensor([[0.7, 0.25]], dtype=torch.float64)
    hidden = x
    for i in (0, 2, 4):
        hidden = torch.tanh(hidden @ p[i] + p[i + 1])
    u = ((torch.tanh(hidden @ p[6] + p[7]) + 1) / 2)[0].tolist()
    w = torch.softmax(hidden @ p[8] + p[9], -1)[0].tolist()
    t = 0.25
    vapour = math.exp(-u[0] - (u[1] / 10) / (t + 1e-5) - (u[2] / 10) * math.log(t)) - math.exp(u[0] + u[1] / 10)
    logarithm = (10 * u[5] + 5 * u[3] * math.log(u[4] * t + 1e-10)) / 10
    hill = u[6] / (((u[8] / 100) / t + 1e-5) ** u[7] + 1)
    wanted = float(torch.sigmoid(hidden @ p[10] + p[11])) + math.tanh(w[0] * vapour + w[1] * logarithm + w[2] * hill)
    np.testing.assert_allclose(float(net.mean(p, x)), wanted, rtol=1e-12)


def test_the_loss_is_likelihood_and_priors() -> None:
    net = LCNet(1)
    theta = net.start(torch.Generator().manual_seed(0)) + 0.1
    p = net.split(theta)
    x, y = torch.linspace(0.1, 1, 5, dtype=torch.float64)[:, None], torch.rand(5, dtype=torch.float64)
    s = p[-1][0]
    likelihood = -Normal(net.mean(p, x), (s / 2).exp()).log_prob(y).mean() - 0.5 * math.log(2 * math.pi)
    noise = Normal(math.log(1e-6), 0.1).log_prob(s) + 0.5 * math.log(2 * math.pi)
    weights = torch.cat([q.flatten() for q in p[:-1]])
    wanted = likelihood - (noise + (-(weights**2) / 2).mean()) / 40
    np.testing.assert_allclose(float(log_joint(net, p, x, y, 40)), float(wanted), rtol=1e-7)


def test_it_learns_from_hyperparameters_and_its_quantiles_are_normal() -> None:
    model = LCBNN(LCBNNConfig(steps=1300, keep_every=50)).fit(power_curves(80, noise=0.0))
    observed, target = power_curves(40, seed=2, noise=0.0).observe(5)
    forecast = model.predict(observed, target.t)
    constant = power_curves(80, noise=0.0).target[:, 5:].mean(0)
    assert np.abs(forecast.mean - target.y).mean() < 0.8 * np.abs(constant - target.y).mean()
    assert forecast.density is not None
    mean, std = forecast.density.mean[:, 0], forecast.density.std[:, 0]
    np.testing.assert_allclose(forecast.quantile(0.9), np.maximum(mean + 1.2815515655446004 * std, 0), rtol=1e-9)


@pytest.mark.parametrize("constant", [True, False])
def test_constant_inputs_are_guarded(constant: bool) -> None:
    curves = power_curves(20)
    if constant:
        curves.hyperparameters[:] = 0.1
    observed, target = power_curves(4, seed=1).observe(3)
    forecast = LCBNN(LCBNNConfig(steps=20)).fit(curves).predict(observed, target.t)
    assert np.isfinite(forecast.quantiles).all()
    assert (np.ptp(forecast.mean, axis=0) < 1e-12).all() == constant


def test_what_lies_between_the_knots_is_what_the_network_says_there() -> None:
    model = LCBNN(LCBNNConfig(steps=1300, keep_every=50)).fit(power_curves(40, epochs=100))
    observed, target = power_curves(6, epochs=100, seed=2).observe(3)
    forecast, state = model.predict(observed, target.t), model.state()
    assert forecast.density is not None
    x = (hyperparameter_features(observed.hyperparameters, unpack_json(state["facts"])) - state["centre"]) / state["spread"]
    samples, facts = torch.from_numpy(state["samples"]), unpack_json(state["facts"])
    net = LCNet(x.shape[1] + 1)
    rows = torch.from_numpy(np.column_stack([np.repeat(x, len(target.t), 0), np.tile(target.t / 100, len(x))]))
    mu = torch.stack([net.mean(net.split(theta), rows) for theta in samples]).reshape(len(samples), 6, -1).numpy()
    np.testing.assert_allclose(forecast.density.mean[:, 0], (1 - mu.mean(0)) * facts["unit"], atol=5e-3 * facts["unit"])
    noise = samples[:, -1].exp().mean().item()
    np.testing.assert_allclose(forecast.density.std[:, 0], np.sqrt(mu.var(0) + noise) * facts["unit"], atol=5e-3 * facts["unit"])


def test_the_prefix_is_not_looked_at() -> None:
    model = LCBNN(LCBNNConfig(steps=20)).fit(power_curves(20))
    observed, target = power_curves(4, seed=1).observe(3)
    before = model.predict(observed, target.t).mean
    observed.y[:] = 9.0
    np.testing.assert_array_equal(model.predict(observed, target.t).mean, before)


def test_ninety_nine_samples_by_default_and_one_at_least() -> None:
    config = LCBNNConfig(steps=130, burn_in=30, keep_every=1, batch_size=2)
    assert len(LCBNN(config).fit(power_curves(5)).state()["samples"]) == 99
    assert len(LCBNN(LCBNNConfig(steps=2)).fit(power_curves(5)).state()["samples"]) == 1


def test_every_parameter_gets_a_gradient_from_the_data() -> None:
    net, draw = LCNet(4), torch.Generator().manual_seed(0)
    parameters = [p.requires_grad_() for p in net.split(net.start(draw))]
    x, y = torch.rand(20, 4, generator=draw, dtype=torch.float64), torch.rand(20, generator=draw, dtype=torch.float64)
    slopes = torch.autograd.grad(
        (net.mean(parameters[:-1], x) - y).square().mean(), parameters[:-1]
    )  # without the prior, which reaches all
    assert all(bool(slope.any()) for slope in slopes)
