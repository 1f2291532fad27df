"""The registry of what is measured. A new metric is one function in its family's module and one line here.

A :class:`CurveMetric` gives every curve its own number and the report their mean; a :class:`SetMetric` looks at all curves at once.
Both take a forecast and a target over the same epochs, `K` + 1 up to the horizon.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluation.accuracy import log_mae, mae_final, mape, mape_median, rmse, smape
from evaluation.calibration import coverage, crps, crps_median, nll, width
from evaluation.ranks import kendall, pearson, precision_at, regret_at, spearman, top_overlap
from nasbench_lc.curves import Floats, Target
from nasbench_lc.forecast import Forecast

__all__ = ["CURVE_METRICS", "SET_METRICS", "CurveMetric", "SetMetric", "measure"]


@dataclass(frozen=True)
class CurveMetric:
    """A number for every curve.

    Arguments:
        name: The key in a score file.
        score: From a forecast and a target to shape `(N,)`.
        lower_is_better: The direction; None where an ideal value lies in between.
        unit: What one is: ``"fraction"``, ``"nats"``, or ``"metric"`` for the unit of the curve metric.
        ideal: The value of a perfect forecast, None where it depends on the data.
    """

    name: str
    score: Callable[[Forecast, Target], Floats]
    lower_is_better: bool | None
    unit: str
    ideal: float | None = 0.0


@dataclass(frozen=True)
class SetMetric:
    """A number for a set of curves.

    Arguments:
        name: The key in a score file.
        score: From a forecast, a target, and whether a higher value of the curve metric is better, to a float.
        lower_is_better: The direction.
        unit: As for :class:`CurveMetric`.
        ideal: The value of a perfect forecast.
    """

    name: str
    score: Callable[[Forecast, Target, bool], float]
    lower_is_better: bool
    unit: str
    ideal: float = 0.0


CURVE_METRICS: dict[str, CurveMetric] = {
    m.name: m
    for m in (
        CurveMetric("mape", lambda f, y: mape(f.mean, y.y), True, "fraction"),
        CurveMetric("smape", lambda f, y: smape(f.mean, y.y), True, "fraction"),
        CurveMetric("log_mae", lambda f, y: log_mae(f.mean, y.y), True, "nats"),
        CurveMetric("mae_final", lambda f, y: mae_final(f.mean, y.y), True, "metric"),
        CurveMetric("crps", lambda f, y: crps(f.quantiles, f.levels, y.y), True, "metric"),
        CurveMetric("nll", lambda f, y: nll(f.density, y.y), True, "nats", None),
        CurveMetric("coverage_50", lambda f, y: coverage(f, y.y, 0.5), None, "fraction", 0.5),
        CurveMetric("coverage_80", lambda f, y: coverage(f, y.y, 0.8), None, "fraction", 0.8),
        CurveMetric("coverage_95", lambda f, y: coverage(f, y.y, 0.95), None, "fraction", 0.95),
        CurveMetric("width_80", lambda f, y: width(f, y.y, 0.8), True, "metric"),
    )
}
"""The metrics of single curves by name."""

SET_METRICS: dict[str, SetMetric] = {
    m.name: m
    for m in (
        SetMetric("mape_median", lambda f, y, _: mape_median(f.mean, y.y), True, "fraction"),
        SetMetric("crps_median", lambda f, y, _: crps_median(f.quantiles, f.levels, y.y), True, "metric"),
        SetMetric("rmse", lambda f, y, _: rmse(f.mean, y.y), True, "metric"),
        SetMetric("pearson", lambda f, y, _: pearson(f.mean[:, -1], y.y[:, -1]), False, "correlation", 1.0),
        SetMetric("spearman", lambda f, y, _: spearman(f.mean[:, -1], y.y[:, -1]), False, "correlation", 1.0),
        SetMetric("kendall", lambda f, y, _: kendall(f.mean[:, -1], y.y[:, -1]), False, "correlation", 1.0),
        SetMetric("top10_overlap", lambda f, y, up: top_overlap(f.mean[:, -1], y.y[:, -1], 10, up), False, "fraction", 1.0),
        SetMetric("precision_at_10", lambda f, y, up: precision_at(f.mean[:, -1], y.y[:, -1], 10, up), False, "fraction", 1.0),
        SetMetric("regret_at_1", lambda f, y, up: regret_at(f.mean[:, -1], y.y[:, -1], 1, up), True, "metric"),
        SetMetric("regret_at_5", lambda f, y, up: regret_at(f.mean[:, -1], y.y[:, -1], 5, up), True, "metric"),
    )
}
"""The metrics of sets of curves by name."""


def measure(forecast: Forecast, target: Target, higher: bool) -> dict[str, float | None]:
    """Every registered metric of a set of curves; None where it does not apply or is not finite."""
    if not len(target.y):
        return dict.fromkeys([*CURVE_METRICS, *SET_METRICS])
    with np.errstate(over="ignore", invalid="ignore"):
        scores = {name: float(np.mean(m.score(forecast, target))) for name, m in CURVE_METRICS.items()}
        scores |= {name: m.score(forecast, target, higher) for name, m in SET_METRICS.items()}
    return {name: value if np.isfinite(value) else None for name, value in scores.items()}
