"""From curve sets to the tensors that networks read, and the statistics of the training curves that this takes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from nasbench_lc.architecture import Architecture
from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.graphs import GraphBatch, Vocabulary, collate
from predictors.neuron_graph import WIDTH, collate_neurons
from predictors.scaling import FeatureScale, MetricScale

__all__ = ["Future", "Inputs", "Prefix", "Scales", "WholeCurves"]


@dataclass(frozen=True)
class Inputs:
    """What a network is handed besides the metric that it forecasts.

    Arguments:
        graph: ``"none"``, ``"layer"`` or ``"neuron"``.
        hyperparameters: Whether the hyperparameters are features.
        all_metrics: Whether every metric of the prefix is read, or only the one to forecast.
        centred: Whether the mean training curve is subtracted, on the networks' scale, and added to forecasts again.
    """

    graph: str = "none"
    hyperparameters: bool = False
    all_metrics: bool = False
    centred: bool = True


@dataclass(frozen=True, eq=False)
class _Curves:
    """`N` curves of `K` epochs as tensors.

    Arguments:
        epochs: The epochs, shape `(K,)`.
        values: Scaled metrics filled forward, 0 before the first value, the metric to forecast first; shape `(N, K, M)`.
        seen: 1 where a value was observed, else 0, likewise.
        features: Scaled hyperparameters and sizes, shape `(N, P)`.
        graphs: The architectures, or None where the network does not read them.
    """

    epochs: Tensor
    values: Tensor
    seen: Tensor
    features: Tensor
    graphs: GraphBatch | None

    def __len__(self) -> int:
        return len(self.values)


@final
@dataclass(frozen=True, eq=False)
class Prefix(_Curves):
    """Observed prefixes."""

    @property
    def end(self) -> float:
        """The last observed epoch; 0 where nothing was observed."""
        return float(self.epochs[-1]) if len(self.epochs) else 0.0

    @property
    def last(self) -> Tensor:
        """The last known value of each metric, shape `(N, M)`; 0, the scale's centre, where there is none."""
        return self.values[:, -1] if len(self.epochs) else self.values.new_zeros(len(self.values), self.values.shape[2])

    @property
    def shown(self) -> Tensor:
        """The epoch of the last observed value of the metric to forecast, shape `(N,)`; 0 where there is none."""
        return (self.seen[:, :, 0] * self.epochs).amax(1) if len(self.epochs) else self.values.new_zeros(len(self.values))

    def double(self) -> "Prefix":
        """The same in double precision."""
        graphs = None if self.graphs is None else self.graphs.double()
        return Prefix(self.epochs.double(), self.values.double(), self.seen.double(), self.features.double(), graphs)


@dataclass(frozen=True, eq=False)
class Future:
    """What followed: epochs `t` `(H,)`, the scaled metric `y` `(N, H)`, and where it is known, `mask` `(N, H)`."""

    t: Tensor
    y: Tensor
    mask: Tensor


