"""``nasbench-lc plot``."""

from pathlib import Path

import click

from nasbench_lc.cli.common import find_dataset, observed_epochs
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError
from nasbench_lc.files import atomic

_EPILOG = "Example: nasbench-lc plot datasets/mlp-car.h5 --checkpoint checkpoints/lc-gode-mlp-car --run 3 --out fan.png"


@click.command("plot", epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--metric", help="The metric to draw; by default the first of test_loss, val_acc, val_loss, test_acc.")
@click.option("--run", "runs", help="Rows to draw, a comma list; all by default.")
@click.option("--checkpoint", type=click.Path(path_type=Path), help="Draw this predictor's forecast against the true curve of one --run.")
@click.option("--observe", type=int, help="Observed epochs of the forecast; 10 by default.")
@click.option("--out", type=click.Path(path_type=Path), help="A .png or .svg file; plots/FILE.png by default.")
def command(
    file: Path | None, metric: str | None, runs: str | None, checkpoint: Path | None, observe: int | None, out: Path | None
) -> None:
    """Draw a dataset, single curves, or a forecast with its intervals against the true curve."""
    from evaluation.plots import plot_curves, plot_dataset, plot_fan

    path = find_dataset(file)
    data = CurveDataset(path)
    target = out or Path("plots") / f"{path.stem}.png"
    if target.suffix.lower() not in (".png", ".svg"):
        raise ConfigError(f"--out must end in .png or .svg; got {target}. Rename it.")
    if checkpoint is not None:
        from nasbench_lc.cli.models import load_fitted

        found, predictor = load_fitted(checkpoint)
        curves = data.curves(found.metric)
        row = _rows(runs or "0", len(curves))[0]
        one = curves.subset([row])
        k = observed_epochs(observe, one.epochs)
        observed, future = one.observe(k)
        forecast = predictor.predict(observed, future.t)
        seen = " (it was trained on this run)" if one.uid[0] in found.seen else ""
        words = [f"run {row}", data.names.get(one.uid[0], ""), one.architectures[0].string]
        title = ", ".join(filter(None, words)).replace("$", r"\$")  # which would begin a formula
        figure = plot_fan(one, 0, k, {found.model: forecast}, title=f"{title}{seen}")
    else:
        curves = data.curves(metric)
        figure = plot_dataset(curves) if runs is None else plot_curves(curves, _rows(runs, len(curves)))
    with atomic(target) as temporary:
        figure.savefig(temporary, format=target.suffix.lower().removeprefix("."))
    click.echo(f"plot: {target}")


def _rows(text: str, count: int) -> list[int]:
    try:
        rows = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"--run must be row numbers between commas; got {text!r}. Write for example --run 0,5.") from error
    if not all(0 <= row < count for row in rows):
        raise ConfigError(f"--run must lie in 0 .. {count - 1}; got {text}. Count rows from 0.")
    return rows
