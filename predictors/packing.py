"""Curves as named arrays, so that a checkpoint can hold the curves that a predictor learnt from or is calibrated on."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nasbench_lc.architecture import Architecture
from nasbench_lc.curves import CurveSet, Floats, Observed, Status
from nasbench_lc.errors import ConfigError
from predictors.base import State

__all__ = ["align", "check_metric", "columns", "pack", "pack_json", "under", "unpack", "unpack_json"]


def pack_json(value: object) -> npt.NDArray[np.uint8]:
    """A JSON value as its UTF-8 bytes."""
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8).copy()


def unpack_json(data: npt.NDArray[np.generic]) -> Any:
    """The inverse of :func:`pack_json`."""
    return json.loads(np.asarray(data, dtype=np.uint8).tobytes())


def under(prefix: str, state: Mapping[str, npt.NDArray[np.generic]]) -> State:
    """The arrays whose names begin so, by the rest of their names: what a part of a predictor has put into the state of the whole."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def pack(curves: CurveSet) -> State:
    """Everything of the curves that a predictor can use, as arrays: not their seconds, nor which machine they come from."""
    names = {
        "architectures": [a.json for a in curves.architectures],
        "hyperparameter_names": list(curves.hyperparameter_names),
        "metrics": list(curves.metrics),
        "metric": curves.metric,
        "groups": list(curves.group),
    }
    schedule = np.empty(0) if curves.schedule is None else curves.schedule
    return {
        "names": pack_json(names),
        "hyperparameters": curves.hyperparameters,
        "y": curves.y,
        "schedule": schedule,
        "n_params": curves.n_params,
        "n_macs": curves.n_macs,
    }


def unpack(state: Mapping[str, npt.NDArray[np.generic]]) -> CurveSet:
    """The inverse of :func:`pack`; uids are row numbers."""
    names = unpack_json(state["names"])
    y = np.asarray(state["y"], dtype=np.float64)
    schedule = np.asarray(state["schedule"], dtype=np.float64)
    rows = tuple(str(i) for i in range(len(y)))
    return CurveSet(
        architectures=tuple(Architecture.from_json(text) for text in names["architectures"]),
        hyperparameters=np.asarray(state["hyperparameters"], dtype=np.float64),
        hyperparameter_names=tuple(names["hyperparameter_names"]),
        y=y,
        metrics=tuple(names["metrics"]),
        metric=names["metric"],
        uid=rows,
        group=tuple(names["groups"]),
        status=(Status.OK,) * len(y),
        seconds=np.full(y.shape[:2], np.nan),
        schedule=schedule if schedule.size else None,
        n_params=np.asarray(state["n_params"], dtype=np.float64),
        n_macs=np.asarray(state["n_macs"], dtype=np.float64),
    )


def align(observed: Observed, like: CurveSet) -> Observed:
    """The observed prefixes with the metrics and hyperparameters of `like`, in its order; those that are absent are NaN.

    Raises:
        ConfigError: If another metric is to be forecast than `like` is about.
    """
    check_metric(observed, like.metric)
    return Observed(
        architectures=observed.architectures,
        hyperparameters=columns(observed.hyperparameters, observed.hyperparameter_names, like.hyperparameter_names),
        hyperparameter_names=like.hyperparameter_names,
        t=observed.t,
        y=columns(observed.y, observed.metrics, like.metrics),
        metrics=like.metrics,
        metric=like.metric,
        epochs=observed.epochs,
        schedule=observed.schedule,
        n_params=observed.n_params,
        n_macs=observed.n_macs,
    )


def check_metric(observed: Observed, learnt: str) -> None:
    """Nothing, where what is to be forecast is what was learnt.

    Raises:
        ConfigError: If it is not.
    """
    if observed.metric != learnt:
        raise ConfigError(
            f"The metric must be the one that the predictor was fitted to, {learnt}; got {observed.metric}. "
            "Fit another predictor for that metric."
        )


def columns(values: Floats, have: tuple[str, ...], want: tuple[str, ...]) -> Floats:
    """The last axis reordered by name; NaN where `have` lacks a name."""
    if have == want:
        return values
    out = np.full((*values.shape[:-1], len(want)), np.nan)
    for j, name in enumerate(want):
        if name in have:
            out[..., j] = values[..., have.index(name)]
    return out
