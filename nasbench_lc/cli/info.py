"""``nasbench-lc info``."""

import json
from collections import Counter
from pathlib import Path

import click
import numpy as np

from nasbench_lc.card import card
from nasbench_lc.cli.common import echo_json, find_dataset, table
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import FormatError


@click.command("info", epilog="Example: nasbench-lc info datasets/mlp-car.h5")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--card", "as_card", is_flag=True, help="Print the dataset's card as Markdown.")
def command(file: Path | None, as_json: bool, as_card: bool) -> None:
    """What a dataset holds: recipe, runs, metrics at the last epoch, provenance."""
    data = CurveDataset(find_dataset(file))
    if as_card:
        click.echo(card(data), nl=False)
        return
    t, a = data.table, data.attributes
    seconds = t.columns.get("curves/epoch_seconds")
    final = {m: t.columns[f"curves/{m}"][:, -1].astype(np.float64) for m in data.metrics}
    report = {
        "file": str(data.path),
        "runs": len(data),
        "architectures": len(set(t.columns["arch/key"].tolist())),
        "groups": len(set(t.columns["arch/group"].tolist())),
        "epochs": t.epochs,
        "metrics": list(data.metrics),
        "by_status": dict(sorted(Counter(s.label for s in t.statuses).items())),
        "hyperparameters": sorted(n.removeprefix("hp/") for n in t.columns if n.startswith("hp/")),
        "training_hours": None if seconds is None else float(seconds[np.isfinite(seconds)].sum(dtype=np.float64) / 3600),
        "final": {m: _quartiles(v) for m, v in final.items()},
        "digest": data.digest,
        **{
            name: a[name]
            for name in ("space", "task", "generator_version", "created", "licence", "source", "recipe_hash", "schema_version")
        },
        "recipe": _parsed("recipe", str(a["recipe"])),
        "plan": _parsed("plan", str(a["plan"])),
        "notes": a.get("notes"),
    }
    if as_json:
        echo_json(report)
        return
    skip = ("recipe", "plan", "final", "by_status", "metrics", "hyperparameters")
    for name, value in report.items():
        if name not in skip and value is not None:
            click.echo(f"{name:18} {value:.3f}" if isinstance(value, float) else f"{name:18} {value}")
    click.echo(f"{'by_status':18} {', '.join(f'{n} {s}' for s, n in report['by_status'].items())}")
    click.echo(f"{'hyperparameters':18} {', '.join(report['hyperparameters'])}")
    click.echo()
    rows = [(m, *(["-"] * 5 if q is None else [f"{v:.4g}" for v in q.values()])) for m, q in report["final"].items()]
    click.echo(table(rows, ("at the last epoch", "min", "25 %", "median", "75 %", "max")))


def _quartiles(values: np.ndarray) -> dict[str, float] | None:
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return None
    return dict(zip(("min", "q25", "median", "q75", "max"), np.quantile(finite, [0, 0.25, 0.5, 0.75, 1]).tolist(), strict=True))


def _parsed(name: str, text: str) -> object:
    """An attribute's JSON; Python reads NaN and Infinity as well, which are none."""
    value = json.loads(text)
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise FormatError(f"The {name} must be JSON, which has finite numbers; got {text[:60]!r}. Restore the file from a copy.") from error
    return value
