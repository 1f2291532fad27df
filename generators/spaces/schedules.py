"""Learning-rate schedules as data: the recipe names one, this file turns it into numbers.

A schedule is constant within an epoch. Epochs are 1-based; epoch 1 always has the full rate.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nasbench_lc.architecture import Scalar
from nasbench_lc.errors import ConfigError

__all__ = ["learning_rates", "schedule_factors"]


def schedule_factors(settings: Mapping[str, Scalar], epochs: int) -> npt.NDArray[np.float64]:
    """The factor `f_t` of each epoch, shape `(epochs,)`, 1 at epoch 1.

    ``schedule="step"``: `step_factor` to the power of `(t - 1) // step_every`.
    ``schedule="cosine"``: `(1 + cos(pi (t - 1) / cosine_t_max)) / 2` (Loshchilov and Hutter, arXiv:1608.03983, without restarts).

    Raises:
        ConfigError: If the recipe names no schedule that exists.
    """
    t = np.arange(epochs, dtype=np.float64)
    match settings.get("schedule"):
        case "step":
            return float(settings["step_factor"]) ** np.floor(t / int(settings["step_every"]))
        case "cosine":
            return (1.0 + np.cos(np.pi * t / int(settings["cosine_t_max"]))) / 2.0
        case other:
            raise ConfigError(f"A schedule must be step or cosine; got {other!r}. Check the recipe.")


def learning_rates(settings: Mapping[str, Scalar], epochs: int, lr: float) -> npt.NDArray[np.float64]:
    """The learning rate of each epoch, shape `(epochs,)`: `m + (lr - m) f_t`, m the recipe's `cosine_eta_min`, or 0 without one."""
    floor = float(settings.get("cosine_eta_min", 0.0))
    return floor + (lr - floor) * schedule_factors(settings, epochs)
