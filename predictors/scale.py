"""The scale on which curves are compared: accuracies as they are, everything else logarithmic.

A loss falls over orders of magnitude and a diverged one rises to 1e5, so its errors are comparable as ratios; an accuracy lives in
[0, 1], where differences are. The logarithm is taken as asinh(y / 2 SMALL), which is log(y / SMALL) for y far above SMALL, linear below it and
defined for every real number.
"""

import numpy as np

from nasbench_lc.curves import Floats, higher_is_better

__all__ = ["SMALL", "from_scale", "to_scale"]

SMALL = 1e-4
"""Below this value, in the unit of the metric, the scale of a loss turns from logarithmic to linear."""


def to_scale(y: Floats, metric: str) -> Floats:
    """Values of a metric on the scale of comparison, same shape; what is not finite becomes NaN."""
    y = np.where(np.isfinite(y), y, np.nan)
    return y if higher_is_better(metric) else np.arcsinh(y / (2 * SMALL))


def from_scale(z: Floats, metric: str) -> Floats:
    """The inverse of :func:`to_scale`; accuracies are clipped to [0, 1], losses to the range of float32."""
    if higher_is_better(metric):
        return np.clip(z, 0.0, 1.0)
    return 2 * SMALL * np.sinh(np.clip(z, -90.0, 90.0))
