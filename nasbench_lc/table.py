"""Runs as columns: what the HDF5 format holds, in memory."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nasbench_lc.architecture import Architecture
from nasbench_lc.curves import Curve, CurveSet, Floats, Status
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.schema import SCHEMA_VERSION
from nasbench_lc.version import __version__

__all__ = ["ArchitectureFacts", "Table", "base_attributes", "curve_digests", "default_metric", "texts"]

Column = npt.NDArray[Any]

_DEFAULT_METRICS = ("test_loss", "val_acc", "val_loss", "test_acc")


@dataclass(frozen=True)
class ArchitectureFacts:
    """What a space knows of an architecture beyond its graph.

    Arguments:
        group: The exact function class, or the key.
        n_params: Trainable parameters.
        n_macs: Multiply-accumulate operations of one forward pass of one sample.
        constant: Whether it answers the same whatever the input; None where its space has no such architectures.
    """

    group: str
    n_params: float
    n_macs: float
    constant: bool | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """`N` runs as columns.

    Arguments:
        attributes: The root attributes of the file, see :data:`nasbench_lc.schema.ATTRIBUTES`.
        columns: ``"group/name"`` to an array whose first axis is `N`; text is UTF-8 bytes (dtype ``S``).
    """

    attributes: Mapping[str, Any]
    columns: Mapping[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns["run/uid"])

    @property
    def epochs(self) -> int:
        """`T`."""
        return int(self.attributes["epochs"])

    @property
    def metrics(self) -> tuple[str, ...]:
        """The curve metrics of the file."""
        return tuple(self.attributes["metrics"])

    @property
    def uids(self) -> tuple[str, ...]:
        """`N` run ids."""
        return texts(self.columns["run/uid"])

    @property
    def statuses(self) -> tuple[Status, ...]:
        """`N` statuses."""
        return tuple(Status[s.upper()] for s in texts(self.columns["run/status"]))

    @classmethod
    def of_curves(
        cls,
        curves: Sequence[Curve],
        attributes: Mapping[str, Any],
        facts: Mapping[str, ArchitectureFacts],
        *,
        host: str,
        device: str,
        versions: str,
    ) -> "Table":
        """The table of freshly trained runs; `facts` by architecture key."""
        metrics = tuple(attributes["metrics"])
        runs = [c.run for c in curves]
        column: dict[str, Column] = {
            "run/uid": _text([r.run_id for r in runs]),
            "run/index": np.array([r.index for r in runs], dtype=np.int64),
            "run/repeat": np.array([r.repeat for r in runs], dtype=np.int64),
            "run/seed": np.array([r.seed for r in runs], dtype=np.int64),
            "run/status": _text([c.status.label for c in curves]),
            "run/error": _text([c.error[:500] for c in curves]),
            "run/started": np.array([c.started for c in curves], dtype=np.float64),
            "run/host": _text([host] * len(runs)),
            "run/device": _text([device] * len(runs)),
            "run/versions": _text([versions] * len(runs)),
            "run/seconds_kind": _text([c.seconds_kind for c in curves]),
            "run/recipe_hash": _text([r.recipe.hash for r in runs]),
            "arch/key": _text([r.architecture.key for r in runs]),
            "arch/group": _text([facts[r.architecture.key].group for r in runs]),
            "arch/string": _text([r.architecture.string for r in runs]),
            "arch/json": _text([r.architecture.json for r in runs]),
            "arch/n_params": np.array([facts[r.architecture.key].n_params for r in runs], dtype=np.float64),
            "arch/n_macs": np.array([facts[r.architecture.key].n_macs for r in runs], dtype=np.float64),
        }
        constant = [facts[r.architecture.key].constant for r in runs]
        if any(c is not None for c in constant):
            column["arch/constant"] = np.array(constant, dtype=np.float64)
        widths = [r.architecture.widths for r in runs]
        if any(widths):
            column["arch/widths"] = _pad(widths)
        hp = [r.hp for r in runs]
        for name in sorted({n for h in hp for n in h}):
            column[f"hp/{name}"] = np.array([h.get(name, np.nan) for h in hp], dtype=np.float64)
        for name in metrics:
            column[f"curves/{name}"] = _curve([c.metrics[name] for c in curves])
        column["curves/lr"] = _curve([c.lr for c in curves])
        column["curves/epoch_seconds"] = _curve([c.seconds for c in curves])
        column["run/sha256"] = _text(curve_digests(column))
        return cls(attributes, column)

    def take(self, rows: npt.NDArray[Any] | Sequence[int]) -> "Table":
        """The same for some of the runs, in the order given."""
        index = np.asarray(rows, dtype=np.int64)
        return replace(self, columns={name: c[index] for name, c in self.columns.items()})

    @classmethod
    def concat(cls, tables: Sequence["Table"]) -> "Table":
        """One table of all runs in turn, under the attributes of the first; a run that stands twice counts once, a failed one least.

        Columns that only some tables have (hyperparameters, widths, curves) are filled with NaN, 0 or "".
        """
        names = sorted({n for t in tables for n in t.columns})
        columns: dict[str, Column] = {}
        for name in names:
            like = next(t.columns[name] for t in tables if name in t.columns)
            parts = [t.columns.get(name, _blank(like, len(t))) for t in tables]
            if name == "arch/widths":
                wide = max(p.shape[1] for p in parts)
                parts = [np.pad(p, ((0, 0), (0, wide - p.shape[1]))) for p in parts]
            columns[name] = np.concatenate(parts)
        both = cls(tables[0].attributes, columns)
        seen: dict[str, int] = {}
        failed = [s is Status.FAILED for s in both.statuses]
        for row, uid in enumerate(both.uids):
            if uid not in seen or (failed[seen[uid]] and not failed[row]):
                seen[uid] = row
        return both.take(sorted(seen.values()))

    def ordered(self) -> "Table":
        """The runs sorted by (index, repeat, id): the order does not depend on who finished first."""
        return self.take(np.lexsort((self.columns["run/uid"], self.columns["run/repeat"], self.columns["run/index"])))

    def curve_set(self, metric: str | None = None) -> CurveSet:
        """All runs that have a curve, as arrays for predictors.

        Arguments:
            metric: The metric to forecast; by default the first of test_loss, val_acc, val_loss, test_acc that the file has.

        Raises:
            ConfigError: If the file has no such metric.
        """
        if metric is not None and metric not in self.metrics:
            raise ConfigError(f"The metric must be one of {', '.join(self.metrics)}; got {metric}. Choose one of those.")
        rows = [i for i, s in enumerate(self.statuses) if s is not Status.FAILED]
        table = self.take(rows)
        hp = sorted(n.removeprefix("hp/") for n in table.columns if n.startswith("hp/"))
        schedule = self.attributes.get("schedule")
        return CurveSet(
            architectures=tuple(map(Architecture.from_json, texts(table.columns["arch/json"]), texts(table.columns["arch/string"]))),
            hyperparameters=np.stack([table.columns[f"hp/{n}"] for n in hp], 1) if hp else np.empty((len(table), 0)),
            hyperparameter_names=tuple(hp),
            y=np.stack([table.columns[f"curves/{m}"].astype(np.float64) for m in table.metrics], 2),
            metrics=table.metrics,
            metric=metric or default_metric(table.metrics),
            uid=table.uids,
            group=texts(table.columns["arch/group"]),
            status=table.statuses,
            seconds=table.columns["curves/epoch_seconds"].astype(np.float64)
            if "curves/epoch_seconds" in table.columns
            else np.full((len(table), table.epochs), np.nan),
            schedule=None if schedule is None else np.asarray(schedule, dtype=np.float64),
            n_params=table.columns["arch/n_params"].astype(np.float64),
            n_macs=table.columns["arch/n_macs"].astype(np.float64),
        )


def default_metric(metrics: Sequence[str]) -> str:
    """The first of test_loss, val_acc, val_loss, test_acc that is there, else the first of all."""
    return next((m for m in _DEFAULT_METRICS if m in metrics), metrics[0])


def base_attributes(
    *,
    space: str,
    task: str,
    epochs: int,
    metrics: Sequence[str],
    created: str,
    licence: str,
    source: str,
    recipe: str,
    recipe_hash: str,
    plan: Mapping[str, Any],
    schedule: Floats | None = None,
    notes: str | None = None,
) -> dict[str, Any]:
    """The root attributes of a new file, see :data:`nasbench_lc.schema.ATTRIBUTES`."""
    attributes: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "space": space,
        "task": task,
        "epochs": epochs,
        "metrics": list(metrics),
        "generator_version": f"nasbench-lc {__version__}",
        "created": created,
        "licence": licence,
        "source": source,
        "recipe": recipe,
        "recipe_hash": recipe_hash,
        "plan": json.dumps(dict(plan), sort_keys=True, separators=(",", ":")),
    }
    if schedule is not None:
        attributes["schedule"] = np.asarray(schedule, dtype=np.float64)
    if notes is not None:
        attributes["notes"] = notes
    return attributes


def curve_digests(columns: Mapping[str, Column]) -> list[str]:
    """The checksum of every run's curves: names sorted, little-endian float32, one NaN pattern, epoch_seconds left out."""
    names = sorted(n for n in columns if n.startswith("curves/") and n != "curves/epoch_seconds")
    values = np.stack([columns[n].astype("<f4", copy=False) for n in names], 1)
    values[np.isnan(values)] = np.nan
    head = hashlib.sha256(",".join(n.removeprefix("curves/") for n in names).encode())
    found = []
    for row in values:
        checksum = head.copy()
        checksum.update(row.data)
        found.append(checksum.hexdigest())
    return found


def texts(column: Column) -> tuple[str, ...]:
    """A text column as Python strings.

    Raises:
        FormatError: If the bytes are not UTF-8.
    """
    try:
        return tuple(b.decode() for b in column.tolist())
    except UnicodeDecodeError as error:
        raise FormatError(f"Text must be UTF-8; got {error.object[:40]!r}. The file is damaged or foreign.") from error


def _text(values: Sequence[str]) -> Column:
    encoded = [v.encode() for v in values]
    return np.array(encoded, dtype=f"S{max([1, *map(len, encoded)])}")


def _curve(values: Sequence[Floats]) -> Column:
    with np.errstate(over="ignore"):
        return np.array(values, dtype=np.float32)


def _pad(widths: Sequence[tuple[int, ...]]) -> Column:
    wide = max(map(len, widths))
    return np.array([w + (0,) * (wide - len(w)) for w in widths], dtype=np.int32)


def _blank(like: Column, count: int) -> Column:
    shape = (count, *like.shape[1:])
    return np.full(shape, np.nan, like.dtype) if like.dtype.kind == "f" else np.zeros(shape, like.dtype)
