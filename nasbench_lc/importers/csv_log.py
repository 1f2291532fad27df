"""A user's own log as a dataset, or as the first epochs of runs to forecast."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nasbench_lc.architecture import Architecture
from nasbench_lc.config import Recipe, digest
from nasbench_lc.curves import Bools, Floats, Observed, Status
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.importers.build import ForeignRun, Origin, build, status_of
from nasbench_lc.importers.csv_accuracy import fractions
from nasbench_lc.importers.csv_columns import METRICS
from nasbench_lc.importers.csv_graphs import graph_of, readings
from nasbench_lc.importers.csv_rows import MAX_EPOCHS, Indices, Rows, read_rows
from nasbench_lc.table import Table

__all__ = ["Log", "import_csv", "read_log"]

FEW_GROUPS = 20
"""Below so many, a split leaves a handful to learn from or to calibrate on."""


@dataclass(frozen=True, eq=False)
class Log:
    """The runs of a log.

    Arguments:
        runs: `N` names.
        architectures: `N` graphs, see :func:`nasbench_lc.importers.csv_graphs.graph_of`.
        groups: `N` function classes, ``""`` where that is the architecture's own key.
        curves: Metric name to values, each `(N, T)`, NaN where missing; accuracies as fractions. `T` is the last epoch of any run.
        hyperparameters: Name to values, each `(N,)`, NaN where missing.
        seconds: Seconds of each epoch, `(N, T)`, or None.
        lr: Learning rate of each epoch where the log has one that changes, `(N, T)`, or None.
        n_params: Shape `(N,)`, NaN where unknown.
        planned: How many epochs the runs will have where the log says so in a column `epochs`, else None.
        exploded: Whether a loss is infinite, or was written as ``nan`` in the last epoch of the run that has a metric, shape `(N,)`.
        notes: What was changed and dropped, and how architectures were read, one sentence each.
    """

    runs: tuple[str, ...]
    architectures: tuple[Architecture, ...]
    groups: tuple[str, ...]
    curves: Mapping[str, Floats]
    hyperparameters: Mapping[str, Floats]
    seconds: Floats | None
    lr: Floats | None
    n_params: Floats
    planned: int | None
    exploded: Bools
    notes: tuple[str, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """`M` names, in the order of :data:`nasbench_lc.importers.csv_columns.METRICS`."""
        return tuple(self.curves)

    @property
    def epochs(self) -> int:
        """`T`, the last epoch of any run."""
        return next(iter(self.curves.values())).shape[1]

    def observe(self, metric: str, k: int | None, epochs: int | None = None) -> list[tuple[Indices, Observed]]:
        """The first epochs of every run, to forecast from.

        Arguments:
            metric: What is to be forecast.
            k: How many epochs; by default all that each run has itself and that leave at least one to forecast.
            epochs: How many epochs the runs will have where the log does not say; by default its last epoch.

        Returns:
            For every number of observed epochs, ascending, the rows of the runs that have so many and what is observed of them.

        Raises:
            ConfigError: If the log lacks the metric, `k` is not in 0 .. `T`, no epoch is left to forecast, or without `k` a run has more
                than `epochs`.
        """
        if metric not in self.curves:
            raise ConfigError(f"The metric must be one of {', '.join(self.metrics)}; got {metric}. Choose one of those.")
        total = self.planned or epochs or self.epochs
        counts = self._counts(k, total)
        names = tuple(sorted(self.hyperparameters))
        hyperparameters = np.stack([self.hyperparameters[n] for n in names], 1) if names else np.empty((len(self.runs), 0))
        whole = Observed(
            architectures=self.architectures,
            hyperparameters=hyperparameters,
            hyperparameter_names=names,
            t=np.arange(1, self.epochs + 1, dtype=np.float64),
            y=np.stack(list(self.curves.values()), 2),
            metrics=self.metrics,
            metric=metric,
            epochs=total,
            schedule=None,
            n_params=self.n_params,
            n_macs=np.full(len(self.runs), np.nan),
        )
        parts: list[tuple[Indices, Observed]] = []
        for count in np.unique(counts).tolist():
            rows = np.flatnonzero(counts == count)
            parts.append((rows, replace(whole.subset(rows), t=whole.t[:count], y=whole.y[rows, :count])))
        return parts

    def _counts(self, k: int | None, total: int) -> Indices:
        """How many epochs of each run are observed, shape `(N,)`; arguments and errors as in :meth:`observe`."""
        if k is None:
            there = np.any([np.isfinite(c) for c in self.curves.values()], axis=0)
            reached = np.where(there, np.arange(1, self.epochs + 1), 0).max(1)
            if reached.max() > total:
                raise ConfigError(
                    f"The log must not be longer than the checkpoint's runs, {total} epochs; got {reached.max()}. "
                    f"Add a column epochs (how many there will be), or give --observe."
                )
            return np.minimum(reached, total - 1)
        if not 0 <= k <= self.epochs:
            raise ConfigError(
                f"The observed epochs must lie in 0 .. {self.epochs}, which the log has; got {k}. Choose a smaller --observe."
            )
        if total <= k:
            raise ConfigError(
                f"An epoch must be left to forecast; got {k} observed of {total}. Add a column epochs (how many there will be), or lower --observe."
            )
        return np.full(len(self.runs), k, dtype=np.int64)


def read_log(path: Path) -> Log:
    """Read a log: a row per run and epoch (``run,epoch,val_acc ...``), or a row per run (``run,val_acc_1,val_acc_2 ...``).

    Accuracies in percent become fractions, a negative ``n_params`` unknown. Optional columns: ``arch``; ``hp_NAME``, lr, batch_size, momentum,
    weight_decay, dropout; ``seconds`` of the epoch; ``epochs``, how many the run will have; ``n_params``.

    Raises:
        FormatError: If the file is no such log; the sentence names the line or the run.
    """
    rows = read_rows(path)
    notes = list(rows.notes)
    curves = {name: rows.curves[name] for name in METRICS if name in rows.curves}
    seconds = rows.curves.get("seconds")
    for name, grid in (*curves.items(), ("seconds", seconds)):
        if grid is not None and (grid < 0).any():
            raise FormatError(f"The column {name} must not be negative; got {np.nanmin(grid):g} in {path}. Correct the column.")
    for name in (name for name in curves if name.endswith("_acc")):
        curves[name], changed = fractions(name, curves[name], rows.runs, path)
        notes += changed
    negative = rows.n_params < 0
    notes += [f"n_params is negative in {negative.sum()} runs; it was read as unknown there."] if negative.any() else []
    graphs = [graph_of(text) for text in rows.arch]
    architectures = tuple(graph for graph, _ in graphs)
    return Log(
        runs=rows.runs,
        architectures=architectures,
        groups=tuple(group for _, group in graphs),
        curves=curves,
        hyperparameters=rows.values,
        seconds=seconds,
        lr=rows.curves.get("lr"),
        n_params=np.where(negative, np.nan, rows.n_params),
        planned=_planned(rows, path),
        exploded=rows.exploded,
        notes=(*notes, *readings(architectures)),
    )


def import_csv(path: Path, all_runs: bool = False, task: str | None = None) -> Table:
    """A log as a dataset; see :func:`read_log` for its form.

    Runs without any value are dropped unless `all_runs`. Runs that end early, or miss a value, have the status partial. A run without an
    architecture, or in a log where all runs have the same, is grouped with those of equal hyperparameters and as many parameters, or stands for itself
    where it has no hyperparameters either: otherwise no split could part them. The task is the name of the file where none is given.

    Raises:
        FormatError: As :func:`read_log`, and if no run is left.
    """
    log = read_log(path)
    notes = list(log.notes)
    total = max(log.epochs, log.planned or 0)
    dropped = 0
    same = len(set(log.architectures)) == 1
    runs: list[ForeignRun] = []
    for i, name in enumerate(log.runs):
        metrics = {m: _stretch(c[i], total) for m, c in log.curves.items()}
        if not all_runs and not any(np.isfinite(c).any() for c in metrics.values()):
            dropped += 1
            continue
        hyperparameters = {h: float(v[i]) for h, v in sorted(log.hyperparameters.items()) if np.isfinite(v[i])}
        architecture = log.architectures[i]
        size = {"n_params": float(log.n_params[i])} if hyperparameters and np.isfinite(log.n_params[i]) else {}
        alone = digest({"imported": "csv", "hyperparameters": hyperparameters, "run": "" if hyperparameters else name, **size})
        runs.append(
            ForeignRun(
                name=name,
                architecture=architecture,
                hyperparameters=hyperparameters,
                metrics=metrics,
                seconds=None if log.seconds is None else _stretch(log.seconds[i], total),
                lr=None if log.lr is None else _stretch(log.lr[i], total),
                status=Status.DIVERGED if log.exploded[i] else status_of(metrics),
                group=alone if same or not architecture.string else log.groups[i],
                n_params=float(log.n_params[i]),
            )
        )
    short = sum(r.status is Status.PARTIAL for r in runs)
    notes += [f"{dropped} runs without any value were dropped."] if dropped else []
    notes += [f"{short} of {len(runs)} runs lack epochs or values; their status is partial."] if short else []
    groups = len({r.group or r.architecture.key for r in runs})
    if groups < min(FEW_GROUPS, len(runs) // 2):
        of, by, out = ("sets of hyperparameters", "run", "columns hp_NAME") if same else ("architectures", "hyperparameters", "column arch")
        notes.append(
            f"The {len(runs)} runs are of {groups} {of}, and all runs of one are in the same part of a split: "
            f"to split by {by} instead, leave out the {out}."
        )
    spaces = sorted({r.architecture.space for r in runs})
    recipe = Recipe.of(spaces[0] if len(spaces) == 1 else "csv", task or path.stem, total, {"imported": "csv"})
    origin = Origin("csv", path.name, "The user's own.", f"A log of the user's own, {path.name}.")
    return build(origin, recipe, runs, notes or ["Nothing was changed or dropped."], all_runs=all_runs)


def _planned(rows: Rows, path: Path) -> int | None:
    told = np.unique(rows.planned[~np.isnan(rows.planned)])
    if not len(told):
        return None
    reached = next(iter(rows.curves.values())).shape[1]
    if len(told) > 1 or told[0] != np.floor(told[0]) or not reached <= told[0] <= MAX_EPOCHS:
        raise FormatError(
            f"The column epochs must hold one number, at least the last epoch, {reached}; got {told[0]:g} .. {told[-1]:g} in {path}. Correct it."
        )
    return int(told[0])


def _stretch(curve: Floats, total: int) -> Floats:
    return np.concatenate([curve, np.full(total - len(curve), np.nan)])
