"""What predictors share that say their quantiles themselves and are nothing but the arrays that they remember."""

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import CurveSet, Floats, Observed
from nasbench_lc.errors import ConfigError, NotFittedError
from nasbench_lc.forecast import Forecast
from predictors.base import Predictor, State
from predictors.conformal import ENOUGH, value_range
from predictors.options import Options
from predictors.packing import check_metric, pack_json, unpack_json
from predictors.recalibration import Recalibration, tried_lengths

__all__ = ["RememberingOptions", "RememberingPredictor"]

FACTS = "facts"


@dataclass(frozen=True)
class RememberingOptions(Options):
    """What all these models may be told.

    Arguments:
        recalibrate: Whether quantiles are conformal around the model's own median, by the validation curves; the sources do not do that.
    """

    recalibrate: bool = False


class RememberingPredictor(Predictor):
    """A subclass says what it learns and how it forecasts from that; fits, checks and checkpoints are here."""

    config: RememberingOptions
    _state: State | None = None

    @abc.abstractmethod
    def _learn(self, train: CurveSet) -> tuple[dict[str, Any], State]:
        """Facts, ready for JSON, and arrays."""

    @abc.abstractmethod
    def _forecast(self, facts: dict[str, Any], arrays: State, observed: Observed, t: Floats) -> Forecast:
        """The forecast of what was learnt; among the facts are the metric and the `epochs` of the training curves."""

    @final
    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> Self:
        """Learn from `train`; `valid` is used only to recalibrate, where that is asked for and it has 39 curves or more.

        Raises:
            ConfigError: If no training value of the metric is finite.
        """
        if not np.isfinite(train.target).any():
            raise ConfigError(
                f"A predictor must be fitted to at least one finite value of {train.metric}; got {len(train)} curves without one. Give it more."
            )
        facts, arrays = self._learn(train)
        self._state = arrays | {FACTS: pack_json({"metric": train.metric, "epochs": train.epochs} | facts)}
        if self.config.recalibrate and valid is not None and len(valid) >= ENOUGH:
            learnt = Recalibration.learn(self._own, valid, tried_lengths(valid.epochs), value_range(train, valid))
            self._state |= learnt.state()
        return self

    @final
    def predict(self, observed: Observed, t: Floats) -> Forecast:
        """Forecast; see :meth:`predictors.base.Predictor.predict`.

        Raises:
            NotFittedError: Before `fit` or `load_state`.
            ConfigError: If another metric is asked for than was learnt.
        """
        own = self._own(observed, t)
        calibration = Recalibration.part_of(self.state())
        return own if calibration is None else calibration.apply(own, observed)

    def _own(self, observed: Observed, t: Floats) -> Forecast:
        arrays = Recalibration.left_out_of(self.state())
        facts = unpack_json(arrays.pop(FACTS))
        check_metric(observed, facts["metric"])
        return self._forecast(facts, arrays, observed, t) if len(observed) else Forecast.from_point(t, np.empty((0, len(t))))

    @final
    def state(self) -> State:
        """What was learnt.

        Raises:
            NotFittedError: Before `fit` or `load_state`.
        """
        if self._state is None:
            raise NotFittedError("A predictor must be fitted before it is used; got one that is not. Call fit or load_state first.")
        return dict(self._state)

    @final
    def load_state(self, state: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """The inverse of `state`."""
        self._state = {name: np.array(value) for name, value in state.items()}
        return self
