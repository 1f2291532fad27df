"""What the graph and the hyperparameters are worth: `python -m benchmarks.arms [FILE.h5 ...] [--arms NAMES] [--seeds N] [--out FILE.json]`.

One trunk, lc-gode's, is fitted with neither, with the graph, with the hyperparameters, and with both; nothing else differs. Every arm has the
same tuning budget: three settings are fitted, and the fit whose forecasts of the *validation* curves from 10 epochs are best answers for the
test curves. Strict splits, test loss, 10 epochs observed.

A network's size (parameters, multiply-adds) follows from its architecture, so it counts as architecture. lc-gode hands it over where
it has both inputs, therefore "both" has it; "both-unsized" hides it, and says by the difference what it is worth. The other arms never see it.

Finished cells are kept in the JSON file and not fitted again while the curves and the configurations stay the same.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paired import reduction
from benchmarks.published import HORIZONS, published_reduction
from evaluation.accuracy import mape
from evaluation.cache import Cache, config_of, curves_digest
from evaluation.fits import Fits
from evaluation.part import learnable_parts
from evaluation.scoring import scored_curves
from evaluation.split import split
from nasbench_lc.config import digest
from nasbench_lc.curves import CurveSet, Floats, Status
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.files import atomic
from nasbench_lc.pool import cores, one_thread, spread
from nasbench_lc.provenance import machine
from predictors.base import Predictor
from predictors.configure import make

ARMS: dict[str, dict[str, str]] = {
    "neither": {"use_graph": "false", "use_hyperparameters": "false"},
    "graph": {"use_graph": "true", "use_hyperparameters": "false"},
    "hyperparameters": {"use_graph": "false", "use_hyperparameters": "true"},
    "both": {"use_graph": "true", "use_hyperparameters": "true"},
    "both-unsized": {"use_graph": "true", "use_hyperparameters": "true"},
    "graph-gat": {"use_hyperparameters": "false", "convolution": "gat"},
    "graph-neuron": {"use_hyperparameters": "false", "graph": "neuron"},
    "graph-mean": {"use_hyperparameters": "false", "pooling": "mean"},
    "graph-max": {"use_hyperparameters": "false", "pooling": "max"},
}
FOUR = ("neither", "graph", "hyperparameters", "both")
SETTINGS: dict[str, dict[str, str]] = {"default": {}, "fast": {"lr": "0.006"}, "narrow": {"latent": "8"}}
OBSERVE = 10

Cell = dict[str, Any]


def errors(predictor: Predictor, curves: CurveSet) -> dict[int, Floats]:
    """The MAPE of every curve at every horizon, NaN where the curve is not finite up to it."""
    observed, target = curves.observe(OBSERVE)
    forecast = predictor.predict(observed, target.t)
    found = {}
    for h in HORIZONS:
        each = mape(forecast.mean[:, : h - OBSERVE], target.y[:, : h - OBSERVE])
        found[h] = np.where(scored_curves(observed, target, h), each, np.nan)
    return found


def run_cell(item: tuple[str, str, int, str, CurveSet], fits: Fits) -> tuple[str, Cell]:
    """Tune and fit one arm of one dataset and seed."""
    key, arm, seed, asked, curves = item
    parts = split(curves, seed)
    learnt = learnable_parts(parts)
    with one_thread():
        done = {name: fits.fit(make("lc-gode", {**ARMS[arm], **setting}, seed), learnt) for name, setting in SETTINGS.items()}
        trials = {name: float(np.nanmean(errors(predictor, learnt.valid)[HORIZONS[-1]])) for name, (predictor, _) in done.items()}
        best = min(trials, key=lambda name: trials[name])
        found = errors(done[best][0], parts.test)
    scores = {str(h): [None if np.isnan(x) else round(float(x), 6) for x in each] for h, each in found.items()}
    record = {
        "asked": asked,
        "valid": trials,
        "setting": best,
        "seconds": round(sum(seconds for _, seconds in done.values()), 1),
        "mape": scores,
    }
    return key, record


def wanted(files: Sequence[Path], arms: Sequence[str], seeds: int) -> tuple[list[tuple[str, str, int, str, CurveSet]], dict[str, Any]]:
    """All cells, the quickest answers first, and what their numbers stand for: the test curves of every dataset and seed."""
    items, tests = [], {}
    for seed in range(seeds):
        for file in files:
            curves = CurveDataset(file).curves("test_loss")
            test = split(curves, seed).test
            diverged = [status is Status.DIVERGED for status in test.status]
            tests[f"{file.stem}/{seed}"] = {"uid": test.uid, "diverged": diverged}
            for arm in arms:
                seen = replace(curves, n_params=np.full(len(curves), np.nan), n_macs=np.full(len(curves), np.nan))
                seen = seen if arm == "both-unsized" else curves
                configs = [config_of(make("lc-gode", {**ARMS[arm], **setting}, seed)) for setting in SETTINGS.values()]
                asked = digest({"curves": curves_digest(seen), "configs": configs, "trials": "in full"})
                items.append((f"{file.stem}/{arm}/{seed}", arm, seed, asked, seen))
    return items, tests


def matrix(cells: Mapping[str, Cell], tests: Mapping[str, Any], name: str, arm: str, seeds: int, horizon: int) -> Floats:
    """The error of every curve that any seed tests, shape `(seeds, N)`, NaN where a seed does not."""
    uids = sorted({uid for seed in range(seeds) for uid in tests[f"{name}/{seed}"]["uid"]})
    place = {uid: i for i, uid in enumerate(uids)}
    out = np.full((seeds, len(uids)), np.nan)
    for seed in range(seeds):
        rows = [place[uid] for uid in tests[f"{name}/{seed}"]["uid"]]
        out[seed, rows] = np.array(cells[f"{name}/{arm}/{seed}"]["mape"][str(horizon)], dtype=np.float64)
    return out


def summary(cells: Mapping[str, Cell], tests: Mapping[str, Any], seeds: int) -> list[dict[str, Any]]:
    """One row for every dataset, arm and horizon, over as many seeds as arm "neither" has; an arm that lacks one of them has none."""
    rows = []
    asked = seeds
    for name in dict.fromkeys(key.split("/")[0] for key in tests):
        seeds = sum(f"{name}/neither/{seed}" in cells for seed in range(asked))
        if not seeds:
            continue
        arms = [arm for arm in ARMS if all(f"{name}/{arm}/{seed}" in cells for seed in range(seeds))]
        for h in HORIZONS:
            each = {arm: matrix(cells, tests, name, arm, seeds, h) for arm in arms}
            for arm in arms:
                row = {"dataset": name, "arm": arm, "horizon": h, "seeds": seeds, "mape": float(np.nanmean(each[arm], 1).mean())}
                row["mape_median"] = float(np.nanmedian(each[arm], 1).mean())
                if "neither" in each and arm != "neither":
                    row["reduction"] = reduction(each, arm, "neither")
                if arm == "graph" and (published := published_reduction(name, h)) is not None:
                    row["published_reduction"] = published
                rows.append(row)
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The summary as text."""
    lines = [f"{'dataset':12} {'arm':16} {'horizon':>7} {'MAPE':>7} {'median':>7}  under neither"]
    for r in rows:
        line = f"{r['dataset']:12} {r['arm']:16} {r['horizon']:7d} {r['mape']:7.4f} {r['mape_median']:7.4f}"
        if "reduction" in r:
            value, low, high = (100 * x for x in r["reduction"])
            line += f"  {value:.1f} % [{low:.1f}, {high:.1f}]"
        if "published_reduction" in r:
            line += f"  (published, LC-GODE against NODE: {100 * r['published_reduction']:.1f} %)"
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Fit what is missing, keep every cell as it ends, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="*", type=Path, default=[Path("datasets/mlp-car.h5"), Path("datasets/mlp-segment.h5")])
    parser.add_argument("--arms", default=",".join((*FOUR, "both-unsized")), help=f"a comma list of {', '.join(ARMS)}, or all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/arms.json"))
    parser.add_argument("--cache", type=Path, default=Path("reports/fits"), help="where fits are kept, and taken from if they are there")
    parser.add_argument("--workers", type=int, default=cores())
    given = parser.parse_args()
    arms = tuple(ARMS) if given.arms == "all" else tuple(given.arms.split(","))
    items, tests = wanted(given.files, arms, given.seeds)
    record = json.loads(given.out.read_text()) if given.out.exists() else {"cells": {}, "tests": {}}
    cells, asked = record["cells"], {key: text for key, _, _, text, _ in items}
    missing = [item for item in items if cells.get(item[0], {}).get("asked") != item[3]]
    for done, (key, cell) in enumerate(spread(partial(run_cell, fits=Fits(Cache.made(given.cache))), missing, given.workers), 1):
        cells[key] = cell
        store(given.out, cells, {**record["tests"], **tests}, given.seeds)
        print(f"{done} of {len(missing)}: {key} ({cell['seconds']:.0f} s, {cell['setting']})", flush=True)
    store(given.out, cells, {**record["tests"], **tests}, given.seeds)
    print(table(summary({k: c for k, c in cells.items() if k not in asked or c["asked"] == asked[k]}, tests, given.seeds)))


def store(path: Path, cells: Mapping[str, Cell], tests: Mapping[str, Any], seeds: int) -> None:
    budget = {"settings": SETTINGS, "chosen_by": "MAPE of validation curves, 10 observed, to epoch 200"}
    head = {"machine": machine(), "budget": budget, "summary": summary(cells, tests, seeds)}
    # One line a cell: the file is read by people too.
    text = json.dumps(head, indent=1)[:-2]
    for name, items in (("tests", tests), ("cells", cells)):
        text += f',\n "{name}": {{\n' + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(items.items())) + "\n }"
    with atomic(path) as temporary:
        temporary.write_text(text + "\n}\n")


if __name__ == "__main__":
    main()
