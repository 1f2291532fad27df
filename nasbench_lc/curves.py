"""Learning curves: one run's, and many as arrays.

Axes, one letter each, everywhere: `N` curves, `T` epochs, `K` observed, `H` horizon, `M` curve metrics, `P` hyperparameters,
`Q` levels, `S` samples, `V` nodes, `E` edges. Epochs are 1-based, time is in seconds, accuracy a fraction, loss in nats.
A missing value is NaN with a False mask, never a sentinel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

from nasbench_lc.architecture import Architecture
from nasbench_lc.config import RunConfig
from nasbench_lc.errors import ConfigError

__all__ = ["Bools", "Curve", "CurveSet", "Floats", "Observed", "Rows", "Status", "Target", "higher_is_better"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64] | Bools | slice | Sequence[int]
"""Some of `N` curves: indices, a mask, or a slice."""


class Status(Enum):
    """What became of a run; the value is the sentence that a person reads, the lower-case name what a file stores."""

    OK = "All epochs are there."
    DIVERGED = "A loss was not finite, or a train loss exceeded 1,000 x ln(classes); epochs after a loss that was not finite are missing."
    FAILED = "The training raised an error; the run has no curve."
    PARTIAL = "The source holds fewer epochs of this run than of others; later epochs are missing."

    @property
    def label(self) -> str:
        """The word a file stores: ``"ok"``, ``"diverged"`` ..."""
        return self.name.lower()


def higher_is_better(metric: str) -> bool:
    """Whether a larger value of a curve metric is better; losses and errors fall, accuracies rise."""
    return metric.endswith("_acc")


@dataclass(frozen=True, eq=False)
class Curve:
    """What one run left behind.

    Arguments:
        run: The configuration that produced it.
        metrics: Name to values, each of shape `(T,)`, NaN where absent; accuracies in [0, 1], losses in nats.
        lr: The learning rate of each epoch, shape `(T,)`.
        seconds: Seconds spent in each epoch, training and evaluation, shape `(T,)`.
        status: What became of the run.
        error: The error's own words where the run failed.
        started: When it began, in seconds since 1970 (UTC).
        seconds_kind: ``"processor"``, seconds of the one thread that trained it, whatever else the machine did meanwhile; ``"apportioned"``,
            a fused group's processor seconds shared out by cost; or ``"measured"``, by the clock on the wall.
    """

    run: RunConfig
    metrics: Mapping[str, Floats]
    lr: Floats
    seconds: Floats
    status: Status = Status.OK
    error: str = ""
    started: float = 0.0
    seconds_kind: str = "measured"

    @classmethod
    def failed(cls, run: RunConfig, metrics: Sequence[str], error: str, started: float) -> "Curve":
        """The record of a run whose training raised an error."""
        nothing = np.full(run.recipe.epochs, np.nan)
        return cls(run, {m: nothing for m in metrics}, nothing, nothing, Status.FAILED, error, started)


@dataclass(frozen=True, eq=False)
class Observed:
    """All that a predictor is ever handed of the curves it forecasts: nothing in here lies after epoch `K`.

    Arguments:
        architectures: `N` architectures.
        hyperparameters: Shape `(N, P)`.
        hyperparameter_names: `P` names.
        t: The observed epochs, shape `(K,)`; `K` may be 0.
        y: Shape `(N, K, M)`, NaN where missing.
        metrics: `M` names.
        metric: Which of them is to be forecast.
        epochs: `T`, the planned length of the runs, known in advance.
        schedule: The planned learning rate relative to the first epoch's, shape `(T,)`, known in advance; None where unknown.
        n_params: Trainable parameters, shape `(N,)`, NaN where unknown.
        n_macs: Multiply-accumulate operations of one forward pass, shape `(N,)`, NaN where unknown.
    """

    architectures: tuple[Architecture, ...]
    hyperparameters: Floats
    hyperparameter_names: tuple[str, ...]
    t: Floats
    y: Floats
    metrics: tuple[str, ...]
    metric: str
    epochs: int
    schedule: Floats | None
    n_params: Floats
    n_macs: Floats

    def __len__(self) -> int:
        return len(self.architectures)

    @property
    def mask(self) -> Bools:
        """True where a value is finite, shape `(N, K, M)`."""
        return np.isfinite(self.y)

    @property
    def target(self) -> Floats:
        """The observed part of the metric to forecast, shape `(N, K)`."""
        return self.y[:, :, self.metrics.index(self.metric)]

    def subset(self, rows: Rows) -> "Observed":
        """The same for some of the curves."""
        index = _indices(len(self), rows)
        return replace(
            self,
            architectures=tuple(self.architectures[i] for i in index),
            hyperparameters=self.hyperparameters[index],
            y=self.y[index],
            n_params=self.n_params[index],
            n_macs=self.n_macs[index],
        )


@dataclass(frozen=True, eq=False)
class Target:
    """What came after the observed epochs; only evaluation sees it.

    Arguments:
        t: The epochs, shape `(H,)`.
        y: The metric that was to be forecast, shape `(N, H)`, NaN where missing.
    """

    t: Floats
    y: Floats

    @property
    def mask(self) -> Bools:
        """True where a value is finite, shape `(N, H)`."""
        return np.isfinite(self.y)


@dataclass(frozen=True, eq=False)
class CurveSet:
    """Many whole curves, for fitting and for splitting into :class:`Observed` and :class:`Target`.

    Arguments:
        architectures: `N` architectures.
        hyperparameters: Shape `(N, P)`.
        hyperparameter_names: `P` names.
        y: Shape `(N, T, M)`, NaN where missing.
        metrics: `M` names.
        metric: Which of them predictors forecast.
        uid: `N` run ids.
        group: `N` labels; runs of one label compute the same function and never part in a split.
        status: `N` statuses.
        seconds: Seconds per epoch, shape `(N, T)`.
        schedule: The planned learning rate relative to the first epoch's, shape `(T,)`; None where unknown.
        n_params: Shape `(N,)`, NaN where unknown.
        n_macs: Shape `(N,)`, NaN where unknown.
    """

    architectures: tuple[Architecture, ...]
    hyperparameters: Floats
    hyperparameter_names: tuple[str, ...]
    y: Floats
    metrics: tuple[str, ...]
    metric: str
    uid: tuple[str, ...]
    group: tuple[str, ...]
    status: tuple[Status, ...]
    seconds: Floats
    schedule: Floats | None = None
    n_params: Floats = field(default_factory=lambda: np.empty(0))
    n_macs: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if self.metric not in self.metrics:
            raise ConfigError(f"The metric must be one of {', '.join(self.metrics)}; got {self.metric}. Choose one of those.")
        for name in ("n_params", "n_macs"):
            if getattr(self, name).size == 0 and len(self):
                object.__setattr__(self, name, np.full(len(self), np.nan))

    def __len__(self) -> int:
        return len(self.architectures)

    @property
    def epochs(self) -> int:
        """`T`."""
        return self.y.shape[1]

    @property
    def t(self) -> Floats:
        """The epochs 1 .. `T`, shape `(T,)`."""
        return np.arange(1, self.epochs + 1, dtype=np.float64)

    @property
    def mask(self) -> Bools:
        """True where a value is finite, shape `(N, T, M)`."""
        return np.isfinite(self.y)

    @property
    def target(self) -> Floats:
        """The metric that predictors forecast, shape `(N, T)`."""
        return self.y[:, :, self.metrics.index(self.metric)]

    def for_metric(self, metric: str) -> "CurveSet":
        """The same curves with another metric to forecast."""
        return replace(self, metric=metric)

    def subset(self, rows: Rows) -> "CurveSet":
        """The same for some of the curves, in the order given."""
        index = _indices(len(self), rows)
        return replace(
            self,
            architectures=tuple(self.architectures[i] for i in index),
            hyperparameters=self.hyperparameters[index],
            y=self.y[index],
            uid=tuple(self.uid[i] for i in index),
            group=tuple(self.group[i] for i in index),
            status=tuple(self.status[i] for i in index),
            seconds=self.seconds[index],
            n_params=self.n_params[index],
            n_macs=self.n_macs[index],
        )

    def observe(self, k: int) -> tuple[Observed, Target]:
        """The first `k` epochs to forecast from, and the epochs after them to be scored against.

        Raises:
            ConfigError: If `k` is not in 0 .. `T` - 1.
        """
        if not 0 <= k < self.epochs:
            raise ConfigError(f"The observed epochs must lie in 0 .. {self.epochs - 1}; got {k}. Choose a smaller --observe.")
        observed = Observed(
            architectures=self.architectures,
            hyperparameters=self.hyperparameters,
            hyperparameter_names=self.hyperparameter_names,
            t=self.t[:k],
            y=self.y[:, :k].copy(),
            metrics=self.metrics,
            metric=self.metric,
            epochs=self.epochs,
            schedule=self.schedule,
            n_params=self.n_params,
            n_macs=self.n_macs,
        )
        return observed, Target(self.t[k:], self.target[:, k:].copy())


def _indices(count: int, rows: Rows) -> list[int]:
    every: npt.NDArray[np.int64] = np.arange(count, dtype=np.int64)
    if isinstance(rows, slice):
        return every[rows].tolist()
    picked = np.asarray(rows)
    return every[picked if picked.dtype == np.bool_ else picked.astype(np.int64)].tolist()
