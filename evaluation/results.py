"""What an evaluation leaves behind: rows, their summary, and what the plots need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nasbench_lc.curves import CurveSet, Floats
from nasbench_lc.forecast import Forecast

__all__ = ["KEYS", "Figures", "Note", "Profile", "Results", "Row", "StrategyPoint"]

Row = dict[str, Any]
"""One (model, metric, observe, horizon, seed): :data:`KEYS` to a text, a number, or None where it does not apply or is not finite."""

KEYS: tuple[str, ...] = (
    "model", "metric", "observe", "horizon", "seed", "n_train", "n_test", "n_nonfinite",
    "mape", "mape_median", "smape", "rmse", "log_mae", "mae_final", "pearson", "spearman", "kendall", "top10_overlap", "regret_at_1",
    "crps", "nll", "coverage_50", "coverage_80", "coverage_95", "width_80",
    "fit_seconds", "predict_seconds", "speedup", "speedup_equal_regret", "break_even_n",
    "precision_at_10", "regret_at_5", "crps_median", "mape_over_floor", "excess_jump", "violations", "n_diverged",
    "n_nonfinite_forecasts", "protocol", "speedup_equal_regret_sgd",
)  # fmt: skip
"""The keys of a row, in their order in ``scores.csv``. Keys may be added, never removed.

`n_test` counts the test curves that are scored, `n_nonfinite` those that are not because they are not finite up to the horizon,
`n_diverged` those among the scored whose run diverged, `n_nonfinite_forecasts` those for which the model gave no finite forecast.
`mape_over_floor` is `mape` as a multiple of the noise floor, where one is known. The speed-ups are described in :mod:`evaluation.speedup`.
"""


@dataclass(frozen=True)
class Note:
    """A sentence for the reader, such as why a model has no scores.

    Arguments:
        model: Whom it concerns; empty for all.
        text: The sentence.
    """

    model: str
    text: str


@dataclass(frozen=True, eq=False)
class Profile:
    """How one model's forecasts fare along levels and epochs (first seed, main prefix, last horizon).

    Arguments:
        levels: Shape `(Q,)`.
        reliability: The fraction of truths below each quantile, shape `(Q,)`.
        pit: The histogram of the probability integral transform, 10 fractions.
        epochs: Shape `(H,)`.
        error: The mean absolute relative error of each epoch, shape `(H,)`.
    """

    levels: Floats
    reliability: Floats
    pit: Floats
    epochs: Floats
    error: Floats


@dataclass(frozen=True)
class StrategyPoint:
    """One way to choose an architecture, its price and its regret, means over the seeds.

    Arguments:
        name: The strategy, such as ``"last value"`` or a model.
        setting: Its knob, such as ``"10 epochs"``.
        seconds: SGD and inference, for all architectures of the test part.
        regret: At the last horizon, in the unit of the metric.
        is_model: Whether a predictor made the choice.
    """

    name: str
    setting: str
    seconds: float
    regret: float
    is_model: bool


@dataclass(frozen=True, eq=False)
class Figures:
    """What the plots of a report need, from the first seed.

    Arguments:
        test: The test curves.
        observe: The main prefix.
        forecasts: Model to its forecast of `test` from that prefix, with a few levels only.
        profiles: Model to its profile.
        strategies: Regret against spent time.
    """

    test: CurveSet
    observe: int
    forecasts: Mapping[str, Forecast]
    profiles: Mapping[str, Profile]
    strategies: tuple[StrategyPoint, ...]


@dataclass(frozen=True, eq=False)
class Results:
    """A finished evaluation.

    Arguments:
        dataset: What was evaluated on: name, digest, counts.
        protocol: ``"strict"`` or ``"paper"``.
        rows: All scored curves.
        rows_without_diverged: The same without diverged runs; empty where none of the scored diverged.
        summary: Means and intervals over seeds, see :mod:`evaluation.summary`.
        notes: Sentences for the reader.
        provenance: When, where and with what.
        figures: For the plots.
        floors: The noise floors that are known for what was asked, see :mod:`evaluation.floors`.
        beside: The strict protocol's results beside the optimistic ones of the paper's protocol, else None.
    """

    dataset: Mapping[str, Any]
    protocol: str
    rows: tuple[Row, ...]
    rows_without_diverged: tuple[Row, ...]
    summary: tuple[Row, ...]
    notes: tuple[Note, ...]
    provenance: Mapping[str, Any]
    figures: Figures
    floors: tuple[Mapping[str, Any], ...] = ()
    beside: "Results | None" = None

    @property
    def name(self) -> str:
        """What the dataset is called, and after it the target of a transfer."""
        name = str(self.dataset.get("name") or self.dataset.get("file") or "Learning curves")
        target = self.dataset.get("transfer_to")
        return name if target is None else f"{name} to {target.get('file', 'other curves')}"
