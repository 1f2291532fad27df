"""Runs that never leave chance, where no training run did so: what the rule of lc-gode-x for strangers is for.

    python -m benchmarks.dead_runs [--imports DIR] [--seeds 10] [--cache DIR]

Of the networks of Klein et al. those that end below an accuracy of 0.15, which is chance and little more, are left out of what is learnt from. Scored
are those of the test part and, beside them, the others. Writes benchmarks/results/dead_runs.json and the table in docs/flagship-evidence.md.

The file is made by `nasbench-lc import klein SOURCE --out DIR/klein.h5`.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.flagship.parts import PARTS, WHOLE
from benchmarks.flagship.plan import OURS, RIVAL
from benchmarks.paired import means, reduction
from benchmarks.places import publish
from evaluation.accuracy import mape
from evaluation.cache import Cache
from evaluation.fits import Fits
from evaluation.part import learnable_parts
from evaluation.split import Split, split
from evaluation.table import markdown_table, number
from nasbench_lc.curves import Bools, CurveSet, Floats
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.pool import one_thread
from nasbench_lc.provenance import machine
from predictors.configure import make

DEAD = 0.15
OBSERVE = (5, 10, 20)
WITHOUT = f"{OURS} without the rule"
ARMS = {OURS: OURS, WITHOUT: OURS, RIVAL: RIVAL, "last-value": "last-value"}
"""Name to model."""
Errors = dict[str, Floats]
"""By arm the MAPE of every curve under every seed, shape `(seeds, N)`; NaN where it is not tested."""


def main() -> None:
    """Fit, forecast, write."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("--imports", type=Path, default=Path("reports/imports"))
    p.add_argument("--seeds", type=int, default=10)
    p.add_argument("--cache", type=Path, default=Path("reports/fits"))
    a = p.parse_args()
    curves = CurveDataset(a.imports / "klein.h5").curves("val_acc")
    dead = curves.target[:, -1] < DEAD
    with one_thread():
        errors = measured(curves, dead, range(a.seeds), Fits(Cache(a.cache)))
    rows = [row(errors[k], part, k, name) for name, part in (("dead", dead), ("others", ~dead)) for k in OBSERVE]
    record = {"below": DEAD, "seeds": a.seeds, "curves": len(curves), "dead": int(dead.sum()), "rows": rows, "machine": machine()}
    lines = table(rows)
    print("\n".join(lines))
    publish(
        {Path("docs/flagship-evidence.md"): {"dead": lines}},
        {Path("benchmarks/results/dead_runs.json"): json.dumps(record, indent=1) + "\n"},
    )


def measured(curves: CurveSet, dead: Bools, seeds: Sequence[int], fits: Fits) -> Mapping[int, Errors]:
    """By prefix what every arm makes of the test curves, having learnt from runs that are not dead."""
    place = {uid: i for i, uid in enumerate(curves.uid)}
    gone = {curves.uid[i] for i in np.flatnonzero(dead)}
    found = {k: {arm: np.full((len(seeds), len(curves)), np.nan) for arm in ARMS} for k in OBSERVE}
    for j, seed in enumerate(seeds):
        parts = alive(split(curves, seed), gone)
        rows = [place[uid] for uid in parts.test.uid]
        for arm, model in ARMS.items():
            predictor, _ = fits.fit(make(model, {}, seed), learnable_parts(parts))
            with (PARTS["strangers"] if arm == WITHOUT else WHOLE).away():
                for k in OBSERVE:
                    observed, target = parts.test.observe(k)
                    found[k][arm][j, rows] = mape(predictor.predict(observed, target.t).mean, target.y)
    return found


def alive(parts: Split, dead: set[str]) -> Split:
    """The split with nothing dead to learn from."""
    train, valid = (part.subset([i for i, uid in enumerate(part.uid) if uid not in dead]) for part in (parts.train, parts.valid))
    return Split(train, valid, parts.test)


def row(errors: Errors, part: Bools, observe: int, name: str) -> dict[str, Any]:
    """The mean errors on some of the curves, and by how much the rule lowers that of lc-gode-x."""
    some = {arm: values[:, part] for arm, values in errors.items()}
    once = np.ones((1, int(part.sum())))
    value, low, high = reduction(some, OURS, WITHOUT)
    return {
        "runs": name, "observe": observe, "errors": {arm: float(means(values, once)[0]) for arm, values in some.items()},
        "reduction": value, "interval": [low, high],
    }  # fmt: skip


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for every prefix of the dead runs, then of the others."""
    body = [
        [
            r["runs"],
            str(r["observe"]),
            *map(number, r["errors"].values()),
            f"{r['reduction']:.1%} [{r['interval'][0]:.1%}, {r['interval'][1]:.1%}]",
        ]
        for r in rows
    ]
    return markdown_table(["runs", "observed", *ARMS, "the rule lowers by"], body)


if __name__ == "__main__":
    main()
