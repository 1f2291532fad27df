"""``nasbench-lc import``."""

from pathlib import Path

import click

from nasbench_lc import store
from nasbench_lc.cli.common import new_dataset
from nasbench_lc.errors import ConfigError


@click.command("import", epilog="Example: nasbench-lc import csv my_logs.csv --out datasets/mine.h5")
@click.argument("kind")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The dataset to write; must not exist.")
@click.option("--task", help="Which task to read where SOURCE states several; elsewhere what its curves are of.")
@click.option("--all-runs", is_flag=True, help="Keep runs that the importer drops by default.")
def command(kind: str, source: Path, out: Path, task: str | None, all_runs: bool) -> None:
    """Read other people's curves into the format of this tool: spikenas, lcbench, baker, klein, or a csv log of your own.

    SOURCE is the file as it is published: spikenas and klein .npz, lcbench .json or .json.gz, baker and csv .csv. A log of your own has a
    line for each run and epoch with the columns run, epoch and metrics (train_, val_ or test_ and loss or acc), or a line for each run with columns
    METRIC_1, METRIC_2 ...; hyperparameters are columns hp_NAME, arch is widths such as 64-128 or a NAS-Bench-201 cell, and epochs, seconds, lr and
    n_params are read too. It prints, and stores in the file, what it changed and dropped.
    """
    from nasbench_lc.importers import IMPORTERS

    if kind not in IMPORTERS:
        raise ConfigError(f"The kind must be one of {', '.join(IMPORTERS)}; got {kind}. Choose one of those.")
    if not source.exists():
        raise ConfigError(f"The source must exist; got no file at {source}. Check the path.")
    if task is not None and not task.strip():
        raise ConfigError("--task must name a task; got nothing. Write for example --task cifar100.")
    with new_dataset(out):
        table = IMPORTERS[kind](source, all_runs, task)
        store.write(out, table)
    click.echo(f"{out}: {len(table)} runs x {table.epochs} epochs, metrics {', '.join(table.metrics)}")
    click.echo(str(table.attributes.get("notes", "")))
