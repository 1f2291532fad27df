import numpy as np

from evaluation.metrics import CURVE_METRICS, SET_METRICS, measure
from evaluation.results import KEYS
from nasbench_lc.curves import Target
from nasbench_lc.forecast import Forecast


def test_every_metric_has_a_key_in_the_rows() -> None:
    assert set(CURVE_METRICS) | set(SET_METRICS) <= set(KEYS)


def test_what_does_not_apply_is_none() -> None:
    t = np.arange(1.0, 4.0)
    truth = np.random.default_rng(0).uniform(1, 2, (5, 3))
    scores = measure(Forecast.from_point(t, truth + 0.1), Target(t, truth), higher=False)
    without = {"crps", "crps_median", "nll", "coverage_50", "coverage_80", "coverage_95", "width_80"}
    assert {n for n, v in scores.items() if v is None} == without
    assert all(v is None for v in measure(Forecast.from_point(t, truth[:0]), Target(t, truth[:0]), False).values())


def test_what_overflows_is_none() -> None:
    t = np.arange(1.0, 3.0)
    truth = np.array([[1.0, 1e300], [1.0, 2.0]])
    scores = measure(Forecast.from_point(t, np.ones((2, 2))), Target(t, truth), higher=False)
    assert scores["rmse"] is None
    assert scores["mape_median"] is not None
