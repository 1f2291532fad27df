"""What learnt from another task's curves and some of this one, and what learnt from the others alone, set right by one's own.

Curves of another task say what prefixes, architectures and hyperparameters mean; some of one's own say by how much that is off here, and where. Learnt
from beside hundreds of others a few hardly count. So they are forecast too, by a predictor that has not learnt from them, and its errors on them, on the
scale of :mod:`predictors.scale`, are what its forecasts are corrected by. A forest tells which of them a new curve is like, by what is forecast of it
and what it has shown. The correction is the median of their errors at each epoch, weighted by how like they are, where errors of 0 weigh as much as five
curves of average weight. The forecast is the mean of the corrected one and that of a predictor which has learnt from both: the first is nearer, the
second ranks better, and their mean does as well as either.

The same errors tell how wide intervals must be. Each of five parts of one's own curves is corrected by the other four. What is left is more than the
predictor states, by an error of its own: normal on the scale, of one size for all curves, the least with which intervals of 80 % hold 80 % of what is
left, with n + 1 for n as in :mod:`predictors.conformal`.

A hundred curves teach a predictor by themselves. It forecasts too, and the more there are the more it counts: of n curves n / (n + 300), in the mean
and in every quantile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self, final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from nasbench_lc.curves import Bools, CurveSet, Floats, Observed
from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import Forecast
from predictors.base import Predictor, State
from predictors.forest import ForestConfig, forest_weights
from predictors.packing import pack, under, unpack
from predictors.prefix import fill
from predictors.robust import tame
from predictors.scale import from_scale, to_scale

__all__ = ["ALONE", "FewShot"]

UNCHANGED = 5.0
"""As how many curves, spread over all of the few, the forecast as it is counts. Chosen with the forest on 3 to 38 curves of mlp-car and mlp-segment,
splits 100 to 103: with 0.2 in place of 5 / n three curves do harm. There, with 20 curves and `lc-gode-x`, learning from them gives errors and taus of
0.274, 0.718 (to segment) and 0.159, 0.641 (to car), correction alone 0.283, 0.671 and 0.129, 0.662, the mean of both 0.265, 0.710 and 0.134, 0.670.
That correction alone ranks worse was seen on splits 0 to 2 first."""
FOREST = ForestConfig(trees=100, leaf=1)
FAR = 3.0
"""Errors are read within so much of 0, a loss 20 times too high, and no further from the others than is usual: one exploded run of twenty would split
every tree."""
COVERAGE, FOLDS = 0.8, 5
ALONE, HALF = 100, 300.0
"""From how many curves on a predictor learns from them alone, too, and of how many it counts half. Chosen on 50, 100 and 200 curves of mlp-car and
mlp-segment, splits 100 to 102, where with 50 it lowered no error. There the mean of the other two gives `lc-gode-x` errors and taus of 0.157, 0.803 with
200 curves (to segment) and 0.102, 0.757 (to car), this one alone 0.144, 0.810 and 0.122, 0.744, all three so 0.144, 0.818 and 0.102, 0.778."""


@final
class FewShot(Predictor):
    """Fitted predictors of one kind, and some curves from which not all of them have learnt.

    It is in no registry: it serves where what is learnt from is of two tasks (:func:`evaluation.matching.beside`). Draws and densities are not passed on,
    since quantiles alone are widened.

    Arguments:
        whole: Has learnt from the few and from others.
        without: Has learnt from the others alone; its forecasts are corrected.
        few: `n` curves of the task at hand.
        alone: Has learnt from the few alone; None where they are too few for that.
    """

    def __init__(self, whole: Predictor, without: Predictor, few: CurveSet, alone: Predictor | None = None) -> None:
        self.whole, self.without, self.few, self.alone, self.config = whole, without, few, alone, whole.config
        self._lessons: dict[int, _Lesson] = {}

    def fit(self, train: CurveSet, valid: CurveSet | None = None) -> Self:
        """Refused: which predictor learns from what is for :meth:`evaluation.fits.Fits.learn` to say.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError(f"What a few curves set right must be fitted before; got {len(train)} curves to fit. Fit its predictors.")

    def predict(self, observed: Observed, t: Floats) -> Forecast:
        """The mean of the first two's forecasts, the second corrected, with that of the third. Errors as those of the three."""
        both = self._both(observed, t)
        if self.alone is None:
            return both
        n = len(self.few)
        return _mixed(both, self.alone.predict(observed, t), n / (n + HALF), observed.metric)

    def _both(self, observed: Observed, t: Floats) -> Forecast:
        """The mean of the first two's forecasts; the first where the few have no errors to show."""
        k, last, metric = len(observed.t), self.few.epochs, observed.metric
        first = self.whole.predict(observed, t)
        if k not in self._lessons:
            self._lessons[k] = _lesson(self.without, self.few, k)
        lesson = self._lessons[k]
        if not len(lesson.off):
            return first
        epochs = np.arange(k + 1.0, last + 1)  # always all: a correction should not depend on which are asked for
        asked = self.without.predict(observed, np.union1d(epochs, t))
        here, upto = np.searchsorted(asked.t, t), np.searchsorted(asked.t, epochs)
        moved = _corrections(lesson.signs, lesson.off, _signs(to_scale(asked.mean[:, upto], metric), observed))
        moved = moved[:, np.clip(t, k + 1, last).astype(np.int64) - 1 - k]
        second = to_scale(asked.mean[:, here], metric)
        by = (to_scale(first.mean, metric) - second + moved) / 2
        return _moved(asked, here, t, by, lesson.lacks, metric)

    def with_few(self, few: CurveSet) -> Self:
        """The same predictors, set right by other curves."""
        return type(self)(self.whole, self.without, few, self.alone)

    def state(self) -> State:
        """That of all, and the few."""
        parts = {"whole": self.whole.state(), "without": self.without.state(), "few": pack(self.few)}
        parts |= {} if self.alone is None else {"alone": self.alone.state()}
        state: State = {f"{name}.{key}": value for name, part in parts.items() for key, value in part.items()}
        return {**state, "predictors": np.array(2 if self.alone is None else 3)}

    def load_state(self, state: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """The inverse of `state`."""
        self.whole.load_state(under("whole.", state))
        self.without.load_state(under("without.", state))
        self.few, self._lessons = unpack(under("few.", state)), {}
        if self.alone is not None:
            self.alone.load_state(under("alone.", state))
        return self

    @classmethod
    def restored(cls, make: Callable[[], Predictor], state: Mapping[str, npt.NDArray[np.generic]]) -> Predictor:
        """What a checkpoint's state is that of: a predictor as `make` gives it, or two or three that a few curves set right."""
        few = under("few.", state)
        if not few:
            return make().load_state(state)
        return cls(make(), make(), unpack(few), make() if state["predictors"] == 3 else None).load_state(state)


@dataclass(frozen=True, eq=False)
class _Lesson:
    """What some of `n` curves, those with errors to show, say about forecasts from prefixes of one length.

    Arguments:
        signs: By what they are told apart, shape `(n, F)`.
        off: The errors of their forecasts, on the scale, shape `(n, H)`.
        lacks: The standard deviation that what is stated lacks, on the scale.
    """

    signs: Floats
    off: Floats
    lacks: float


NOTHING = _Lesson(np.empty((0, 0)), np.empty((0, 0)), 0.0)


def _lesson(predictor: Predictor, few: CurveSet, k: int) -> _Lesson:
    """How far off a predictor's forecasts of some curves are from `k` epochs; of none where no epoch is left or known."""
    if k >= few.epochs:
        return NOTHING
    prefix, target = few.observe(k)
    shown = predictor.predict(prefix, target.t)
    z = to_scale(shown.mean, few.metric)
    off = np.clip(to_scale(target.y, few.metric) - z, -FAR, FAR)
    known = np.asarray(np.isfinite(off).all(axis=1))
    if not known.any():
        return NOTHING
    signs, off = _signs(z, prefix)[known], tame(off[known])
    return _Lesson(signs, off, _own_error(off - _left_out(signs, off), shown, known, few.metric))


def _signs(z: Floats, prefix: Observed) -> Floats:
    """By what curves are told apart, shape `(N, F)`: the forecast at its beginning, after a quarter and at its end, the last value and that halfway."""
    columns = [z[:, i] for i in sorted({0, z.shape[1] // 4, z.shape[1] - 1})]
    k = len(prefix.t)
    if k:
        seen = fill(to_scale(prefix.target, prefix.metric), np.zeros(k))
        columns += [seen[:, k - 1], seen[:, (k - 1) // 2]]
    return np.nan_to_num(np.stack(columns, axis=1))


def _corrections(known: Floats, off: Floats, asked: Floats) -> Floats:
    """Weighted medians of the errors `off` `(n, H)` of curves with signs `known` `(n, F)`, for each with signs `asked` `(N, F)`: shape `(N, H)`."""
    n = len(known)
    weights = np.concatenate([forest_weights(known, asked, off, FOREST), np.full((len(asked), 1), UNCHANGED / n)], axis=1)
    values = np.concatenate([off, np.zeros((1, off.shape[1]))])
    order = np.argsort(values, axis=0, kind="stable")
    out = np.empty((len(asked), off.shape[1]))
    for h in range(off.shape[1]):
        mass = np.cumsum(weights[:, order[:, h]], axis=1)
        middle = (mass < mass[:, -1:] / 2).sum(1)
        out[:, h] = values[order[:, h], h][np.minimum(middle, n)]
    return out


def _left_out(known: Floats, off: Floats) -> Floats:
    """What each of the curves would be corrected by, had it not been there, shape `(n, H)`; 0 for a single one."""
    out = np.zeros_like(off)
    part = np.arange(len(known)) % FOLDS
    for fold in range(min(FOLDS, len(known)) if len(known) > 1 else 0):
        out[part == fold] = _corrections(known[part != fold], off[part != fold], known[part == fold])
    return out


def _own_error(left: Floats, shown: Forecast, known: Bools, metric: str) -> float:
    """The standard deviation that what is stated lacks, on the scale; 0 where no interval is stated."""
    middle, low, high = (to_scale(shown.quantile(level), metric)[known] for level in (0.5, 0.5 - COVERAGE / 2, 0.5 + COVERAGE / 2))
    left = left - (middle - to_scale(shown.mean, metric)[known])
    stated = np.where(left > 0, high - middle, middle - low)
    lacks = np.sqrt(np.maximum(left**2 - stated**2, 0.0)) / ndtri(0.5 + COVERAGE / 2)
    told, n = lacks[np.isfinite(lacks)], len(left)
    return float(np.quantile(told, min(COVERAGE * (n + 1) / n, 1.0))) if told.size else 0.0


def _moved(forecast: Forecast, here: npt.NDArray[np.int64], t: Floats, by: Floats, wider: float, metric: str) -> Forecast:
    """The forecast at `t`, which is its epochs `here`, moved by `(N, H)` on the scale, and around its median with an independent normal error more."""
    middle = to_scale(forecast.quantile(0.5)[:, here], metric)
    apart = np.hypot(to_scale(forecast.quantiles[:, here], metric) - middle[..., None], wider * ndtri(forecast.levels))
    quantiles = (middle + by)[..., None] + np.sign(forecast.levels - 0.5) * apart
    return Forecast(t, from_scale(to_scale(forecast.mean[:, here], metric) + by, metric), forecast.levels, from_scale(quantiles, metric))


def _mixed(one: Forecast, other: Forecast, share: float, metric: str) -> Forecast:
    """Means and quantiles between those of two forecasts on the scale, at `share` of the way to the other.

    Where the other states no quantile, that of the first, as far from the median as it was.
    """
    mean = (1 - share) * to_scale(one.mean, metric) + share * to_scale(other.mean, metric)
    ours, theirs = to_scale(one.quantiles, metric), to_scale(other.quantiles, metric)
    middles = [to_scale(forecast.quantile(0.5), metric)[..., None] for forecast in (one, other)]
    theirs = np.where(np.isfinite(theirs), theirs, ours - middles[0] + middles[1])
    between = (1 - share) * ours + share * theirs
    # Where the other begins to state quantiles, the mixed ones may cross.
    ordered = np.where(np.isfinite(between), np.fmax.accumulate(between, axis=-1), np.nan)
    return Forecast(one.t, from_scale(mean, metric), one.levels, from_scale(ordered, metric))
