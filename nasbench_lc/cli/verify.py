"""``nasbench-lc verify``."""

from pathlib import Path

import click
import numpy as np

from nasbench_lc.cli.common import echo_json, find_dataset, progress_bar, table
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.table import texts

_TOLERANCE = 1e-3


@click.command("verify", epilog="Example: nasbench-lc verify datasets/mlp-car.h5 --sample 3")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--sample", type=int, default=5, show_default=True, help="How many runs to train again.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which ones.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the task's data lie, if not in the package.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(file: Path | None, sample: int, seed: int, data_dir: Path | None, as_json: bool) -> int:
    """Train a random sample of a dataset's runs again and compare their curves.

    On the machine and versions that made the file they are equal to the byte; elsewhere rounding may differ, and SGD makes such
    differences grow, so the first ten epochs are held to a tolerance. Exit code 1 where a run differs by more.
    """
    from generators.generate import retrain
    from generators.plan import Plan, resolve

    if sample < 1:
        raise ConfigError(f"--sample must be at least 1; got {sample}. Choose a larger one.")
    data = CurveDataset(find_dataset(file))
    problem = resolve(Plan.from_json(str(data.attributes["plan"])), data_dir)
    if problem.recipe.hash != data.attributes["recipe_hash"]:
        raise FormatError(
            f"The recipe must be the one that this version makes; got another in {data.path}. Its data or options have changed."
        )
    runs = {run.run_id: run for run in problem.runs()}
    rows = [i for i, uid in enumerate(data.table.uids) if uid in runs and data.table.statuses[i].label != "failed"]
    picked = sorted(np.random.default_rng(seed).permutation(rows)[:sample].tolist())
    device = "cpu" if texts(data.table.columns["run/device"])[0] == "cpu" else "cuda"
    report = []
    with progress_bar("verify") as show:
        for done, row in enumerate(picked):
            show(done / len(picked), f"run {row}")
            curve = retrain(problem, runs[data.table.uids[row]], device)
            stored = np.stack([data.table.columns[f"curves/{m}"][row] for m in data.metrics])
            again = np.stack([curve.metrics[m].astype(np.float32) for m in data.metrics])
            report.append({"row": row, "run": data.table.uids[row], **_compare(stored, again)})
    if as_json:
        echo_json(report)
    else:
        lines = [[str(r["row"]), str(r["run"])[:12], str(r["verdict"]), f"{r['first_epochs']:.2e}"] for r in report]
        click.echo(table(lines, ("row", "run", "verdict", "largest relative difference, epochs 1..10")))
    return 0 if all(r["verdict"] != "different" for r in report) else 1


def _compare(stored: np.ndarray, again: np.ndarray) -> dict[str, object]:
    same = np.array_equal(stored, again, equal_nan=True)
    both = np.isfinite(stored) & np.isfinite(again)
    relative = np.where(both, np.abs(stored - again) / np.maximum(np.abs(stored), 1e-3), 0.0)
    early = float(relative[:, :10].max())
    verdict = "equal to the byte" if same else "within tolerance" if early <= _TOLERANCE else "different"
    return {"verdict": verdict, "first_epochs": early}
