"""``nasbench-lc merge``."""

from pathlib import Path

import click

from nasbench_lc import store
from nasbench_lc.cli.common import find_dataset, new_dataset
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.merging import merge


@click.command("merge", epilog="Example: nasbench-lc merge datasets/a.h5 datasets/b.h5 -o datasets/ab.h5")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The merged file; must not exist.")
@click.option("--allow-mixed", is_flag=True, help="Merge different recipes too.")
def command(files: tuple[Path, ...], out: Path, allow_mixed: bool) -> None:
    """Merge datasets of the same recipe; a run that stands in several counts once."""
    with new_dataset(out):
        data = [CurveDataset(find_dataset(file)) for file in files]
        table = merge([d.table for d in data], files, allow_mixed)
        store.write(out, table)
    click.echo(f"{out}: {len(table)} runs from {len(files)} files ({sum(map(len, data)) - len(table)} stood twice)")
