"""LCBench: perceptrons on tables (Zimmer, Lindauer and Hutter, "Auto-PyTorch Tabular", arXiv:2006.13799)."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from nasbench_lc.config import Recipe
from nasbench_lc.curves import Floats, Status
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.build import ForeignRun, Origin, build, status_of
from nasbench_lc.importers.json_task import read_task
from nasbench_lc.importers.lcbench_funnel import funnel_graph, infer_task
from nasbench_lc.table import Table

__all__ = ["import_lcbench"]

_METRICS = {
    "train_loss": "Train/train_cross_entropy",
    "train_acc": "Train/train_accuracy",
    "val_loss": "Train/val_cross_entropy",
    "val_acc": "Train/val_accuracy",
    "test_loss": "Train/test_cross_entropy",
    "test_acc": "Train/test_result",
}
_HP = {"batch_size": "batch_size", "lr": "learning_rate", "momentum": "momentum", "weight_decay": "weight_decay"}
_DROPOUT_OFF = 0.05
_T_MAX = "cosine_annealing_T_max"


def import_lcbench(path: Path, all_runs: bool = False, task: str | None = None) -> Table:
    """LCBench's own JSON, gzip or not: ``{dataset: {id: {log, results, config}}}``; of several datasets the one called `task`.

    Record 0 is an untrained evaluation, records 1 .. `T` are the epochs of the cosine (its `T_max`), and any record after them is surplus. Runs that
    lack one of the epochs are dropped unless `all_runs`, which keeps them as partial. `num_layers`, which may stand as ``true`` for 1, counts
    the output layer. The hidden widths need the task's inputs and classes, which the file does not state: they are the only ones that
    explain the parameter count of every run.

    Raises:
        ConfigError: If the file holds several datasets and `task` is None, or none of that name.
        FormatError: If it is damaged or another.
    """
    task, content = read_task(path, task)
    parts = {name: _Run(name, run) for name, run in content.items()}
    if not parts:
        raise FormatError(f"The source must hold runs; got none in {path}. Fetch it again.")
    lengths = {part.t_max for part in parts.values()}
    if len(lengths) != 1:
        raise FormatError(f"All runs must have one {_T_MAX}; got {min(lengths)} .. {max(lengths)} in {path}. Cut the source into parts.")
    epochs = lengths.pop()
    known = infer_task({(p.layers, p.top, p.n_params) for p in parts.values()})
    runs = [part.convert(epochs, *(known or (0, 2))) for part in parts.values()]
    short = sum(r.status is not Status.OK for r in runs)
    if not all_runs:
        runs = [r for r in runs if r.status is Status.OK]
    schedule = _schedule(runs, epochs)
    notes = [
        _records(Counter(p.records for p in parts.values()), epochs),
        f"{short} of {len(parts)} runs lack epochs or values and were {'kept' if all_runs else 'dropped'}.",
        "Accuracies in percent were divided by 100; balanced accuracies, Train/loss and what else the log holds were dropped.",
        "Losses are class-weighted cross-entropies, as the source has them; train metrics are means over training batches.",
        "Seconds are the differences of the cumulative time. Dropout is max_dropout, or 0 up to 0.05, where the source builds none.",
        _widths(task, known),
        "Learning rates are as logged: full in the first two epochs, then the cosine one epoch late."
        if schedule is not None
        else "The schedule is not stated.",
    ]
    settings = {
        "imported": "lcbench",
        "optimizer": "sgd",
        "loss": "cross_entropy_weighted",
        "schedule": "cosine",
        "cosine_t_max": epochs,
        "cosine_eta_min": 1e-8,
    }
    origin = Origin(
        "lcbench",
        path.name,
        "Apache-2.0",
        "LCBench (Zimmer, Lindauer and Hutter, Auto-PyTorch Tabular, IEEE TPAMI 2021, arXiv:2006.13799), github.com/automl/LCBench.",
    )
    return build(origin, Recipe.of("lcbench-mlp", task, epochs, settings), runs, notes, all_runs=all_runs, schedule=schedule)


class _Run:
    """One entry of the JSON, checked.

    Raises:
        FormatError: If it lacks something.
    """

    def __init__(self, name: str, raw: Any) -> None:
        self.name = name
        self.log, self.config, results = (self._part(raw, key) for key in ("log", "config", "results"))
        self.layers = self._whole(self.config, "num_layers", 1, 100)
        self.top = self._whole(self.config, "max_units", 1, 10**6)
        self.t_max = self._whole(self.config, _T_MAX, 1, 10**5)
        self.n_params = self._whole(results, "model_parameters", 1, 2**53)
        self.series = {key: self._series(key) for key in (*_METRICS.values(), "time", "Train/lr")}
        lengths = {len(s) for s in self.series.values()}
        if len(lengths) != 1:
            raise FormatError(
                f"All curves of a run must have equally many records; got {sorted(lengths)} in run {name[:40]}. Correct or drop it."
            )
        self.records = lengths.pop()

    def convert(self, epochs: int, inputs: int, classes: int) -> ForeignRun:
        """The run in the units of this tool."""
        metrics = {m: self._epochs(self.series[key], epochs) / (100 if m.endswith("_acc") else 1) for m, key in _METRICS.items()}
        time = self.series["time"]
        dropout = self._number(self.config, "max_dropout")
        return ForeignRun(
            name=self.name,
            architecture=funnel_graph(inputs, classes, self.top, self.layers),
            hyperparameters={
                "dropout": dropout if dropout > _DROPOUT_OFF else 0.0,
                **{ours: self._number(self.config, theirs) for ours, theirs in _HP.items()},
            },
            metrics=metrics,
            seconds=self._epochs(np.diff(time, prepend=np.nan), epochs),
            lr=self._epochs(self.series["Train/lr"], epochs),
            status=status_of(metrics),
            n_params=float(self.n_params),
        )

    @staticmethod
    def _epochs(series: Floats, epochs: int) -> Floats:
        kept = series[1 : epochs + 1]
        return np.concatenate([kept, np.full(epochs - len(kept), np.nan)])

    def _part(self, raw: Any, key: str) -> dict[str, Any]:
        part = raw.get(key) if isinstance(raw, dict) else None
        if not isinstance(part, dict):
            raise FormatError(f"Every run must have log, config and results; got no {key} in run {self.name[:40]}. Choose another KIND.")
        return part

    def _number(self, part: dict[str, Any], key: str) -> float:
        value = part.get(key)
        if not isinstance(value, int | float) or not abs(value) < 2**60:
            raise FormatError(
                f"Every run must have a number for {key}; got {str(value)[:40]!r} in run {self.name[:40]}. Correct or drop it."
            )
        return float(value)

    def _whole(self, part: dict[str, Any], key: str, low: int, high: int) -> int:
        value = self._number(part, key)
        if value != math.floor(value) or not low <= value <= high:
            raise FormatError(
                f"{key} must be a whole number of {low} .. {high}; got {value:g} in run {self.name[:40]}. Correct or drop it."
            )
        return int(value)

    def _series(self, key: str) -> Floats:
        values = self.log.get(key)
        if not isinstance(values, list) or not all(v is None or (isinstance(v, int | float) and not abs(v) > 1e300) for v in values):
            raise FormatError(f"Every log must have a list of numbers for {key}; got another in run {self.name[:40]}. Correct or drop it.")
        return np.array([math.nan if v is None else v for v in values], dtype=np.float64)


def _records(counts: Counter[int], epochs: int) -> str:
    lengths = ", ".join(f"{n} records in {c} runs" for n, c in sorted(counts.items()))
    return f"Of the log ({lengths}) the untrained first record and what follows epoch {epochs} were dropped."


def _widths(task: str, known: tuple[int, int] | None) -> str:
    if known is None:
        return "The parameter counts do not tell the task's inputs and classes: hidden widths were derived without them, as for 2 classes and few inputs."
    return f"Hidden widths were derived for the {known[0]} inputs and {known[1]} classes that explain every run's parameter count."


def _schedule(runs: list[ForeignRun], epochs: int) -> Floats | None:
    rates = np.array([r.lr for r in runs if r.lr is not None]).reshape(-1, epochs)
    ok = np.isfinite(rates).all(1) & (rates[:, 0] > 0) if epochs else np.zeros(len(rates), dtype=np.bool_)
    factors = rates[ok] / rates[ok][:, :1]
    if not len(factors) or np.abs(factors - np.median(factors, axis=0)).max() > 1e-3:
        return None
    return np.median(factors, axis=0)