@dataclass(frozen=True)
class Scales:
    """The statistics of the training curves.

    Arguments:
        inputs: What the network reads.
        metrics: The names of the metrics read, the one to forecast first.
        metric_scales: One scale each.
        features: The scale of hyperparameters and sizes.
        vocabulary: The meaning of node features.
        means: The mean training curve of each metric, scaled, `M` x `T`; zeros where curves are not centred.
        spreads: By what each centred metric is divided to be of order 1.
    """

    inputs: Inputs
    metrics: tuple[str, ...]
    metric_scales: tuple[MetricScale, ...]
    features: FeatureScale
    vocabulary: Vocabulary
    means: tuple[tuple[float, ...], ...]
    spreads: tuple[float, ...]

    @classmethod
    def fit(cls, train: CurveSet, inputs: Inputs) -> "Scales":
        """From the training curves only."""
        metrics = (train.metric, *(m for m in train.metrics if m != train.metric and inputs.all_metrics))
        scales = tuple(MetricScale.fit(train.y[:, :, train.metrics.index(m)], m) for m in metrics)
        values, names = _features(train, inputs)
        architectures = train.architectures if inputs.graph == "layer" else ()
        features, vocabulary = FeatureScale.fit(values, names), Vocabulary.fit(architectures)
        nothing = tuple((0.0,) * train.epochs for _ in metrics)
        plain = cls(inputs, metrics, scales, features, vocabulary, nothing, (1.0,) * len(metrics))
        if not inputs.centred:
            return plain
        y, seen = plain._values(train.y, train.metrics, train.t)
        means = (y * seen).sum(0) / seen.sum(0).clamp(min=1)
        spreads = (((y - means).square() * seen).sum((0, 1)) / seen.sum((0, 1)).clamp(min=1)).sqrt().clamp(min=0.02)
        return replace(plain, means=tuple(map(tuple, means.T.tolist())), spreads=tuple(spreads.tolist()))

    @property
    def epochs(self) -> int:
        """`T`, the length of the training curves."""
        return len(self.means[0])

    def hold(self, k: Tensor, t: Tensor) -> Tensor:
        """By how much metrics that stay what they were at epochs `k`, `(N,)`, move away from the mean curve until epochs `t`: shape `(N, H)`, scaled."""
        before, after = (self._mean(x.numpy().astype(np.float64))[:, 0] for x in (k, t))
        return (before[:, None] - after) / self.spreads[0]

    def restore(self, t: Floats, x: Tensor) -> Tensor:
        """From what networks forecast, `(..., H)` at the epochs `t` `(H,)`, to the unit of the metric."""
        return self.metric_scales[0].inverse(x * self.spreads[0] + self._mean(t)[:, 0])

    @property
    def node_width(self) -> int:
        """`F`, the width of the node features; 0 without a graph."""
        return {"none": 0, "layer": self.vocabulary.width, "neuron": WIDTH}[self.inputs.graph]

    def whole(self, curves: CurveSet) -> "WholeCurves":
        """Whole curves, for fitting."""
        return WholeCurves(*self._tensors(curves))

    def prefix(self, observed: Observed) -> Prefix:
        """Observed prefixes, for forecasting."""
        return Prefix(*self._tensors(observed))

    def raw(self) -> dict[str, Any]:
        """As a JSON value, for a checkpoint."""
        return asdict(self)

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any]) -> "Scales":
        """The inverse of :meth:`raw`, also after a passage through JSON."""
        vocabulary = Vocabulary(tuple(raw["vocabulary"]["ops"]), _feature_scale(raw["vocabulary"]["attributes"]))
        return cls(
            Inputs(**raw["inputs"]),
            tuple(raw["metrics"]),
            tuple(MetricScale(**s) for s in raw["metric_scales"]),
            _feature_scale(raw["features"]),
            vocabulary,
            tuple(tuple(m) for m in raw["means"]),
            tuple(raw["spreads"]),
        )

    def _tensors(self, curves: CurveSet | Observed) -> tuple[Tensor, Tensor, Tensor, Tensor, GraphBatch | None]:
        values, seen = self._values(curves.y, curves.metrics, curves.t)
        features = torch.from_numpy(self.features.forward(*_features(curves, self.inputs)).astype(np.float32))
        epochs = torch.as_tensor(curves.t, dtype=torch.float32)
        return epochs, _forward_fill(values, seen), seen, features, self._graphs(curves.architectures)

    def _mean(self, t: Floats) -> Tensor:
        """The mean training curves at the epochs `t`, shape `(H, M)`; constant beyond their ends."""
        grid = np.arange(1, self.epochs + 1)
        return torch.from_numpy(np.stack([np.interp(t, grid, mean) for mean in self.means], axis=-1)).float()

    def _values(self, y: Floats, names: Sequence[str], t: Floats) -> tuple[Tensor, Tensor]:
        values = np.full((*y.shape[:2], len(self.metrics)), np.nan)
        for j, name in enumerate(self.metrics):
            if name in names:
                values[:, :, j] = y[:, :, names.index(name)]
        values[~np.isfinite(values)] = np.nan
        scaled = torch.stack([s.forward(torch.from_numpy(values[:, :, j])) for j, s in enumerate(self.metric_scales)], dim=-1).float()
        seen = ~scaled.isnan()
        return ((scaled - self._mean(t)) / torch.tensor(self.spreads)).nan_to_num(0.0), seen.float()

    def _graphs(self, architectures: Sequence[Architecture]) -> GraphBatch | None:
        if self.inputs.graph == "none":
            return None
        return collate_neurons(architectures) if self.inputs.graph == "neuron" else collate(architectures, self.vocabulary)


@final
@dataclass(frozen=True, eq=False)
class WholeCurves(_Curves):
    """Whole curves: `K` is `T`."""

    @property
    def informative(self) -> Tensor:
        """The rows with any known value of the metric to forecast."""
        return torch.nonzero(self.seen[:, :, 0].any(1)).flatten()

    def cut(self, rows: Tensor, k: int) -> tuple[Prefix, Future]:
        """Some of the curves, cut after epoch `k` < `T`."""
        values, seen = self.values[rows], self.seen[rows]
        graphs = None if self.graphs is None else self.graphs.rows(rows)
        prefix = Prefix(self.epochs[:k], values[:, :k], seen[:, :k], self.features[rows], graphs)
        return prefix, Future(self.epochs[k:], values[:, k:, 0], seen[:, k:, 0])


def _features(curves: CurveSet | Observed, inputs: Inputs) -> tuple[Floats, tuple[str, ...]]:
    if not inputs.hyperparameters:
        return np.empty((len(curves), 0)), ()
    if inputs.graph == "none":
        return curves.hyperparameters, curves.hyperparameter_names
    sizes = np.stack([curves.n_params, curves.n_macs], axis=1)
    return np.concatenate([curves.hyperparameters, sizes], axis=1), (*curves.hyperparameter_names, "n_params", "n_macs")


def _feature_scale(raw: Mapping[str, list[str]]) -> FeatureScale:
    return FeatureScale(
        tuple(raw["names"]), tuple(map(bool, raw["logarithmic"])), tuple(map(float, raw["mean"])), tuple(map(float, raw["std"]))
    )


def _forward_fill(values: Tensor, seen: Tensor) -> Tensor:
    index: npt.NDArray[np.int64] = np.arange(values.shape[1])[None, :, None]
    place = np.maximum.accumulate(np.where(seen.numpy() > 0, index, 0), axis=1)
    return torch.gather(values, 1, torch.from_numpy(place))
