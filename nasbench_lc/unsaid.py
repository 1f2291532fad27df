"""What a forecast does not say, in one sentence."""

from collections.abc import Sequence

import numpy as np

from nasbench_lc.forecast import Forecast

__all__ = ["unsaid_quantiles"]


def unsaid_quantiles(forecast: Forecast, levels: Sequence[float] | None = None) -> str:
    """Which quantiles are missing for every curve and epoch, and why; empty where none is.

    Arguments:
        forecast: Of one curve or more.
        levels: Those that were asked for; None for all that the forecast has.
    """
    asked = [float(level) for level in (forecast.levels if levels is None else levels)]
    missing = [level for level in asked if forecast.mean.size and np.isnan(forecast.quantile(level)).all()]
    if not missing:
        return ""
    few = "any level" if len(missing) == len(asked) else ", ".join(f"{level:g}" for level in missing)
    return (
        f"Quantiles must be read off enough calibration curves of different groups, 39 for the levels 0.025 and 0.975, 19 for 0.05 and 0.95; "
        f"got too few for {few}. Fit to more curves."
    )
