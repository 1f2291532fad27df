"""From one forecast to one set of scores."""

from dataclasses import replace

import numpy as np

from evaluation.calibration import pit_histogram, reliability
from evaluation.consistency import error_by_epoch, excess_jump, violations
from evaluation.metrics import measure
from evaluation.results import Profile
from nasbench_lc.curves import Bools, Observed, Target, higher_is_better
from nasbench_lc.forecast import Forecast, Mixture

__all__ = ["profile", "score", "scored_curves", "take"]


def take(forecast: Forecast, rows: Bools) -> Forecast:
    """The forecast of some of the curves; `rows` has shape `(N,)`."""
    return replace(
        forecast,
        mean=forecast.mean[rows],
        quantiles=forecast.quantiles[rows],
        samples=None if forecast.samples is None else forecast.samples[rows],
        density=None if forecast.density is None else Mixture(forecast.density.mean[rows], forecast.density.std[rows]),
    )


def scored_curves(observed: Observed, target: Target, horizon: float) -> Bools:
    """Which curves are scored: those whose metric is finite at every epoch up to the horizon, shape `(N,)`."""
    return np.asarray(np.isfinite(np.concatenate([observed.target, target.y[:, target.t <= horizon]], 1)).all(1))


def score(
    forecast: Forecast, observed: Observed, target: Target, horizon: float, keep: Bools | None = None
) -> dict[str, float | int | None]:
    """Every score of a forecast over the epochs `K` + 1 .. `horizon`.

    Arguments:
        forecast: Of `N` curves at the epochs `K` + 1 up to `horizon` or later.
        observed: What it was made from.
        target: What came true, with the same epochs as the forecast, or more.
        horizon: The last epoch that counts.
        keep: Which curves may be scored at all, shape `(N,)`; None for all.

    Returns:
        The registered metrics and ``excess_jump, violations, n_test, n_nonfinite, n_nonfinite_forecasts``;
        None where a metric does not apply or is not finite.
    """
    allowed = np.ones(len(observed), dtype=np.bool_) if keep is None else keep
    rows = allowed & scored_curves(observed, target, horizon)
    until, truth = take(forecast, rows).until(horizon), Target(target.t[target.t <= horizon], target.y[rows][:, target.t <= horizon])
    last = observed.target[rows, -1] if len(observed.t) else np.full(int(rows.sum()), np.nan)
    up = higher_is_better(observed.metric)
    extra = {
        "excess_jump": excess_jump(last, until.mean, truth.y),
        "violations": violations(until.mean, up),
    }
    return {
        **measure(until, truth, up),
        **{name: value if np.isfinite(value) else None for name, value in extra.items()},
        "n_test": int(rows.sum()),
        "n_nonfinite": int((allowed & ~rows).sum()),
        "n_nonfinite_forecasts": int((~np.isfinite(until.mean).all(1)).sum()),
    }


def profile(forecast: Forecast, observed: Observed, target: Target, horizon: float) -> Profile:
    """How a forecast fares along levels and epochs up to the horizon."""
    rows = scored_curves(observed, target, horizon)
    until, truth = take(forecast, rows).until(horizon), target.y[rows][:, target.t <= horizon]
    return Profile(
        levels=until.levels,
        reliability=reliability(until.quantiles, truth),
        pit=pit_histogram(until, truth),
        epochs=until.t,
        error=error_by_epoch(until.mean, truth),
    )
