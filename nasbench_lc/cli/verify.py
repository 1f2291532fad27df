"""``nasbench-lc verify``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from nasbench_lc.cli.common import echo_json, find_dataset, progress_bar, table
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Status
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.plans import plans_of
from nasbench_lc.table import Table, texts

if TYPE_CHECKING:
    from generators.plan import Problem

_EARLY = 10
_TOLERANCE = 1e-3


@click.command("verify", epilog="Example: nasbench-lc verify datasets/mlp-car.h5 --sample 3")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--sample", type=int, default=5, show_default=True, help="How many runs to train again.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which ones.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the task's data lie, if not in the package.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(file: Path | None, sample: int, seed: int, data_dir: Path | None, as_json: bool) -> int:
    """Train a random sample of a dataset's runs again and compare their curves.

    On the machine and versions that made a run they must be equal to the byte. Elsewhere, and on a GPU, rounding may differ, and SGD makes
    such differences grow: there its status and its missing values must be the same, and the first ten epochs are held to a tolerance.
    Exit code 1 where a run is different.
    """
    from generators.generate import retrain
    from generators.jobs import tabulate

    for option, value, least in (("--sample", sample, 1), ("--seed", seed, 0)):
        if value < least:
            raise ConfigError(f"{option} must be at least {least}; got {value}. Choose a larger one.")
    data = CurveDataset(find_dataset(file))
    stored = data.table
    runs = _runs(data, data_dir)
    rows = [i for i, (uid, s) in enumerate(zip(stored.uids, stored.statuses, strict=True)) if uid in runs and s is not Status.FAILED]
    if not rows:
        raise ConfigError(f"A dataset to verify must hold finished runs of its own plan; got none in {data.path}. Choose another file.")
    picked = sorted(np.random.default_rng(seed).permutation(rows)[:sample].tolist())
    devices = [_device(name) for name in texts(stored.columns["run/device"][picked])]
    report = []
    with progress_bar("verify") as show:
        for done, (row, device) in enumerate(zip(picked, devices, strict=True)):
            show(done / len(picked), f"run {row}")
            problem, run = runs[stored.uids[row]]
            again = tabulate(problem, [retrain(problem, run, device)], dict(data.attributes), device)
            report.append({"row": row, "run": run.run_id, **_compare(stored.take([row]), again)})
    if as_json:
        echo_json(report)
    else:
        lines = [[str(r["row"]), str(r["run"])[:12], str(r["verdict"]), f"{r['first_epochs']:.2e}", str(r["why"])] for r in report]
        click.echo(table(lines, ("row", "run", "verdict", f"largest relative difference, epochs 1..{_EARLY}", "why")))
    return 0 if all(r["verdict"] != "different" for r in report) else 1


def _runs(data: CurveDataset, data_dir: Path | None) -> "dict[str, tuple[Problem, RunConfig]]":
    """The stored runs that the dataset's plans ask for, by id, each with what trains it; those of importers cannot be trained again."""
    from generators.plan import Plan, resolve

    stored, recipes = set(data.table.uids), set(texts(data.table.columns["run/recipe_hash"]))
    found = {}
    for plan in plans_of(str(data.attributes["plan"])):
        if "imported" in plan:
            continue
        try:
            problem = resolve(Plan.from_json(json.dumps(plan)), data_dir)
        except (TypeError, ValueError) as error:  # an option that is unknown, or of another type
            words = " ".join(str(error).split())[:120]
            raise FormatError(
                f"The plan must have the options that generate writes; got {words} in {data.path}. Restore the file."
            ) from error
        if problem.recipe.hash not in recipes:
            raise FormatError(
                f"The recipe must be the one that this version makes; got another in {data.path}. Its data or options have changed."
            )
        found.update((run.run_id, (problem, run)) for run in problem.runs() if run.run_id in stored)
    return found


def _device(name: str) -> str:
    """Where to train a run again: on the kind of device that trained it."""
    if name == "cpu":
        return name
    import torch

    if not torch.cuda.is_available():
        raise ConfigError(f"Runs trained on {name} need a CUDA device; got none on this machine. Verify the file where there is one.")
    return "cuda"


def _compare(stored: Table, again: Table) -> dict[str, object]:
    """The verdict on a run, the only row of both tables: as it was stored, and as it was trained again."""
    a, b = (np.stack([t.columns[f"curves/{m}"][0] for m in stored.metrics]).astype(np.float64) for t in (stored, again))
    finite = np.isfinite(a), np.isfinite(b)
    with np.errstate(invalid="ignore"):
        relative = np.where(finite[0] & finite[1], np.abs(a - b) / np.maximum(np.abs(a), 1e-3), 0.0)
    early = float(relative[:, :_EARLY].max())
    # A GPU adds in no fixed order: its curves are not equal to the byte even where they were made.
    exact = all(stored.columns[f"run/{n}"][0] == again.columns[f"run/{n}"][0] for n in ("host", "versions"))
    exact &= again.columns["run/device"][0] == b"cpu"
    verdict, why = "different", ""
    if stored.statuses != again.statuses:
        why = f"stored as {stored.statuses[0].label}, now {again.statuses[0].label}"
    elif not np.array_equal(*finite):
        why = "other values are missing or infinite"
    elif np.array_equal(a, b, equal_nan=True):
        verdict = "equal to the byte"
    elif exact:
        why = "on the machine and versions that made it, not equal to the byte"
    elif early > _TOLERANCE:
        why = f"more than {_TOLERANCE:g} in the first epochs"
    else:
        verdict = "within tolerance"
    return {"verdict": verdict, "first_epochs": early, "why": why}
