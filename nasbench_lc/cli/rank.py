"""``nasbench-lc rank``."""

from pathlib import Path

import click
import numpy as np

from nasbench_lc.cli.common import echo_json, find_dataset, observed_epochs, table
from nasbench_lc.cli.models import load_fitted
from nasbench_lc.curves import higher_is_better
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError


@click.command("rank", epilog="Example: nasbench-lc rank checkpoints/lc-gode-mlp-car datasets/mlp-car.h5 --observe 10 --top 5")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--observe", type=int, help="Observed epochs; 10 by default.")
@click.option("--top", type=int, default=10, show_default=True, help="How many to print.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(checkpoint: Path, file: Path | None, observe: int | None, top: int, as_json: bool) -> None:
    """Rank the runs of a dataset by their forecast value at the last epoch, best first."""
    if top < 1:
        raise ConfigError(f"--top must be at least 1; got {top}. Choose a larger one.")
    found, predictor = load_fitted(checkpoint)
    data = CurveDataset(find_dataset(file))
    curves = data.curves(found.metric)
    k = observed_epochs(observe, curves.epochs)
    observed, _ = curves.observe(k)
    predicted = predictor.predict(observed, np.array([float(curves.epochs)])).mean[:, 0]
    rising = higher_is_better(found.metric)
    # Ties and missing forecasts fall to the end in the order of the ids, so that the list is always the same.
    keys = np.where(np.isfinite(predicted), -predicted if rising else predicted, np.inf)
    order = np.lexsort((np.array(curves.uid), keys))[:top]
    rows = [
        {
            "rank": place + 1,
            "run": curves.uid[i],
            **({"name": name} if (name := data.names.get(curves.uid[i])) else {}),
            "arch": curves.architectures[i].string or curves.architectures[i].key,
            "predicted": float(predicted[i]) if np.isfinite(predicted[i]) else None,
        }
        for place, i in enumerate(order.tolist())
    ]
    if as_json:
        echo_json(rows)
        return
    click.echo(f"{found.model}, {found.metric} at epoch {curves.epochs} from {k} epochs ({'highest' if rising else 'lowest'} first)")
    text = [
        [
            str(r["rank"]),
            curves.architectures[i].string or curves.architectures[i].key[:12],
            "-" if r["predicted"] is None else f"{r['predicted']:.5g}",
            data.names.get(curves.uid[i], curves.uid[i][:12]),
        ]
        for r, i in zip(rows, order.tolist(), strict=True)
    ]
    click.echo(table(text, ("rank", "arch", "predicted", "run")))
