"""What lc-gode-x costs: seconds of a fit on one thread, and of 1,000 forecasts in one call on a thread for every core.

    python -m benchmarks.cost [--imports DIR] [--repeats 5]

That is how train-predictor and predict compute. Every main case of the flagship's tables that has its file, and one of ten times as many curves, split
seed 0. Writes benchmarks/results/cost.json and the table in docs/flagship-evidence.md.
Forecasts are timed with extra-trees beside, call for call. Forests belong to a prefix length: the first call from it grows them, later ones find them.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.flagship.cases import ALL_CELLS, CASES, Case
from benchmarks.flagship.plan import MAIN, OURS, RIVAL
from benchmarks.places import publish
from benchmarks.seconds import spread
from evaluation.part import learnable_parts
from evaluation.split import split
from evaluation.table import markdown_table
from nasbench_lc.curves import CurveSet
from nasbench_lc.pool import one_thread, threads
from nasbench_lc.provenance import machine
from predictors.base import Predictor
from predictors.configure import make
from predictors.forest import grown

MODELS = (OURS, RIVAL)
OBSERVE = (1, 10, 20)
FIRST, AGAIN = "first", "again"
FORECASTS = 1000


def main() -> None:
    """Fit, forecast, write."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("--imports", type=Path, default=Path("reports/imports"))
    p.add_argument("--repeats", type=int, default=5)
    a = p.parse_args()
    rows = []
    for case in (*(case for case in CASES if case.name in MAIN), ALL_CELLS):
        curves = case.curves((Path("datasets"), a.imports))
        if curves is not None:
            rows.append(cost(case, curves, a.repeats))
            print(rows[-1], flush=True)
    record = {"forecasts": FORECASTS, "repeats": a.repeats, "rows": rows, "threads": threads(), "machine": machine()}
    publish(
        {Path("docs/flagship-evidence.md"): {"cost": table(rows)}},
        {Path("benchmarks/results/cost.json"): json.dumps(record, indent=1) + "\n"},
    )


def cost(case: Case, curves: CurveSet, repeats: int) -> dict[str, Any]:
    """Seconds of one case, those of forecasts by model and prefix."""
    parts = learnable_parts(split(curves, 0, case.train_size))
    fitted: dict[str, Predictor] = {}
    fits: dict[str, float] = {}
    for model in MODELS:
        with one_thread():
            began = time.perf_counter()
            fitted[model] = make(model, {}, 0).fit(parts.train, parts.valid)
        fits[model] = time.perf_counter() - began
    test = parts.test.subset(np.resize(np.arange(len(parts.test)), FORECASTS))
    took: dict[str, dict[str, dict[str, list[float]]]] = {model: {} for model in MODELS}
    for k in OBSERVE:
        if k >= curves.epochs:
            continue
        observed, target = test.observe(k)
        for _ in range(repeats):
            for model, predictor in fitted.items():
                grown.cache_clear()
                for call in (FIRST, AGAIN):
                    began = time.perf_counter()
                    predictor.predict(observed, target.t)
                    took[model].setdefault(str(k), {}).setdefault(call, []).append(time.perf_counter() - began)
    return {"case": case.name, "train": len(parts.train), "epochs": curves.epochs, "fit_seconds": fits, "forecast_seconds": took}


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for every case: the fit of the flagship, then forecasts of every model from every prefix: the first call, median and range, and the next."""
    head = ["case", "learnt from", "epochs", f"{MODELS[0]}, fit (s)", *(f"{m}, {FORECASTS} from {k} (s)" for m in MODELS for k in OBSERVE)]
    body = [
        [
            r["case"], str(r["train"]), str(r["epochs"]), f"{r['fit_seconds'][MODELS[0]]:.0f}",
            *(_calls(r["forecast_seconds"][m].get(str(k))) for m in MODELS for k in OBSERVE),
        ]
        for r in rows
    ]  # fmt: skip
    return markdown_table(head, body)


def _calls(seconds: Mapping[str, Sequence[float]] | None) -> str:
    if seconds is None:
        return "-"
    return "{median:.2f} ({min:.2f} to {max:.2f})".format(**spread(seconds[FIRST])) + f", {spread(seconds[AGAIN])['median']:.2f}"


if __name__ == "__main__":
    main()
