"""From runs that somebody else trained to a table of this format."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nasbench_lc.architecture import Architecture
from nasbench_lc.config import Recipe, RunConfig, digest
from nasbench_lc.curves import Curve, Floats, Status
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.reading import MAX_BYTES
from nasbench_lc.table import ArchitectureFacts, Table, base_attributes, curve_digests

__all__ = ["ForeignRun", "Origin", "build", "status_of"]


@dataclass(frozen=True)
class Origin:
    """Where a source comes from.

    Arguments:
        kind: The importer's name.
        file: The name of the file, without its folder.
        licence: Its licence, in words.
        citation: Whose data these are.
    """

    kind: str
    file: str
    licence: str
    citation: str


@dataclass(frozen=True, eq=False)
class ForeignRun:
    """One run of a source, in the units of this tool.

    Arguments:
        name: What the source calls it.
        architecture: The network.
        hyperparameters: Name to value; those that it lacks are left out.
        metrics: Name to values, each of shape `(T,)`, NaN where missing; accuracies as fractions.
        seconds: Seconds of each epoch, shape `(T,)`, or None where unknown.
        lr: Learning rate of each epoch, shape `(T,)`, or None where unknown.
        status: What became of it.
        group: Exact function class; the architecture's key where left out.
        n_params: Trainable parameters, NaN where unknown.
    """

    name: str
    architecture: Architecture
    hyperparameters: Mapping[str, float]
    metrics: Mapping[str, Floats]
    seconds: Floats | None = None
    lr: Floats | None = None
    status: Status = Status.OK
    group: str = ""
    n_params: float = np.nan


def status_of(metrics: Mapping[str, Floats]) -> Status:
    """OK where every value is finite, DIVERGED where one is infinite, PARTIAL where values are only missing."""
    with np.errstate(over="ignore"):
        values = np.stack(list(metrics.values())).astype(np.float32)  # as they will be stored
    if np.isinf(values).any():
        return Status.DIVERGED
    return Status.OK if np.isfinite(values).all() else Status.PARTIAL


def build(
    origin: Origin,
    recipe: Recipe,
    runs: Sequence[ForeignRun],
    notes: Sequence[str],
    *,
    all_runs: bool,
    schedule: Floats | None = None,
    seconds_kind: str = "measured",
) -> Table:
    """The table of `N` foreign runs, one row each, in the order given.

    The id of a run is the sha256 over the kind, its name, architecture, hyperparameters and curves: equal content gives equal ids, whatever the file is
    called and however many runs stand beside it. What the source does not tell is NaN, or the word "unknown".

    Raises:
        FormatError: If there is no run, a run stands twice with equal content, or a curve holds what it cannot.
    """
    if not runs:
        raise FormatError(f"The source must hold runs that can be imported; got none in {origin.file}. {' '.join(notes)}".strip())
    for run in runs:
        _check(run)
    # Text columns are as wide as their longest entry: one endless text among many runs would fill the memory.
    longest = max(len(r.name) + len(r.architecture.json) for r in runs)
    if longest * len(runs) > MAX_BYTES:
        raise FormatError(f"Names and architectures must be short; got {longest} characters among {len(runs)} runs. Shorten them.")
    blank = np.full(recipe.epochs, np.nan)
    curves = [
        Curve(
            run=RunConfig(recipe, r.architecture, tuple(sorted(r.hyperparameters.items())), seed=0, index=i),
            metrics=r.metrics,
            lr=blank if r.lr is None else r.lr,
            seconds=blank if r.seconds is None else r.seconds,
            status=r.status,
            started=np.nan,
            seconds_kind=seconds_kind,
        )
        for i, r in enumerate(runs)
    ]
    metrics = list(runs[0].metrics)
    facts = {r.architecture.key: ArchitectureFacts(r.group or r.architecture.key, r.n_params, np.nan) for r in runs}
    table = Table.of_curves(curves, {"metrics": metrics}, facts, host="unknown", device="unknown", versions="{}")
    columns = {n: c for n, c in table.columns.items() if n not in ("curves/lr", "curves/epoch_seconds") or not np.isnan(c).all()}
    columns["arch/group"] = _text([r.group or r.architecture.key for r in runs])
    columns["arch/n_params"] = np.array([r.n_params for r in runs], dtype=np.float64)
    columns["run/name"] = _text([r.name for r in runs])
    columns["run/sha256"] = _text(checksums := curve_digests(columns))
    columns["run/uid"] = _text(uids := [_uid(origin.kind, r, c) for r, c in zip(runs, checksums, strict=True)])
    _distinct(columns["run/uid"], runs)
    # With a digest of the runs in the plan, two imports are one plan, whose rows need no new places in a merge, only where they are equal.
    attributes = base_attributes(
        space=recipe.space,
        task=recipe.task,
        epochs=recipe.epochs,
        metrics=metrics,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        licence=origin.licence,
        source=origin.citation,
        recipe=recipe.json,
        recipe_hash=recipe.hash,
        plan={"imported": origin.kind, "file": origin.file, "all_runs": all_runs, "runs": digest(uids)},
        schedule=schedule,
        notes=" ".join(notes),
    )
    return Table(attributes, columns)


def _uid(kind: str, run: ForeignRun, checksum: str) -> str:
    identity = {"imported": kind, "run": run.name, "architecture": run.architecture.key, "curves": checksum}
    return digest({**identity, "hyperparameters": dict(run.hyperparameters)})


def _check(run: ForeignRun) -> None:
    where = f"run {run.name[:60]}. Correct or drop that run."
    if not (np.isnan(run.n_params) or 0 <= run.n_params < np.inf):
        raise FormatError(f"n_params must be finite and at least 0; got {run.n_params:.6g} in {where}")
    for name, value in run.hyperparameters.items():
        if not np.isfinite(value):
            raise FormatError(f"The hyperparameter {name} must be finite; got {value} in {where}")
    for name, values in (*run.metrics.items(), ("epoch_seconds", run.seconds)):
        if values is None:
            continue
        fraction = name.endswith("_acc")
        wrong = values[(values < 0) | (values > (1 if fraction else np.inf))]
        if len(wrong):
            raise FormatError(f"{name} must be {'a fraction' if fraction else 'at least 0'}; got {wrong[0]:.6g} in {where}")


def _distinct(uids: npt.NDArray[np.bytes_], runs: Sequence[ForeignRun]) -> None:
    _, first, counts = np.unique(uids, return_index=True, return_counts=True)
    if (counts > 1).any():
        name = runs[int(first[counts > 1][0])].name
        raise FormatError(f"Every run must stand once in the source; got {name[:60]} twice with equal values. Drop one.")


def _text(values: Sequence[str]) -> npt.NDArray[np.bytes_]:
    return np.array([v.encode() for v in values], dtype=f"S{max(1, *(len(v.encode()) for v in values))}")
