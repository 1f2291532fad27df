"""What one model makes of one case under one seed, curve by curve, and where that is kept."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.accuracy import mape
from evaluation.cache import Arrays, Cache, config_of, curves_digest
from evaluation.calibration import coverage, crps, width
from evaluation.fits import Fits
from evaluation.part import learnable_parts
from evaluation.scoring import scored_curves, take
from evaluation.source_code import code_digest
from evaluation.split import split
from nasbench_lc.config import digest
from nasbench_lc.curves import CurveSet, Floats
from nasbench_lc.errors import ConfigError
from nasbench_lc.pool import one_thread
from predictors.base import Predictor

__all__ = ["Answer", "Answers", "answer"]

PER_CURVE = ("error", "crps", "inside", "width", "final", "truth")


@dataclass(frozen=True, eq=False)
class Answer:
    """Per curve of the dataset, shape `(N,)`, NaN where it is not tested or not scored; `error` and the others run over all epochs to the last.

    Arguments:
        error: MAPE, a fraction.
        crps: In the unit of the metric.
        inside: The share of epochs within the 80 % interval.
        width: Of that interval, in the unit of the metric.
        final: The forecast of the last epoch.
        truth: Its true value.
    """

    error: Floats
    crps: Floats
    inside: Floats
    width: Floats
    final: Floats
    truth: Floats


Answers = Mapping[str, Mapping[int, Mapping[int, Answer]]]
"""By model, seed and prefix."""


def answer(
    curves: CurveSet,
    predictor: Predictor,
    label: str,
    seed: int,
    train_size: int | None,
    observe: tuple[int, ...],
    cache: Cache,
    stored_only: bool = False,
) -> Mapping[int, Answer] | None:
    """One answer for every prefix from which the model can forecast.

    Arguments:
        curves: The dataset.
        predictor: Not fitted yet.
        label: What tells predictors apart that have one configuration.
        seed: Of the split; the model has its own.
        train_size: As in :func:`evaluation.split.split`.
        observe: The prefixes.
        cache: Where answers are kept while the curves, the configuration and the predictor's own source code stay the same.
        stored_only: Whether to fit nothing, and return None where the cache has no answer.
    """
    asked = {"label": label, "seed": seed, "train": train_size, "observe": observe, "curves": curves_digest(curves)}
    key = digest({**asked, "config": config_of(predictor), "code": code_digest(predictor, __name__)})
    stored = cache.load(key)
    if stored is None and stored_only:
        return None
    if stored is None:
        stored = _answers(curves, predictor, seed, train_size, observe, Fits(cache, label))
        cache.store(key, *stored)
    record, arrays = stored
    return {k: Answer(*(arrays[f"{k}.{name}"].astype(np.float64) for name in PER_CURVE)) for k in record["observe"]}


def _answers(
    curves: CurveSet, predictor: Predictor, seed: int, train_size: int | None, observe: tuple[int, ...], fits: Fits
) -> tuple[dict[str, Any], Arrays]:
    parts = split(curves, seed, train_size)
    place = {uid: i for i, uid in enumerate(curves.uid)}
    rows = np.array([place[uid] for uid in parts.test.uid])
    arrays: Arrays = {}
    done: list[int] = []
    with one_thread():
        try:
            predictor, fit = fits.fit(predictor, learnable_parts(parts))
        except ConfigError as error:
            return {"observe": [], "why": str(error)}, {}
        began = time.process_time()
        for k in observe:
            observed, target = parts.test.observe(k)
            try:
                forecast = predictor.predict(observed, target.t)
            except ConfigError:
                continue
            kept = scored_curves(observed, target, curves.epochs)
            f, truth = take(forecast, kept), target.y[kept]
            values = {
                "error": mape(f.mean, truth),
                "crps": crps(f.quantiles, f.levels, truth),
                "inside": coverage(f, truth, 0.8),
                "width": width(f, truth, 0.8),
                "final": f.mean[:, -1],
                "truth": truth[:, -1],
            }
            for name, value in values.items():
                arrays[f"{k}.{name}"] = np.full(len(curves), np.nan, np.float32)
                arrays[f"{k}.{name}"][rows[kept]] = value
            done.append(k)
    return {"observe": done, "fit_seconds": fit, "predict_seconds": time.process_time() - began, "n_test": len(rows)}, arrays
