"""How honest shared-out seconds are: `python -m benchmarks.seconds datasets/mlp-car.h5 [--networks 32] [--rounds 5]`.

A fused group's networks are trained together, and each is booked a part of the group's seconds by expected cost. Here the networks of a
dataset's plan, which is enlarged until its groups hold enough of them, are trained in those groups and each of them alone, by the same
kernel, in turn. Of an epoch's seconds the least over all epochs but the first and all rounds counts: what others do on the machine only adds.

It writes FILE.seconds.json beside the dataset, which the dataset's card quotes:

* share_over_share_alone: a network's part of its group's seconds over its part of the seconds that the group's networks take alone;
* group_over_alone: a group's seconds over the sum of what its networks take alone: what being trained together saves;
* spearman: the rank correlation over all networks of booked seconds and seconds alone.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from generators.base import Task
from generators.mlp.cost import Shape, fused_shape
from generators.mlp.fused import train_fused
from generators.mlp.spec import MLPSpec
from generators.plan import Plan, resolve
from nasbench_lc import store
from nasbench_lc.config import RunConfig
from nasbench_lc.provenance import environment

EPOCHS = 20

Group = tuple[Shape, list[RunConfig]]


def main() -> None:
    """Measure, print, write."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("dataset", type=Path)
    p.add_argument("--networks", type=int, default=32)
    p.add_argument("--rounds", type=int, default=5)
    a = p.parse_args()
    task, groups = groups_of(Plan.from_json(str(store.read_attributes(a.dataset)["plan"])), a.networks)
    result = compare(groups, task, a.rounds)
    machine = {k: v for k, v in environment().items() if k in ("processor", "python", "torch", "numpy", "nasbench-lc")}
    result["machine"] = {**machine, "cores": os.cpu_count(), "load_15_min": round(os.getloadavg()[2], 2)}
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    a.dataset.with_suffix(".seconds.json").write_text(text)


def groups_of(plan: Plan, least: int) -> tuple[Task, list[Group]]:
    """The groups of two networks or more of a plan, enlarged until they hold `least` networks; of `EPOCHS` epochs."""
    for factor in range(1, 100):
        problem = resolve(replace(plan, n=factor * plan.n, epochs=EPOCHS))
        sizes = (len(problem.task.y["train"]), sum(len(y) for s, y in problem.task.y.items() if s != "train"))
        found: list[Group] = []
        for unit in problem.trainer.units(problem.runs(), problem.task):
            shape = fused_shape(MLPSpec.of(unit.runs[0], problem.task), *sizes)
            if shape is not None and len(unit.runs) > 1:
                found.append((shape, list(unit.runs)))
        if sum(len(runs) for _, runs in found) >= least:
            return problem.task, found
    raise SystemExit(f"The plan must train networks in groups; got {sum(len(r) for _, r in found)} of {least}.")


def compare(groups: Sequence[Group], task: Task, rounds: int) -> dict[str, object]:
    """The three figures (see above) over all networks of the groups."""
    torch.set_num_threads(1)
    together = [np.full(len(runs), np.inf) for _, runs in groups]
    alone = [np.full(len(runs), np.inf) for _, runs in groups]
    for _ in range(rounds):
        for (shape, runs), shared, own in zip(groups, together, alone, strict=True):
            np.minimum(shared, [c.seconds[1:].min() for c in train_fused(runs, task, shape)], out=shared)
            np.minimum(own, [train_fused([run], task, shape)[0].seconds[1:].min() for run in runs], out=own)
    ratio = np.concatenate([(a / a.sum()) / (b / b.sum()) for a, b in zip(together, alone, strict=True)])
    saved = [a.sum() / b.sum() for a, b in zip(together, alone, strict=True)]
    return {
        "networks": len(ratio),
        "groups": len(groups),
        "epochs": EPOCHS,
        "rounds": rounds,
        "share_over_share_alone": spread(ratio),
        "group_over_alone": spread(saved),
        "spearman": float(np.asarray(spearmanr(np.concatenate(together), np.concatenate(alone)))[0]),
    }


def spread(values: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Median and range."""
    return {"median": float(np.median(values)), "min": float(np.min(values)), "max": float(np.max(values))}


if __name__ == "__main__":
    main()
