"""The parts of lc-gode-x, each taken away by itself, but for the graph, which has a table of its own.

What is no option of the model is replaced while one variant is fitted and forecasts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import numpy as np
from torch import Tensor

import predictors.features as features
import predictors.lc_gode_x as module
from nasbench_lc.curves import Bools, CurveSet, Floats, Observed
from predictors.forest import ForestConfig
from predictors.relative_error import RelativeError
from predictors.standard_curves import StandardCurves
from predictors.table import Table

__all__ = ["PARTS", "WHOLE", "Part"]

fit_standard, known_standard = StandardCurves.fit, StandardCurves.from_state


def _no_clock(train: CurveSet, graph: bool) -> StandardCurves:
    """Deviations from one number for all epochs, in units that are one for all epochs."""
    curves = fit_standard(train, graph)
    spread = np.sqrt((curves.spread**2).mean(0) + curves.mean.var(0))
    return replace(curves, mean=np.broadcast_to(curves.mean.mean(0), curves.mean.shape).copy(), spread=np.tile(spread, (curves.epochs, 1)))


def _no_stranger(_: StandardCurves, observed: Observed) -> tuple[Floats, Floats]:
    return np.zeros((len(observed), 1)), np.zeros((len(observed), 1))


def _no_trees(_weights: Floats, _k: int) -> float:
    return 0.0


def _everywhere(state: Mapping[str, Any]) -> StandardCurves:
    """As if training had shown static features of any size."""
    curves = known_standard(state)
    summary = curves.static.copy()
    summary[2], summary[3] = -np.inf, np.inf
    return replace(curves, static=summary)


def _absolute(curves: StandardCurves, train: CurveSet) -> Callable[[Tensor, Tensor], Tensor]:
    truth = curves.sums(train.y, train.metrics).last[:, 1:, 0].float()
    return lambda z, rows: (z - truth[rows]).abs()


def _as_it_is(shares: Floats, _n: int) -> Floats:
    return shares


def _all_move(table: Table, _config: ForestConfig) -> Floats:
    return np.zeros(len(table.query))


def _no_speed(hyperparameters: Floats, _names: Sequence[str]) -> Floats:
    return np.empty((len(hyperparameters), 0))


def _none(data: CurveSet | Observed) -> Bools:
    return np.zeros(len(data), dtype=np.bool_)


@dataclass(frozen=True)
class Part:
    """What is taken away.

    Arguments:
        text: In words.
        options: Of the model.
        replaced: Where, which name, by what.
        alone: Whether only the metric to forecast is read.
        learns: Whether the part has a say in what is learnt; without one the whole model's fit forecasts.
    """

    text: str
    options: Mapping[str, str] = field(default_factory=dict)
    replaced: tuple[tuple[Any, str, Any], ...] = ()
    alone: bool = False
    learns: bool = True

    @contextmanager
    def away(self) -> Iterator[None]:
        """Within it the part is missing."""
        with ExitStack() as stack:
            for owner, name, other in self.replaced:
                stack.enter_context(patch.object(owner, name, other))
            yield

    def curves(self, whole: CurveSet) -> CurveSet:
        """What the variant is given."""
        return replace(whole, y=whole.target[:, :, None], metrics=(whole.metric,)) if self.alone else whole


WHOLE = Part("nothing")
"""What is no variant."""

PARTS: dict[str, Part] = {
    "ensemble": Part("one network instead of five", {"members": "1"}),
    "solver": Part("one step of RK4 instead of two", {"steps": "1"}),
    "dropout": Part("no dropout", {"dropout": "0"}),
    "hyperparameters kept": Part("dropout of hyperparameters too", {}, ((StandardCurves, "told", property(lambda _: 0)),)),
    "training speed": Part(
        "hyperparameters one by one, not what they say together of how fast a run trains", {}, ((features, "training_speed", _no_speed),)
    ),
    "relative loss": Part("absolute instead of relative errors in the loss", {}, ((RelativeError, "of", staticmethod(_absolute)),)),
    "mean curve": Part("deviations from one number instead of the mean curve", {}, ((StandardCurves, "fit", staticmethod(_no_clock)),)),
    "other metrics": Part("only the metric that is forecast is read", alone=True),
    "strangers": Part(
        "prefixes unlike any training curve are forecast as any other", {}, ((StandardCurves, "stranger", _no_stranger),), learns=False
    ),
    "second opinion": Part("the trees have no say", {}, ((module, "weight_at", _no_trees), (module, "NOVEL", 0.0)), learns=False),
    "new ground": Part(
        "runs outside what training showed are read and forecast as any other",
        {},
        ((StandardCurves, "from_state", staticmethod(_everywhere)),),
        learns=False,
    ),
    "counts": Part("forecasts of an accuracy are no shares of a number of examples", {}, ((module, "counted", _as_it_is),), learns=False),
    "rest": Part("an accuracy at rest is forecast as any other", {}, ((module, "staying", _all_move),), learns=False),
    "collapse": Part("an accuracy that collapsed is forecast as any other", {}, ((module, "collapsed", _none),), learns=False),
    "constants": Part("graphs that pass nothing on are forecast as any other", {}, ((module, "computes_constant", _none),)),
}
"""By name."""
