"""``nasbench-lc validate``."""

from pathlib import Path

import click

from nasbench_lc.cli.common import echo_json, find_dataset
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.validation import problems


@click.command("validate", epilog="Example: nasbench-lc validate datasets/*.h5")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(files: tuple[Path, ...], as_json: bool) -> int:
    """Check datasets: schema, checksums, bounds, run ids, gaps, duplicates. Exit code 1 where something is wrong."""
    found = {}
    for file in files or (None,):
        path = find_dataset(file)
        data = CurveDataset(path)
        found[str(path)] = problems(data.table)
        if not as_json:
            click.echo(f"{path}: {len(data)} runs, " + ("sound" if not found[str(path)] else f"{len(found[str(path)])} problems"))
            for sentence in found[str(path)]:
                click.echo(f"  {sentence}")
    if as_json:
        echo_json(found)
    return 1 if any(found.values()) else 0
