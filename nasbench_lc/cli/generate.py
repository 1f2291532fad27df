"""``nasbench-lc generate``."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nasbench_lc.cli.common import echo_json, progress_bar
from nasbench_lc.errors import ConfigError
from nasbench_lc.pool import answer_sigterm

if TYPE_CHECKING:
    from generators.plan import Plan

_EPILOG = "Example: nasbench-lc generate --space mlp --task car --n 50 --epochs 40 --out datasets/mine.h5"


@click.command("generate", epilog=_EPILOG)
@click.option(
    "--preset", help="A complete setting by name (a wrong one lists all); quick-mlp-car if nothing of the space or task is given."
)
@click.option("--space", help="Search space: mlp, lcbench-mlp, nb201.")
@click.option("--task", help="Task by name, or a FILE.csv, a FILE.npz or a folder of class folders.")
@click.option("--target", help="Column of FILE.csv that holds the classes; the last by default.")
@click.option("--n", type=int, help="Samples of the space; a larger number extends an existing dataset.")
@click.option("--repeats", type=int, help="Runs of each sample, with different seeds; likewise.")
@click.option("--epochs", type=int, help="Epochs of every run; by default the space's own.")
@click.option("--seed", type=int, help="Master seed; 0 by default.")
@click.option("--out", type=click.Path(path_type=Path), help="The file; datasets/PRESET.h5 or datasets/SPACE-TASK.h5 by default.")
@click.option("--engine", default="joblib", show_default=True, help="serial, joblib or dask.")
@click.option("--workers", type=int, help="Processes; one per core by default.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]), help="Where to train.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where CIFAR lies, or is downloaded to.")
@click.option("--val-fraction", type=float, help="Part of the training rows to hold out as a validation split.")
@click.option("--dedup", type=click.Choice(["none", "nb201", "exact"]), help="nb201: which cells count as equal.")
@click.option("--momentum", type=float, help="mlp: one momentum for all runs; 0 is plain SGD.")
@click.option("--train-images", type=int, help="Image tasks: how many training images.")
@click.option("--image-size", type=int, help="Image tasks: scale to this height and width.")
@click.option("--channels", type=int, help="nb201: channels of the first stage.")
@click.option("--cells", type=int, help="nb201: cells per stage.")
@click.option("--on-error", default="skip", show_default=True, type=click.Choice(["skip", "raise"]), help="When training a run raises.")
@click.option("--overwrite", is_flag=True, help="Begin the file anew.")
@click.option("--dry-run", is_flag=True, help="Print what would be done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(**o: Any) -> int:
    """Train many networks and store every learning curve in one HDF5 file.

    It resumes by default: the same command continues where it was stopped, and does nothing when all is there. A larger --n or
    --repeats extends the dataset; any other change exits 2.
    """
    from generators import generate as generator

    plan, path = plan_of(o)
    how: dict[str, Any] = {name: o[name] for name in ("engine", "workers", "device", "data_dir", "overwrite")}
    click.echo(f"dataset: {path}", err=True)
    if o["dry_run"]:
        outlook = generator.look_ahead(plan, path, **how)
        report = {
            "file": str(path),
            "runs": outlook.runs,
            "finished": outlook.finished,
            "core_seconds": round(outlook.seconds, 1),
            "megabytes": round(outlook.megabytes, 2),
        }
        if o["as_json"]:
            echo_json(report)
        else:
            missing = outlook.runs - outlook.finished
            click.echo(
                f"{missing} of {outlook.runs} runs to train, about {outlook.seconds:.0f} core-seconds by the cost formula, "
                f"{outlook.megabytes:.1f} MB in the end"
            )
        return 0
    began = time.perf_counter()
    with answer_sigterm(), progress_bar("generate") as show:
        outcome = generator.generate(
            plan,
            path,
            on_error=o["on_error"],
            progress=lambda p: show(p.fraction, f"{p.done}/{p.total} runs" + (f", {p.failed} failed" if p.failed else "")),
            **how,
        )
    counts = {s: outcome.table.statuses.count(s) for s in sorted(set(outcome.table.statuses), key=lambda s: s.name)}
    if o["as_json"]:
        echo_json(
            {
                "file": str(path),
                "planned": outcome.total,
                "trained": outcome.trained,
                "by_status": {s.label: n for s, n in counts.items()},
                "errors": list(outcome.errors),
            }
        )
    else:
        click.echo(
            f"{path}: {len(outcome.table)} runs x {outcome.table.epochs} epochs ({', '.join(f'{n} {s.label}' for s, n in counts.items())}); "
            f"{outcome.trained} trained now in {time.perf_counter() - began:.1f} s"
        )
    for words in outcome.errors:
        click.echo(f"Error: A run's training must not raise; got {words} Run the same command to try again.", err=True)
    return 1 if outcome.errors else 0


def plan_of(o: dict[str, Any]) -> "tuple[Plan, Path]":
    """The plan and the file that the options ask for.

    Raises:
        ConfigError: If they name no preset that exists, or conflict with it.
    """
    from generators.plan import Plan
    from generators.presets import PRESETS, Preset

    space_options = {name: o[name] for name in ("momentum", "dedup", "channels", "cells") if o[name] is not None}
    task_options = {name: o[name] for name in ("target", "train_images", "image_size", "val_fraction") if o[name] is not None}
    name: str | None = o["preset"]
    if name is None and o["space"] is None and o["task"] is None and not space_options and not task_options:
        name = "quick-mlp-car"
    if name is None:
        task: str = ("cifar10" if o["space"] == "nb201" else "car") if o["task"] is None else o["task"]
        is_table = task.lower().endswith(".csv") or not (
            task.lower().endswith(".npz") or "cifar" in task or "image" in task or Path(task).is_dir()
        )
        preset = Preset(("mlp" if is_table else "nb201") if o["space"] is None else o["space"], task, n=100, epochs=0)
        stem = f"{preset.space}-{Path(os.path.abspath(task)).stem}"
    elif name not in PRESETS:
        raise ConfigError(f"--preset must be one of {', '.join(PRESETS)}; got {name!r}. Choose one of those.")
    else:
        preset, stem = PRESETS[name], name
        given = [f"--{n}" for n in ("space", "task") if o[n] is not None]
        if given:
            raise ConfigError(f"A preset names its own space and task; got {name} with {' and '.join(given)}. Leave out one or the other.")
    plan = Plan(
        space=preset.space,
        task=preset.task,
        n=preset.n if o["n"] is None else o["n"],
        repeats=preset.repeats if o["repeats"] is None else o["repeats"],
        epochs=o["epochs"] if o["epochs"] is not None else preset.epochs or None,
        seed=preset.seed if o["seed"] is None else o["seed"],
        space_options=tuple(sorted({**preset.space_options, **space_options}.items())),
        task_options=tuple(sorted({**preset.task_options, **task_options}.items())),
    )
    return plan, o["out"] or Path("datasets") / f"{stem}.h5"
