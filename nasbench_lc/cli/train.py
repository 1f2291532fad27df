"""``nasbench-lc train-predictor``."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from nasbench_lc.cli.common import echo_json, find_dataset, observed_epochs, pairs
from nasbench_lc.cli.models import configure, save_fitted
from nasbench_lc.curves import CurveSet
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError
from nasbench_lc.pool import one_thread
from nasbench_lc.unsaid import unsaid_quantiles

if TYPE_CHECKING:
    from evaluation.split import Split

_EPILOG = "Example: nasbench-lc train-predictor datasets/mlp-car.h5 --model lc-gode --set latent=8"


@click.command("train-predictor", epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--model", default="lc-gode", show_default=True, help="Which predictor; a wrong name lists all.")
@click.option("--metric", help="The metric to forecast; by default the first of test_loss, val_acc, val_loss, test_acc.")
@click.option("--observe", type=int, help="Observed epochs of the printed error, 10 by default; the model serves all.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the split and of the fit.")
@click.option("--train-size", type=int, help="Use only the first so many runs of train and valid.")
@click.option("--source", type=click.Path(path_type=Path), help="Learn from this dataset too, moved to where FILE's curves lie.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="An option of the model, may be repeated; a wrong KEY lists all."
)
@click.option("--out", type=click.Path(path_type=Path), help="The checkpoint; checkpoints/MODEL-FILE by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    file: Path | None,
    model: str,
    metric: str | None,
    observe: int | None,
    seed: int,
    train_size: int | None,
    source: Path | None,
    settings: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Fit a predictor to the training part of a dataset and keep it as a checkpoint.

    The split is the one that evaluate uses with the same seed; the test part is not touched. With few curves of one's own, --source adds those of
    another task, which lowers the error. It must have the metric, as many epochs and the same hyperparameters.
    """
    from evaluation.fits import Fits
    from evaluation.metrics import CURVE_METRICS
    from evaluation.split import split
    from predictors.few_shot import FewShot

    make = partial(configure, model, pairs(settings), seed)
    make()  # refuses a bad option before the work
    path = find_dataset(file)
    data = CurveDataset(path)
    curves = data.curves(metric)
    own = split(curves, seed, train_size)
    k = observed_epochs(observe, curves.epochs)
    own.valid.observe(k)  # refuses a bad --observe before the work
    other = None if source is None else CurveDataset(find_dataset(source))
    same_task = other is not None and other.attributes["task"] == data.attributes["task"]
    parts = own if other is None else _with_source(other.curves(), curves, own, seed, same_task)
    began = time.perf_counter()
    with one_thread():
        predictor, _ = Fits().learn(make, parts)
    seconds = time.perf_counter() - began
    report: dict[str, Any] = {
        "model": model,
        "metric": parts.train.metric,
        "n_train": len(parts.train),
        "n_valid": len(parts.valid),
        "fit_seconds": round(seconds, 3),
        "observe": k,
    }
    if len(own.valid):
        observed, target = own.valid.observe(k)
        # What the error is about must not have set the forecast right.
        judged = predictor.with_few(predictor.few.subset(slice(0, len(own.train)))) if isinstance(predictor, FewShot) else predictor
        forecast = judged.predict(observed, target.t)
        scores = CURVE_METRICS["mape"].score(forecast, target)
        scores = scores[np.isfinite(scores)]
        report["valid_mape"] = float(scores.mean()) if len(scores) else None
    if left := sum(map(len, parts.learnt)) - len(parts.train) - len(parts.valid):
        click.echo(
            f"notice: {left} curves of the source end alike there and not in {path.name}; what is learnt from both leaves them out",
            err=True,
        )
    folder = out or Path("checkpoints") / f"{model}-{path.stem}"
    save_fitted(folder, model, predictor, data, parts, source=other, seed=seed, train_size=train_size, fit_seconds=seconds)
    report["checkpoint"] = str(folder)
    if len(own.valid) and (words := unsaid_quantiles(forecast)):
        click.echo(words, err=True)
    if report.get("valid_mape") is None:
        click.echo(f"notice: no error on validation curves, for none has both a value and a forecast after epoch {k}", err=True)
    if as_json:
        echo_json(report)
        return
    click.echo(f"{model} on {path.stem}, {report['metric']}: {len(parts.train)} training and {len(parts.valid)} validation curves")
    if report.get("valid_mape") is not None:
        click.echo(f"fitted in {seconds:.1f} s; MAPE on the validation curves from {k} epochs: {report['valid_mape']:.4f}")
    click.echo(f"checkpoint: {folder}")


def _with_source(source: CurveSet, curves: CurveSet, own: "Split", seed: int, same_task: bool) -> "Split":
    """The train and valid parts of one's own curves with those of another dataset, less what both hold.

    Raises:
        ConfigError: If nothing is left of the source, or the files do not go together.
    """
    from evaluation.matching import beside
    from evaluation.split import split
    from evaluation.transfer import aligned, met

    theirs = aligned(source, curves)
    theirs = theirs.subset(~met(theirs, curves, same_task))
    if not len(theirs):
        raise ConfigError(f"The source must hold curves that the dataset does not; got none of {len(source)}. Name another --source.")
    return beside(split(theirs, seed), own)
