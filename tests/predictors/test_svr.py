import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR as Oracle

from predictors.last_value import LastValue
from predictors.svr import SVR, SVRConfig
from predictors.table import remember, tabulate
from tests.predictors.toy_curves import power_curves

TRAIN, VALID, TEST = power_curves(150), power_curves(45, seed=1), power_curves(60, seed=2)


def test_it_beats_the_last_value() -> None:
    observed, target = TEST.observe(5)
    svr, last = (np.abs(np.log(m.fit(TRAIN, VALID).predict(observed, target.t).mean / target.y)).mean() for m in (SVR(), LastValue()))
    assert svr < 0.5 * last


def test_one_epoch_ahead_it_is_scikit_learns_machine() -> None:
    observed, _ = TEST.observe(5)
    known, t = remember(TRAIN), np.array([20.0])
    table = tabulate(known, observed, t)
    change = table.change[:, 0] - table.change[:, 0].mean()
    varied = table.train.std(0) > 1e-9
    oracle = make_pipeline(StandardScaler(), Oracle(C=3.0, epsilon=0.05, gamma=1 / varied.sum()))
    oracle.fit(np.where(varied, table.train, 0.0), change / change.std())
    z, _ = SVR(SVRConfig())._point(known, observed, t)
    calm = (np.abs((table.query - table.train.mean(0)) / np.where(varied, table.train.std(0), np.inf)) < 5).all(1)
    wanted = table.start + table.change.mean() + change.std() * oracle.predict(np.where(varied, table.query, 0.0))
    np.testing.assert_allclose(z[calm, 0], wanted[calm], atol=0.02)
    assert calm.sum() > 30
