"""``nasbench-lc predict``."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from nasbench_lc.cli.common import echo_json
from nasbench_lc.cli.models import load_fitted
from nasbench_lc.cli.observed import Prefixes, observed_of, short
from nasbench_lc.errors import ConfigError
from nasbench_lc.unsaid import unsaid_quantiles

if TYPE_CHECKING:
    from predictors.base import Predictor


@click.command("predict", epilog="Example: nasbench-lc predict checkpoints/lc-gode-mlp-car my_logs.csv --observe 10 --format csv")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("curves", type=click.Path(path_type=Path), metavar="FILE.h5|CURVES.csv")
@click.option("--observe", type=int, help="Observed epochs; 10 by default for FILE.h5, all that each run of CURVES.csv has otherwise.")
@click.option("--levels", default="0.05,0.5,0.95", show_default=True, help="Quantile levels, a comma list.")
@click.option("--format", "form", default="json", show_default=True, type=click.Choice(["json", "csv"]))
def command(checkpoint: Path, curves: Path, observe: int | None, levels: str, form: str) -> None:
    """Forecast the rest of every curve of a file, with quantiles.

    CURVES.csv is a log of your own, as import csv reads it; a column epochs says how many epochs the runs will have.
    """
    wanted = _levels(levels)
    found, predictor = load_fitted(checkpoint)
    forecasts = _forecasts(predictor, observed_of(curves, found.metric, observe, epochs=found.dataset.get("epochs")), wanted)
    if form == "json":
        echo_json(forecasts)
        return
    # A column for the names of imported runs, where there are any.
    named = ["name"] if any("name" in f for f in forecasts) else []
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["run", *named, "observed", "epoch", "mean", *dict.fromkeys(f"q{level:g}" for level in wanted)])
    for f in forecasts:
        head = [f["run"], *(f.get(key, "") for key in named), f["observed"]]
        for epoch, *values in zip(f["t"], f["mean"], *f["quantiles"].values(), strict=True):
            writer.writerow([*head, epoch, *("" if v is None else f"{v:.7g}" for v in values)])
    click.echo(out.getvalue(), nl=False)


def _forecasts(predictor: "Predictor", known: Prefixes, levels: Sequence[float]) -> list[dict[str, Any]]:
    """What is printed of each run as JSON, in the order of the file; and on stderr, which quantiles are missing."""
    found: dict[int, dict[str, Any]] = {}
    unsaid: dict[str, None] = {}
    for rows, observed in known.parts:
        k = len(observed.t)
        t = np.arange(k + 1, observed.epochs + 1)
        forecast = predictor.predict(observed, t.astype(np.float64))
        quantiles = {f"{level:g}": forecast.quantile(level) for level in levels}
        unsaid[unsaid_quantiles(forecast, levels)] = None
        for i, row in enumerate(rows.tolist()):
            run = known.runs[row]
            found[row] = {
                "run": run,
                **({"name": known.names[run]} if run in known.names else {}),
                "observed": k,
                "t": t.tolist(),
                "mean": short(forecast.mean[i]),
                "quantiles": {level: short(values[i]) for level, values in quantiles.items()},
            }
    for words in filter(None, unsaid):
        click.echo(words, err=True)
    return [found[row] for row in sorted(found)]


def _levels(text: str) -> list[float]:
    try:
        levels = sorted({float(part) for part in text.split(",")})
    except ValueError as error:
        raise ConfigError(f"--levels must be numbers between commas; got {text!r}. Write for example --levels 0.1,0.5,0.9.") from error
    if not all(0 < level < 1 for level in levels):
        raise ConfigError(f"--levels must lie between 0 and 1; got {text}. Write for example --levels 0.1,0.5,0.9.")
    return levels
