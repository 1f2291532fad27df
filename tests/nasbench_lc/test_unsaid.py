import numpy as np

from nasbench_lc.forecast import Forecast
from nasbench_lc.unsaid import unsaid_quantiles


def forecast(*known: bool) -> Forecast:
    levels = np.linspace(0.1, 0.9, len(known))
    quantiles = np.where(known, levels, np.nan) * np.ones((2, 3, 1))
    return Forecast(np.arange(3.0), np.zeros((2, 3)), levels, quantiles)


def test_names_what_is_missing_and_nothing_else() -> None:
    assert unsaid_quantiles(forecast(True, True, True)) == ""
    assert "too few for 0.1, 0.9." in unsaid_quantiles(forecast(False, True, False))
    assert "too few for 0.1." in unsaid_quantiles(forecast(False, True, False), [0.1, 0.5])
    assert unsaid_quantiles(forecast(False, True, False), [0.5]) == ""
    assert "too few for any level." in unsaid_quantiles(forecast(False, False, False))


def test_no_curves_miss_nothing() -> None:
    assert unsaid_quantiles(Forecast(np.arange(3.0), np.zeros((0, 3)), np.array([0.5]), np.zeros((0, 3, 1)))) == ""
