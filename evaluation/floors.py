"""The noise floors that are known of a dataset: measured ones from the file beside it, those of repeated runs from the runs themselves."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.noise_floor import noise_floor, repeated
from evaluation.results import Row
from nasbench_lc.curves import CurveSet
from nasbench_lc.errors import FormatError

__all__ = ["FLOORS_SCHEMA", "Floor", "beside_floors", "floor_at", "measured_floors", "over_floor", "repeat_floors"]

FLOORS_SCHEMA = 1
"""The version of a ``.floor.json``."""

Floor = Mapping[str, Any]
"""What :func:`evaluation.noise_floor.noise_floor` returns, with ``metric``, ``observe``, ``horizon``, ``runs`` (of each configuration) and ``source``."""

_ENOUGH = 20
"""Fewer repeated configurations with two complete runs say too little."""


def measured_floors(dataset: Path, recipe_hash: str) -> list[Floor]:
    """The floors in ``NAME.floor.json`` beside ``NAME.h5``; none where that file is absent or was measured under another recipe.

    Raises:
        FormatError: If the file is there but cannot be read.
    """
    path = dataset.with_suffix(".floor.json")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["schema"] != FLOORS_SCHEMA or record["recipe_hash"] != recipe_hash:
            return []
        return list(record["floors"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"The noise floors must be JSON as benchmarks.noise_floor writes it; got {error} in {path}. Remove it."
        ) from error


def repeat_floors(curves: CurveSet, horizons: Sequence[int]) -> list[Floor]:
    """The floors of forecasts from architecture and hyperparameters alone, from configurations that the file holds more than once."""
    y = repeated(curves)
    if y is None:
        return []
    source = "configurations that the file holds more than once"
    floors = [
        {"metric": curves.metric, "observe": 0, "horizon": h, "runs": y.shape[1], "source": source, **noise_floor(y[:, :, :h])}
        for h in horizons
    ]
    return [f for f in floors if f["n"] >= _ENOUGH]


def floor_at(floors: Sequence[Floor], metric: str, observe: int, horizon: int) -> Floor | None:
    """The first floor that holds for such forecasts; None where none is known."""
    return next((f for f in floors if (f["metric"], f["observe"], f["horizon"]) == (metric, observe, horizon)), None)


def over_floor(row: Mapping[str, Any], floors: Sequence[Floor]) -> float | None:
    """How many times the floor's MAPE a row of scores has; None where either is not known."""
    floor = floor_at(floors, row["metric"], row["observe"], row["horizon"])
    least = floor["mape"]["value"] if floor else None
    return row["mape"] / least if least and row["mape"] is not None else None


def beside_floors(summary: Sequence[Row], floors: Sequence[Floor]) -> list[Row]:
    """A summary with the score ``mape_median_over_floor``: the median MAPE as a multiple of the floor's.

    The median, as one configuration that may explode carries the mean of a floor. Its interval is that of the floor alone. A floor holds for all
    curves, diverged ones too: the score is None for a summary without them, and where no floor is known.
    """
    return [{**entry, "mape_median_over_floor": _multiple(entry, floors)} for entry in summary]


def _multiple(entry: Row, floors: Sequence[Floor]) -> dict[str, float | None]:
    floor = floor_at(floors, entry["metric"], entry["observe"], entry["horizon"]) if entry["subset"] == "all" else None
    median = entry["mape_median"]["mean"]
    if floor is None or median is None or not floor["mape_median"]["value"]:
        return {"mean": None, "low": None, "high": None}
    least, (low, high) = floor["mape_median"]["value"], floor["mape_median"]["interval"]
    # An interval of the floor that reaches 0 leaves that of the multiple without an end.
    return {"mean": median / least, "low": median / high if low else None, "high": median / low if low else None}
