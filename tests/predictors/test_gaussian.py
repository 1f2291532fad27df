from dataclasses import replace

import numpy as np

from predictors.gaussian import Gaussian, GaussianConfig
from predictors.scale import to_scale
from tests.predictors.toy_curves import power_curves


def test_conditioning_is_the_textbook_formula() -> None:
    curves = power_curves(60, epochs=9, metric="test_acc")
    model = Gaussian(GaussianConfig(rank=3)).fit(curves, power_curves(40, epochs=9, seed=1, metric="test_acc"))
    observed, target = power_curves(4, epochs=9, seed=2, metric="test_acc").observe(5)
    observed.y[1, 2] = np.nan
    forecast = model.predict(observed, target.t)
    state = model.state()
    mean, w, psi = (state[f"known.{k}"][:, 1] for k in ("mean", "loadings", "noise"))
    covariance = w @ w.T + np.diag(psi)
    for i in range(4):
        seen = np.flatnonzero(np.isfinite(observed.y[i, :, 1]))
        gain = covariance[5:][:, seen] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
        wanted = mean[5:] + gain @ (observed.y[i, seen, 1] - mean[seen])
        np.testing.assert_allclose(forecast.mean[i], np.clip(wanted, 0, 1), rtol=1e-8)


def test_it_finds_the_future_of_curves_of_low_rank() -> None:
    rng = np.random.default_rng(0)
    curves = power_curves(340, epochs=20)
    basis = np.stack([np.ones(20), np.linspace(0, 1, 20) ** 0.5])
    loss = np.exp(rng.standard_normal((340, 2)) @ basis)
    curves = replace(curves, y=np.stack([loss, curves.y[..., 1]], -1))
    model = Gaussian().fit(curves.subset(slice(0, 200)), curves.subset(slice(200, 240)))
    observed, target = curves.subset(slice(240, None)).observe(5)
    error = np.abs(to_scale(model.predict(observed, target.t).mean, "test_loss") - to_scale(target.y, "test_loss"))
    assert np.median(error) < 0.05


def test_one_explosion_among_the_training_curves_moves_the_others_little() -> None:
    curves = power_curves(200)
    valid = power_curves(40, seed=1)
    observed, target = power_curves(50, seed=2).observe(5)
    clean = Gaussian().fit(curves, valid).predict(observed, target.t).mean
    curves.y[7, 3:, 0] = 1e5
    spoilt = Gaussian().fit(curves, valid).predict(observed, target.t).mean
    assert np.median(np.abs(np.log(spoilt / clean))) < 0.05
