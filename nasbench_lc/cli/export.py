"""``nasbench-lc export``."""

import csv
from pathlib import Path

import click
import numpy as np

from nasbench_lc.cli.common import find_dataset
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError
from nasbench_lc.files import atomic
from nasbench_lc.table import texts


@click.command("export", epilog="Example: nasbench-lc export datasets/mlp-car.h5 --format csv --out car.csv")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--format", "form", default="csv", show_default=True, type=click.Choice(["csv", "parquet"]))
@click.option("--out", type=click.Path(path_type=Path), help="The file, which must not exist; FILE.csv or FILE.parquet by default.")
def command(file: Path | None, form: str, out: Path | None) -> None:
    """Write a dataset in long form: one line per run and epoch, with metrics, status, architecture and hyperparameters.

    Runs that were imported are named in a column run, which import csv reads again. Parquet needs the extra: pip install 'nasbench-lc[parquet]'.
    """
    path = find_dataset(file)
    data = CurveDataset(path)
    target = out or path.with_suffix(f".{form}")
    if target.exists():  # FILE.csv may be the log that FILE.h5 was imported from
        raise ConfigError(f"The export must not exist yet; got {target}. Choose another --out, or remove that file.")
    if form == "parquet":
        frame = data.to_pandas()
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise ConfigError(
                "pyarrow must be installed for parquet; got no such package. Run: pip install 'nasbench-lc[parquet]'"
            ) from error
        with atomic(target) as temporary:
            frame.to_parquet(temporary, index=False)
    else:
        _write_csv(data, target)
    click.echo(f"{target}: {len(data)} runs x {data.table.epochs} epochs")


def _write_csv(data: CurveDataset, target: Path) -> None:
    t = data.table
    curves = sorted(n for n in t.columns if n.startswith("curves/"))
    hp = sorted(n for n in t.columns if n.startswith("hp/"))
    fixed = ("run/status", "run/seed", "arch/string", "arch/key", "arch/n_params")
    head = ["uid", "epoch", *(n.removeprefix("curves/") for n in curves), *(n.replace("/", "_") for n in hp)]
    head += [n.replace("run/", "").replace("/", "_") for n in fixed]
    per_run = [texts(t.columns[n]) if t.columns[n].dtype.kind == "S" else t.columns[n].tolist() for n in (*hp, *fixed)]
    if data.names:
        head.append("run")
        per_run.append([data.names.get(uid, uid) for uid in t.uids])
    with atomic(target) as temporary, temporary.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(head)
        for row, uid in enumerate(t.uids):
            tail = [_cell(column[row]) for column in per_run]
            values = np.stack([t.columns[n][row] for n in curves], 1)
            for epoch in range(t.epochs):
                writer.writerow([uid, epoch + 1, *(_cell(v) for v in values[epoch]), *tail])


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        # float32 prints with the digits that give it back, not with those of a float64.
        return "" if np.isnan(value) else str(value)
    return str(value)
