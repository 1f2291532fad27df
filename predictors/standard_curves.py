"""Curves as deviations from the typical training curve, in units of how much training curves differ at that epoch.

On this scale an early and a late epoch weigh alike, and a curve that keeps its rank keeps its value.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from nasbench_lc.curves import Bools, CurveSet, Floats, Observed, higher_is_better
from predictors.base import State
from predictors.features import static_features, told_features, unknown_operations, vocabulary
from predictors.packing import columns, pack_json, unpack_json
from predictors.posterior import Clock
from predictors.prefix import held
from predictors.robust import limits, over_curves
from predictors.scale import from_scale, to_scale
from predictors.scaling import MetricScale
from predictors.windows import RunningSums, window_edges

__all__ = ["StandardCurves"]

LEAST = 0.02
FAR = 4.0
CREEP, FEW = 0.1, 4
"""Where some training curve moved less than this, in spreads of all values, a prefix at rest is nothing strange; of fewer epochs none is called so. These
and the shares of the least movement were chosen on split seeds 100 to 109: of 20 to 50 cells learnt from, slow starters move a third of it and more."""


@dataclass(frozen=True, eq=False)
class StandardCurves:
    """The statistics of the training curves, as arrays that a checkpoint holds.

    Arguments:
        names: JSON: the metrics, the one to forecast first, their scales, the vocabulary of the features, whether the graph is read.
        limits: Between which values each metric is read at each epoch (:func:`predictors.robust.limits`), shape `(2, T, M)`.
        mean: The mean training curve on the scale of :class:`MetricScale`, shape `(T, M)`.
        spread: How far training curves lie from it, likewise.
        low: The least value of the metric to forecast in training at each epoch, shape `(T,)`.
        high: The greatest, likewise.
        moved: By how much, at least, a training curve moved within its first epochs: the least range of any prefix, shape `(T,)`.
        static: Mean, deviation, least and greatest value of the static features, shape `(4, F)`; those that never differ have deviation 0.
    """

    names: npt.NDArray[np.uint8]
    limits: Floats
    mean: Floats
    spread: Floats
    low: Floats
    high: Floats
    moved: Floats
    static: Floats

    @classmethod
    def fit(cls, train: CurveSet, graph: bool) -> "StandardCurves":
        """From the training curves only."""
        metrics = (train.metric, *(m for m in train.metrics if m != train.metric))
        scales = [MetricScale.fit(train.y[:, :, train.metrics.index(m)], m) for m in metrics]
        names = {"metrics": metrics, "scales": [asdict(s) for s in scales], "words": vocabulary(train), "graph": graph}
        y = columns(train.y, train.metrics, metrics)
        bounds = limits(np.stack([to_scale(y[:, :, j], m) for j, m in enumerate(metrics)], axis=-1))
        nothing = np.empty((0, 0))
        bare = cls(pack_json(names), bounds, nothing, nothing, nothing, nothing, nothing, nothing)
        z = bare._scaled(train.y, train.metrics)
        mean = held(over_curves(np.nanmean, z))
        spread = held(np.sqrt(over_curves(np.nanmean, np.clip(z - mean, -3, 3) ** 2)))
        low, high = (held(over_curves(extreme, z[:, :, 0])) for extreme in (np.nanmin, np.nanmax))
        x = bare._static(train)
        moved = held(over_curves(np.nanmin, _ranges(bare._own(train.target))))
        return cls(pack_json(names), bounds, mean, np.maximum(spread, LEAST), low, high, moved, _summary(x))

    @classmethod
    def from_state(cls, state: Mapping[str, npt.NDArray[np.generic]]) -> "StandardCurves":
        """The inverse of :meth:`state`."""
        return cls(**{f.name: np.asarray(state[f.name]) for f in fields(cls)})  # pyright: ignore[reportArgumentType]

    def state(self) -> State:
        """As named arrays."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def epochs(self) -> int:
        """`T`."""
        return len(self.mean)

    @property
    def width(self) -> int:
        """`F'`, how wide :meth:`features` are."""
        return max(int((self.static[1] > 0).sum()), 1)

    @property
    def told(self) -> int:
        """How many of these, the first, are hyperparameters and what they say together. Features of a graph repeat each other, these hardly do."""
        words = unpack_json(self.names)["words"]
        return int((self.static[1, : len(words["log"]) + len(words["log_speed"]) - len(words["repeated_speed"])] > 0).sum())

    @property
    def scale(self) -> MetricScale:
        """The scale of the metric to forecast."""
        return MetricScale(**unpack_json(self.names)["scales"][0])

    @property
    def edges(self) -> Tensor:
        """The windows in which prefixes are read."""
        return window_edges(self.epochs)

    def times(self, t: Floats) -> Tensor:
        """Epochs to the networks' time, 0 .. 1, logarithmic; epochs beyond `T` are `T`."""
        return Clock("log", self.epochs)(torch.as_tensor(np.minimum(t, self.epochs), dtype=torch.float64))

    def sums(self, y: Floats, metrics: tuple[str, ...]) -> RunningSums:
        """The standardised values `(N, K, M)`, summed up."""
        k = y.shape[1]
        z = torch.from_numpy((self._scaled(y, metrics) - self.mean[:k]) / self.spread[:k])
        seen = ~z.isnan()
        return RunningSums.of(z.nan_to_num(0.0), seen.to(z.dtype))

    def features(self, data: CurveSet | Observed) -> Tensor:
        """The standardised static features, shape `(N, F')`, at least one column wide.

        They are kept within 4 deviations and within what training showed: what a network makes of a depth that it never saw is anybody's guess.
        """
        keep = self.static[1] > 0
        if not keep.any():
            return torch.zeros(len(data), 1, dtype=torch.float64)
        mean, deviation, low, high = self.static[:, keep]
        return torch.from_numpy(np.clip((np.clip(self._static(data)[:, keep], low, high) - mean) / deviation, -FAR, FAR))

    def novelty(self, data: CurveSet | Observed) -> Floats:
        """How far outside the training range each run's static features lie, shape `(N,)`: 0 up to a quarter of any feature's deviation, 1 from one on.

        What never differed in training and does now, or an operation that no training graph has, counts as 1 too.
        """
        if not len(data):
            return np.zeros(0)
        x, (mean, deviation, low, high) = self._static(data), self.static
        varies = deviation > 0
        outside = np.maximum(np.maximum(low - x, x - high), 0.0)
        new = outside > 1e-6 * (1.0 + np.abs(mean))
        far = np.where(varies, outside / np.where(varies, deviation, 1.0), new)
        words = unpack_json(self.names)
        unheard = words["graph"] & unknown_operations(data, words["words"])
        return np.maximum(((4 * far.max(1, initial=0.0) - 1) / 3).clip(0, 1), unheard)

    def back(self, z: Tensor, t: Floats) -> Tensor:
        """Standardised values at the epochs `t` `(H,)` to the scale of :class:`MetricScale`, within what training curves ever took."""
        at = np.minimum(t.astype(np.int64), self.epochs) - 1
        raw = torch.from_numpy(self.mean[at, 0]) + z * torch.from_numpy(self.spread[at, 0])
        return raw.clamp(float(self.low.min()), float(self.high.max()))

    def stranger(self, observed: Observed) -> tuple[Floats, Floats]:
        """How far each prefix is from all that training curves show, 0 to 1, and where it ends, both of shape `(N, 1)`.

        One that ends outside them is one from half of their range on, 0 up to a quarter; one that has moved less than any of them is one from a quarter
        of the least movement down, 0 from half of it on. The end is on the scale of :mod:`predictors.scale`, within the limits unless the run is at rest.
        """
        k = min(len(observed.t), self.epochs)
        if not k:
            return np.zeros((len(observed), 1)), np.zeros((len(observed), 1))
        last = torch.from_numpy(self._scaled(observed.y, observed.metrics)[:, k - 1 : k, 0])
        low, high = float(self.low[k - 1]), float(self.high[k - 1])
        outside = (4 * torch.maximum(last - high, low - last).numpy() / max(high - low, 0.1) - 1).clip(0, 1)
        own, end = to_scale(observed.target[:, k - 1 : k], observed.metric), to_scale(self.scale.inverse(last).numpy(), observed.metric)
        rest = self._at_rest(observed.target[:, :k])
        return np.nan_to_num(np.fmax(outside, rest)), np.nan_to_num(np.where(rest > 0, own, end))

    def resting(self, observed: Observed) -> Bools:
        """Which prefixes of an accuracy, of four epochs at least, moved by less than :data:`CREEP` since the first epoch, shape `(N,)`."""
        if not higher_is_better(observed.metric):
            return np.zeros(len(observed), dtype=np.bool_)
        return self._movement(observed.target[:, : self.epochs])[:, 0] <= CREEP

    def _at_rest(self, y: Floats) -> Floats:
        """How much less prefixes `(N, K)` of the metric moved than any training curve did, 0 to 1, shape `(N, 1)`; 0 where the last value is missing."""
        least = float(self.moved[y.shape[1] - 1])
        if least < CREEP:
            return np.zeros((len(y), 1))
        return np.nan_to_num((2 - 4 * self._movement(y) / least).clip(0, 1))

    def _movement(self, y: Floats) -> Floats:
        """The range of prefixes `(N, K)` of the metric, shape `(N, 1)`; NaN where it tells nothing: before the fourth epoch, or without the last value."""
        if y.shape[1] < FEW:
            return np.full((len(y), 1), np.nan)
        z = self._own(y)
        return np.where(np.isfinite(z[:, -1:]), _ranges(z)[:, -1:], np.nan)

    def _own(self, y: Floats) -> Floats:
        """Values of the metric to forecast on the scale of :class:`MetricScale`, as they are; NaN where not finite."""
        return self.scale.forward(torch.from_numpy(np.where(np.isfinite(y), y, np.nan))).numpy()

    def _static(self, data: CurveSet | Observed) -> Floats:
        words = unpack_json(self.names)
        if words["graph"]:
            return static_features(data, words["words"])
        return told_features(data, words["words"])

    def _scaled(self, y: Floats, metrics: tuple[str, ...]) -> Floats:
        """All metrics within their limits, on the scale of :class:`MetricScale`, shape `(N, K, M)`; NaN where missing."""
        words = unpack_json(self.names)
        k = y.shape[1]
        y = columns(y, metrics, tuple(words["metrics"]))
        out = np.full(y.shape, np.nan)
        for j, (name, raw) in enumerate(zip(words["metrics"], words["scales"], strict=True)):
            kept = from_scale(np.clip(to_scale(y[:, :, j], name), *self.limits[:, :k, j]), name)
            out[:, :, j] = MetricScale(**raw).forward(torch.from_numpy(kept)).numpy()
        return out


def _summary(x: Floats) -> Floats:
    """Mean, deviation (0 where a column never differs), least and greatest value of every column of `(n, F)`, shape `(4, F)`."""
    mean, deviation = x.mean(0), x.std(0)
    return np.stack([mean, np.where(deviation > 1e-9 * (1 + np.abs(mean)), deviation, 0.0), x.min(0), x.max(0)])


def _ranges(z: Floats) -> Floats:
    """How far apart the values of each curve `(N, T)` lie up to each epoch; NaN before the first."""
    return np.fmax.accumulate(z, axis=1) - np.fmin.accumulate(z, axis=1)
