import numpy as np

from predictors.dpl import DPL, DPLConfig
from predictors.features import static_features
from predictors.packing import unpack_json
from tests.predictors.toy_curves import power_curves


def errors(model: DPL, k: int) -> tuple[float, float]:
    observed, target = power_curves(60, seed=2).observe(k)
    mean = model.predict(observed, target.t).mean
    naive = np.exp(np.log(power_curves(150).target[:, k:]).mean(0)) if k == 0 else observed.target[:, -1:]
    return float(np.abs(np.log(mean / target.y)).mean()), float(np.abs(np.log(naive / target.y)).mean())


def test_it_learns_power_laws_from_hyperparameters_alone_and_with_a_prefix() -> None:
    model = DPL(DPLConfig(hidden=32, steps=400)).fit(power_curves(150), power_curves(45, seed=1))
    alone, naive = errors(model, 0)
    assert alone < 0.5 * naive
    with_prefix, last = errors(model, 4)
    assert with_prefix < 0.4 * last


def test_the_update_is_bayesian_regression() -> None:
    model = DPL(DPLConfig(members=1, hidden=16, steps=30)).fit(power_curves(40), power_curves(45, seed=1))
    observed, target = power_curves(3, seed=2).observe(5)
    known = {k.removeprefix("known."): v for k, v in model.state().items() if k.startswith("known.")}
    z, spread = model._point(known, observed, target.t)
    blind, _ = power_curves(3, seed=2).observe(5)
    blind.y[:] = np.nan
    prior, wide = model._point(known, blind, np.arange(6.0, 21.0))
    assert (spread < wide).all()
    width, noise = known["facts"][1], known["noise"][0]
    gamma = model._law_arrays(known, static_features(observed, unpack_json(known["words"])))[0, :, 2]
    law = model._law_arrays(known, static_features(observed, unpack_json(known["words"])))[0]
    for i in range(3):
        h = (np.arange(1, 21) / 20.0) ** -gamma[i]
        basis = np.stack([np.ones(20), h], axis=1)
        covariance = basis @ known["covariance"] @ basis.T
        curve = known["facts"][0] + width * (law[i, 0] + law[i, 1] * h)
        seen = np.arcsinh(observed.target[i] / 2e-4)
        gain = covariance[5:, :5] @ np.linalg.inv(covariance[:5, :5] + noise**2 * np.eye(5))
        np.testing.assert_allclose(z[i], curve[5:] + gain @ (seen - curve[:5]), rtol=1e-4)
        np.testing.assert_allclose(prior[i], curve[5:], rtol=1e-4)


def test_one_seed_gives_one_forecast() -> None:
    a, b, other = (DPL(DPLConfig(hidden=8, steps=5, seed=s)).fit(power_curves(30)).state() for s in (0, 0, 1))
    np.testing.assert_array_equal(a["known.weight2"], b["known.weight2"])
    assert not np.array_equal(a["known.weight2"], other["known.weight2"])
