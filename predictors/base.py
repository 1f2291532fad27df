"""The contract that every predictor keeps; tests/contracts/test_every_predictor.py checks it over the registry."""

import abc
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import CurveSet, Floats, Observed
from nasbench_lc.forecast import Forecast

__all__ = ["Predictor", "State"]

State = dict[str, npt.NDArray[Any]]
"""Everything that a fitted predictor knows, as named arrays: what a checkpoint stores as safetensors."""


class Predictor(abc.ABC):
    """Forecasts learning curves.

    A subclass is final. Its constructor takes one frozen dataclass of hyperparameters, stores it as `config`, and does nothing else;
    it is callable without arguments. No file, device or seed lives outside `config`.

    The contract:

    * `fit` forgets any earlier fit, and with equal data and config gives equal results; it returns self;
    * `predict` never changes the predictor, and row i of its answer depends on curve i only (1e-5 relative), not on its companions;
    * any number of observed epochs is accepted, 0 included unless the predictor raises a ConfigError that says why it cannot;
    * NaN in the observed part is a missing value; diverged curves neither raise nor spoil the others;
    * forecasts are in the unit of the metric; every forecast has finite means and, unless too few curves calibrate them, quantiles.
    """

    config: Any
    """A frozen dataclass: hyperparameters only. A field `seed: int` where the fit is random."""

    def across_tasks(self) -> "Predictor":
        """Before `fit`: one of its kind, as it is best configured where most of what is learnt from is of another task."""
        return self

    @abc.abstractmethod
    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> Self:
        """Learn from whole curves; `valid` serves early stopping and calibration and is never trained on.

        Raises:
            ConfigError: If the predictor cannot learn from these curves; the sentence says what it needs.
        """

    @abc.abstractmethod
    def predict(self, observed: Observed, t: Floats) -> Forecast:
        """Forecast the metric `observed.metric` at the epochs `t`, shape `(H,)`, which lie after the observed ones.

        Raises:
            NotFittedError: Before `fit` or `load_state`.
        """

    @abc.abstractmethod
    def state(self) -> State:
        """What a checkpoint must hold to predict again, to the bit."""

    @abc.abstractmethod
    def load_state(self, state: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """The inverse of `state`; returns self."""
