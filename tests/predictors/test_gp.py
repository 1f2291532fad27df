import numpy as np
import torch
from torch.distributions import MultivariateNormal

from predictors.gp import GP, GPConfig, _covariances
from predictors.kronecker import Posterior, condition_rows, likelihood_surrogate
from predictors.mean_curve import MeanCurve
from tests.predictors.toy_curves import power_curves


def problem(n: int = 6, epochs: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    x, y = torch.from_numpy(rng.standard_normal((n, 2))), torch.from_numpy(rng.standard_normal((n, epochs)))
    return x, torch.log(torch.arange(1.0, epochs + 1).double()), y


def test_the_surrogate_has_the_gradient_of_the_dense_likelihood() -> None:
    x, log_t, y = problem()
    raw = torch.tensor([0.3, -1.0, 0.2, -2.0, 0.1, 0.4, -0.3], dtype=torch.float64, requires_grad=True)
    a, b, noise = _covariances(raw, x, x, log_t)
    a = a + raw[1].exp() * torch.eye(6)
    (fast,) = torch.autograd.grad(likelihood_surrogate(a, b, noise, y), raw, retain_graph=True)
    dense = MultivariateNormal(torch.zeros(30).double(), torch.kron(a, b) + noise * torch.eye(30).double())
    (slow,) = torch.autograd.grad(-dense.log_prob(y.flatten()), raw)
    torch.testing.assert_close(fast, slow, rtol=1e-6, atol=1e-8)


def test_forecasts_are_those_of_the_dense_process() -> None:
    x, log_t, y = problem()
    raw = torch.tensor([0.3, -1.0, 0.2, -2.0, 0.1, 0.4, -0.3], dtype=torch.float64)
    full, b, noise = _covariances(raw, x, x, log_t)
    full = full + raw[1].exp() * torch.eye(6)
    covariance = torch.kron(full, b).numpy()
    s2 = float(noise)
    posterior = Posterior(full[:4, :4].numpy(), b.numpy(), s2, y[:4].numpy())
    mean, vectors, values = posterior.rows(full[4:, :4].numpy(), np.diagonal(full[4:, 4:].numpy()))
    seen = np.array([[True, True], [False, True]])
    z, variance = condition_rows(mean, vectors, values, s2, seen, y[4:, :2].numpy(), np.array([2, 3, 4]))
    for i in (0, 1):
        own = 5 * (4 + i)
        given = [*range(20), *(own + np.flatnonzero(seen[i]))]
        wanted = [own + 2, own + 3, own + 4]
        gain = covariance[np.ix_(wanted, given)] @ np.linalg.inv(covariance[np.ix_(given, given)] + s2 * np.eye(len(given)))
        np.testing.assert_allclose(z[i], gain @ y.numpy().flatten()[given], rtol=1e-7)
        left = covariance[np.ix_(wanted, wanted)] - gain @ covariance[np.ix_(given, wanted)]
        np.testing.assert_allclose(variance[i], np.diagonal(left) + s2, rtol=1e-7)


def test_it_learns_from_features_and_from_the_prefix() -> None:
    train, valid = power_curves(120), power_curves(45, seed=1)
    model = GP(GPConfig(steps=40)).fit(train, valid)
    observed, target = power_curves(60, seed=2).observe(4)
    error = np.abs(np.log(model.predict(observed, target.t).mean / target.y)).mean()
    constant = np.abs(np.log(MeanCurve().fit(train, valid).predict(observed, target.t).mean / target.y)).mean()
    assert error < 0.3 * constant
    observed.y[:] = np.nan
    blind = np.abs(np.log(model.predict(observed, target.t).mean / target.y)).mean()
    assert blind < 0.3 * constant
