"""``nasbench-lc predict``."""

import csv
import io
from pathlib import Path

import click
import numpy as np

from nasbench_lc.cli.common import echo_json
from nasbench_lc.cli.models import load_fitted
from nasbench_lc.cli.observed import observed_of, short
from nasbench_lc.errors import ConfigError
from nasbench_lc.unsaid import unsaid_quantiles


@click.command("predict", epilog="Example: nasbench-lc predict checkpoints/lc-gode-mlp-car my_logs.csv --observe 10 --format csv")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("curves", type=click.Path(path_type=Path), metavar="FILE.h5|CURVES.csv")
@click.option("--observe", type=int, help="Observed epochs; 10 by default for FILE.h5, all that CURVES.csv has otherwise.")
@click.option("--levels", default="0.05,0.5,0.95", show_default=True, help="Quantile levels, a comma list.")
@click.option("--format", "form", default="json", show_default=True, type=click.Choice(["json", "csv"]))
def command(checkpoint: Path, curves: Path, observe: int | None, levels: str, form: str) -> None:
    """Forecast the rest of every curve of a file, with quantiles.

    CURVES.csv is a log of your own: columns run, epoch and the metrics; optionally arch and hyperparameters.
    """
    wanted = _levels(levels)
    found, predictor = load_fitted(checkpoint)
    observed, runs = observed_of(curves, found.metric, observe, epochs=found.dataset.get("epochs"))
    t = np.arange(len(observed.t) + 1, observed.epochs + 1, dtype=np.float64)
    forecast = predictor.predict(observed, t)
    quantiles = {level: forecast.quantile(level) for level in wanted}
    if words := unsaid_quantiles(forecast, wanted):
        click.echo(words, err=True)
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["run", "observed", "epoch", "mean", *(f"q{level:g}" for level in wanted)])
        for i, run in enumerate(runs):
            for j, epoch in enumerate(t):
                values = (forecast.mean[i, j], *(quantiles[level][i, j] for level in wanted))
                writer.writerow([run, len(observed.t), int(epoch), *("" if not np.isfinite(v) else f"{v:.7g}" for v in values)])
        click.echo(out.getvalue(), nl=False)
        return
    echo_json(
        [
            {
                "run": run,
                "observed": len(observed.t),
                "t": [int(e) for e in t],
                "mean": short(forecast.mean[i]),
                "quantiles": {f"{level:g}": short(quantiles[level][i]) for level in wanted},
            }
            for i, run in enumerate(runs)
        ]
    )


def _levels(text: str) -> list[float]:
    try:
        levels = sorted({float(part) for part in text.split(",")})
    except ValueError as error:
        raise ConfigError(f"--levels must be numbers between commas; got {text!r}. Write for example --levels 0.1,0.5,0.9.") from error
    if not all(0 < level < 1 for level in levels):
        raise ConfigError(f"--levels must lie between 0 and 1; got {text}. Write for example --levels 0.1,0.5,0.9.")
    return levels
