import numpy as np
import pytest
from scipy.optimize import approx_fprime, curve_fit

from predictors.parametric import Parametric
from predictors.parametric_families import FAMILIES
from predictors.parametric_fit import fit_family
from tests.predictors.toy_curves import power_curves

X = np.arange(1.0, 61.0)


@pytest.mark.parametrize("name", list(FAMILIES))
def test_derivatives(name: str) -> None:
    family = FAMILIES[name]
    phi = family.prior(60)[None] + 0.3
    _, slopes = family.shape(X, phi)
    for k in (0, 20, 59):
        if phi.size:
            oracle = approx_fprime(phi[0], lambda p, k=k: family.shape(X, p[None])[0][0, k], 1e-7)
            np.testing.assert_allclose([s[0, k] for s in slopes], oracle, atol=1e-5)


@pytest.mark.parametrize("name", list(FAMILIES))
@pytest.mark.parametrize("amplitude", [0.8, -0.5])
def test_known_parameters_are_recovered(name: str, amplitude: float) -> None:
    family = FAMILIES[name]
    phi = np.array([family.prior(60) + d for d in (-0.4, 0.0, 0.5)])
    truth = np.concatenate([np.tile([0.3, amplitude], (3, 1)), phi], axis=1)
    y = truth[:, :1] + truth[:, 1:2] * family.shape(X, phi)[0]
    prior = np.concatenate([np.tile([0.0, 0.0], (3, 1)), np.tile(family.prior(60), (3, 1))], axis=1)
    std = np.tile([10.0, 10.0, *(5 * np.array(family.std))], (3, 1))
    fit = fit_family(family, X, y, np.full(3, 1e-4), prior, std, steps=60)
    np.testing.assert_allclose(fit.parameters, truth, atol=0.02)
    np.testing.assert_allclose(fit.predict(X)[0], y, atol=1e-4)


def test_a_noisy_fit_is_scipys_fit() -> None:
    rng = np.random.default_rng(0)
    family = FAMILIES["pow3"]
    y = 0.2 + 0.9 * X**-0.7 + 0.01 * rng.standard_normal((4, 60))
    fit = fit_family(family, X, y, np.full(4, 0.05), np.zeros((4, 3)), np.full((4, 3), 20.0), steps=60)  # noise wide: no residual is cut
    for row, found in zip(y, fit.parameters, strict=True):
        oracle, _ = curve_fit(lambda x, c, a, phi: c + a * x ** -np.exp(phi), X, row, p0=[0.0, 1.0, -0.5])
        np.testing.assert_allclose(found, oracle, rtol=0.01)


def test_uncertainty_is_the_linear_one() -> None:
    family = FAMILIES["ilog2"]
    y = 0.2 + 0.9 / np.log(X + 1)
    fit = fit_family(family, X, y[None], np.array([0.05]), np.zeros((1, 2)), np.full((1, 2), 2.0))
    basis = np.stack([np.ones(60), 1 / np.log(X + 1)], axis=1)
    covariance = np.linalg.inv(basis.T @ basis / 0.05**2 + np.eye(2) / 4)
    np.testing.assert_allclose(fit.predict(X)[1][0], np.einsum("ki,ij,kj->k", basis, covariance, basis), rtol=1e-6)


def test_outliers_and_gaps_move_the_fit_little() -> None:
    family = FAMILIES["pow3"]
    y = np.tile(0.2 + 0.9 * X**-0.7, (2, 1))
    y[0, 30] = 50.0
    y[1, 10:20] = np.nan
    fit = fit_family(family, X, y, np.full(2, 0.01), np.zeros((2, 3)), np.full((2, 3), 10.0))
    np.testing.assert_allclose(fit.predict(X)[0], np.tile(0.2 + 0.9 * X**-0.7, (2, 1)), atol=0.01)


def test_forecasts_beat_the_last_value_and_go_beyond_the_training_curves() -> None:
    train, valid = power_curves(50), power_curves(60, seed=1)
    observed, target = power_curves(80, seed=2).observe(8)
    model = Parametric().fit(train, valid)
    error = np.abs(np.log(model.predict(observed, target.t).mean / target.y))
    assert error.mean() < 0.6 * np.abs(np.log(observed.target[:, -1:] / target.y)).mean()
    far = model.predict(observed, np.array([20.0, 60.0])).mean
    assert (far[:, 1] < far[:, 0]).mean() > 0.8
