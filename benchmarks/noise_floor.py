"""The noise floor of a perceptron preset: what no forecast from K epochs can beat, because other random numbers would have led elsewhere.

    python -m benchmarks.noise_floor [--preset mlp-car] [--observe 10 0] [--n 60] [--runs 5] [--cache DIR] [--out FILE.json]

For `n` configurations of the preset, for K >= 1, the runs share their random streams up to epoch K and have their own from then on (recipe settings
`branch_epoch`, `branch`): the state after K epochs is the same to the byte, which is checked. The stored run is one of `runs` where its first K epochs
are those of the others to the byte, which may not hold on another machine. For K = 0 they are runs with other seeds. The configurations are drawn with
probability proportional to 1 / sqrt(expected cost), which halves the time, and weighted back: averages are those of the whole preset.
`evaluation.noise_floor` says how a floor follows from the runs. Finished runs are kept in the cache: the same call continues.

The result goes to datasets/PRESET.floor.json, where `nasbench-lc evaluate` finds it; what that file holds for other K is kept.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.floors import FLOORS_SCHEMA
from evaluation.noise_floor import noise_floor
from generators.plan import Plan, Problem, resolve
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Floats
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.files import atomic
from nasbench_lc.provenance import machine
from nasbench_lc.seeding import child_seed

METRICS = ("test_loss",)

Record = dict[str, Any]


def main() -> None:
    """Train what is missing, measure, write."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("--preset", default="mlp-car")
    p.add_argument("--observe", type=int, nargs="+", default=[10, 0])
    p.add_argument("--n", type=int, default=60)
    p.add_argument("--runs", type=int, default=5)
    p.add_argument("--cache", type=Path, default=Path("reports/noise-floor"))
    p.add_argument("--out", type=Path)
    a = p.parse_args()
    path = Path("datasets") / f"{a.preset}.h5"
    data = CurveDataset(path)
    problem = resolve(Plan.from_json(str(data.attributes["plan"])))
    runs = {run.run_id: run for run in problem.runs()}
    rows = [i for i, uid in enumerate(data.table.uids) if uid in runs]
    stored = [runs[data.table.uids[i]] for i in rows]
    chosen, weights = sample(np.array([problem.trainer.units([run], problem.task)[0].cost for run in stored]), a.n)
    kept = np.stack([data.table.columns[f"curves/{m}"][rows] for m in METRICS], -1)[chosen]  # (n, T, metric)
    for k in a.observe:
        others = [[other(problem, stored[i], k, b) for b in range(1, a.runs)] for i in chosen]
        train([run for runs_of_one in others for run in runs_of_one], problem, a.cache / a.preset)
        curves = np.stack([np.stack([load(run, a.cache / a.preset) for run in runs_of_one]) for runs_of_one in others])
        if not np.array_equal(curves[:, :, :k], np.broadcast_to(curves[:, :1, :k], curves[:, :, :k].shape), equal_nan=True):
            raise SystemExit(f"The continuations must agree in their first {k} epochs; they differ. Empty {a.cache} and run this again.")
        same = np.array([np.array_equal(x[0, :k], y[:k], equal_nan=True) for x, y in zip(curves, kept, strict=True)])
        first = np.where(same[:, None, None], kept, np.nan)
        print(f"K = {k}: {same.sum()} of {len(same)} stored runs agree with ours to the byte and are among the {a.runs}")
        values = np.concatenate([first[:, None], curves], 1).astype(np.float64)  # (n, runs, T, metric)
        how = {
            "configurations": [stored[i].index for i in chosen],
            "stored_runs_used": int(same.sum()),
            "provenance": machine(),
        }
        out = a.out or path.with_suffix(".floor.json")
        older = json.loads(out.read_text()) if out.exists() else None
        record = combined(older, str(data.attributes["recipe_hash"]), k, entries(values, weights, k, data.table.epochs), how)
        with atomic(out) as temporary:
            temporary.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n")
        print(f"K = {k}: {out}")


def combined(older: Record | None, recipe_hash: str, k: int, floors: Sequence[Record], how: Record) -> Record:
    """What was measured for `k` observed epochs, and how, beside what an older file holds for others under the same recipe."""
    same = older if older is not None and (older["schema"], older["recipe_hash"]) == (FLOORS_SCHEMA, recipe_hash) else {}
    kept = [floor for floor in same.get("floors", ()) if floor["observe"] != k]
    return {
        "schema": FLOORS_SCHEMA,
        "what": "what no forecast can beat; see evaluation/noise_floor.py and benchmarks/noise_floor.py",
        "recipe_hash": recipe_hash,
        "floors": sorted([*kept, *floors], key=lambda floor: (floor["metric"], floor["observe"], floor["horizon"])),
        "measured": {**same.get("measured", {}), str(k): how},
    }


def sample(cost: Floats, n: int) -> tuple[list[int], Floats]:
    """A systematic sample of `n` of the runs with probability proportional to 1 / sqrt(cost), and the inverse probabilities."""
    share = 1 / np.sqrt(cost)
    chance = np.minimum(1.0, n * share / share.sum())
    for _ in range(20):  # what cannot be drawn more than once leaves room for others
        free = chance < 1
        chance[free] = np.minimum(1.0, (n - (~free).sum()) * share[free] / share[free].sum())
    edges = np.cumsum(chance)
    chosen = sorted(set(np.searchsorted(edges, np.arange(n) + 0.5).tolist()))
    return chosen, 1 / chance[chosen]


def other(problem: Problem, run: RunConfig, observe: int, branch: int) -> RunConfig:
    """The run that shares the first `observe` epochs of another and then goes its own way; for 0, one with another seed."""
    if observe == 0:
        return replace(run, seed=child_seed(problem.plan.seed, run.index, branch), repeat=branch)
    recipe = problem.recipe
    settings = {**dict(recipe.settings), "branch_epoch": observe, "branch": branch}
    return replace(run, recipe=Recipe.of(recipe.space, recipe.task, recipe.epochs, settings))


def train(runs: Sequence[RunConfig], problem: Problem, cache: Path) -> None:
    """Train what the cache does not hold, the cheapest last."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = [run for run in runs if not (cache / f"{run.run_id}.npy").exists()]
    if not missing:
        return
    units = problem.trainer.units(missing, problem.task)
    whole, done = sum(u.cost for u in units), 0.0
    for unit in units:
        for run, curve in zip(unit.runs, problem.trainer.train(unit, problem.task, "cpu"), strict=True):
            part = cache / f"{run.run_id}.tmp.npy"
            np.save(part, np.stack([curve.metrics[m] for m in METRICS], -1).astype(np.float32))
            os.replace(part, cache / f"{run.run_id}.npy")
        done += unit.cost
        print(f"{done / whole:.0%} of {whole:.0f} expected seconds", flush=True)


def load(run: RunConfig, cache: Path) -> Floats:
    """A trained run, shape `(T, metric)`."""
    return np.load(cache / f"{run.run_id}.npy", allow_pickle=False)


def entries(values: Floats, weights: Floats, observe: int, epochs: int) -> list[Record]:
    """The floors of every metric at 40, 70 and 100 % of the epochs."""
    found = []
    for j, metric in enumerate(METRICS):
        for share in (0.4, 0.7, 1.0):
            h = max(observe + 1, round(share * epochs))
            source = "runs continued from one state" if observe else "runs with other seeds"
            known = {"metric": metric, "observe": observe, "horizon": h, "runs": values.shape[1], "source": source}
            found.append({**known, **noise_floor(values[:, :, observe:h, j], weights)})
    return found


if __name__ == "__main__":
    main()
