"""Rows of earlier runs, which a run of some models alone keeps, and which row is of when."""

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.studies.fits import Fit
from evaluation.results import Row

__all__ = ["ages", "answered", "earlier"]


def earlier(path: Path) -> list[Row]:
    """The rows of a study's file; none where it is not there."""
    return json.loads(path.read_text())["rows"] if path.exists() else []


def answered(fit: Fit, rows: Sequence[Row]) -> list[Row]:
    """Those that answer what a fit asks: of its model, seed and labels."""
    asked = {"model": fit.spec, "seed": fit.seed, **fit.labels}
    return [row for row in rows if asked.items() <= row.items()]


def ages(rows: Sequence[Row]) -> list[str]:
    """A sentence on the models with rows older than the newest; none where all are of one day."""
    days: dict[str, set[str]] = {}
    for row in rows:
        days.setdefault(row["model"], set()).add(row["made"])
    newest = max((day for found in days.values() for day in found), default="")
    older: dict[tuple[str, ...], list[str]] = {}
    for model, found in days.items():
        if found != {newest}:
            older.setdefault(tuple(sorted(found)), []).append(model)
    return [
        f"{', '.join(models)}: made on {' and '.join(found)}, what else there is on {newest}." for found, models in sorted(older.items())
    ]
