"""``nasbench-lc evaluate``."""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nasbench_lc.cli.common import find_dataset, numbers, observed_epochs, pairs, progress_bar
from nasbench_lc.cli.specs import parse_spec, split_specs
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError
from nasbench_lc.pool import cores
from nasbench_lc.table import texts

if TYPE_CHECKING:
    from predictors.base import Predictor

_EPILOG = "Example: nasbench-lc evaluate datasets/mlp-car.h5 --models lc-gode,extra-trees --observe 5,10 --seeds 3"
_QUICK = ("lc-gode", "last-value", "mean-curve", "gaussian", "knn", "extra-trees")


@click.command("evaluate", epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--baselines", is_flag=True, help="Compare every registered model.")
@click.option("--models", help="Comma list of models, such as lc-gode,lc-gode[use_graph=false], or all; lc-gode,last-value by default.")
@click.option("--checkpoint", type=click.Path(path_type=Path), help="Score this trained predictor, on curves that it never saw.")
@click.option("--metric", help="The metric to forecast; by default the first of test_loss, val_acc, val_loss, test_acc.")
@click.option("--observe", help="Observed epochs, a comma list; 10 by default.")
@click.option("--horizons", help="Epochs to forecast to, a comma list; 40, 70 and 100 % of all by default.")
@click.option("--seeds", type=int, default=1, show_default=True, help="Number of splits and initialisations.")
@click.option("--quick", is_flag=True, help="Only models that fit in seconds, and short fits: a look in under 3 minutes.")
@click.option(
    "--protocol",
    default="strict",
    show_default=True,
    type=click.Choice(["strict", "paper"]),
    help="paper: contiguous split, stopped on the test curves, last epoch not scored; optimistic.",
)
@click.option("--train-size", type=int, help="Use only the first so many runs of train and valid.")
@click.option("--transfer-to", type=click.Path(path_type=Path), help="Fit on FILE, score on the test part of this dataset.")
@click.option(
    "--transfer-curves",
    type=int,
    default=0,
    show_default=True,
    help="With --transfer-to: target curves that are known; FILE's are moved to where they lie.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="An option of the models that have it; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the report goes; reports/FILE by default.")
@click.option("--cache", type=click.Path(path_type=Path), help="Where finished fits are kept and looked for; OUT/.cache by default.")
@click.option("--json", "as_json", is_flag=True, help="Print scores.json instead of the table.")
def command(**o: Any) -> None:
    """Compare predictors on the test curves of a dataset, and write scores.json, scores.csv, report.md and report.html."""
    from evaluation.backtest import evaluate
    from evaluation.floors import measured_floors
    from evaluation.report import write_report
    from evaluation.table import format_table

    path = find_dataset(o["file"])
    data = CurveDataset(path)
    goal = data if o["transfer_to"] is None else CurveDataset(find_dataset(o["transfer_to"]))
    same_task = goal.attributes["task"] == data.attributes["task"]
    fitted: dict[str, Predictor] = {}
    leave_out: frozenset[str] = frozenset()
    metric: str | None = o["metric"]
    if o["checkpoint"] is not None:
        from nasbench_lc.cli.models import load_fitted

        checkpoint, predictor = load_fitted(o["checkpoint"])
        if metric not in (None, checkpoint.metric):
            raise ConfigError(f"--metric must be what the checkpoint forecasts, {checkpoint.metric}; got {metric}. Leave --metric out.")
        metric = checkpoint.metric
        fitted = {checkpoint.model: predictor}
        # What an architecture did on another task is what a transfer carries over: see evaluation.transfer.met.
        leave_out = frozenset((*checkpoint.seen, *(checkpoint.seen_groups if same_task else ())))
    names = _names(o["models"], o["baselines"], bool(fitted), o["quick"])
    curves = data.curves(metric)
    target = None if goal is data else goal.curves(curves.metric)
    observe, horizons = _epochs(o["observe"], o["horizons"], (target or curves).epochs)
    out: Path = o["out"] or Path("reports") / path.stem
    with progress_bar("evaluate") as show, warnings.catch_warnings():
        # joblib replaces a worker whose memory has grown, between two fits; that is no news to the user.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        results = evaluate(
            _makers(names, pairs(o["settings"]), o["quick"]),
            curves,
            observe=observe,
            horizons=horizons,
            seeds=o["seeds"],
            protocol=o["protocol"],
            train_size=o["train_size"],
            leave_out=leave_out,
            fitted=fitted,
            transfer_to=target,
            transfer_curves=o["transfer_curves"],
            same_task=same_task,
            floors=measured_floors(goal.path, str(goal.attributes["recipe_hash"])),
            dataset={**_facts(data), **({"quick": True} if o["quick"] else {})},
            target=_facts(goal),
            progress=lambda done, total, text: show(done / max(1, total), text),
            cache=o["cache"] or out / ".cache",
            workers=cores(),
        )
    pages = write_report(results, out)
    if o["as_json"]:
        click.echo((out / "scores.json").read_text(), nl=False)
        return
    click.echo(format_table(results))
    click.echo(f"report: {pages[-1]}")


def _names(models: str | None, baselines: bool, has_checkpoint: bool, quick: bool) -> tuple[str, ...]:
    from predictors.configure import option_names
    from predictors.registry import PREDICTORS

    if models == "all" or (models is None and baselines and not quick):
        return tuple(PREDICTORS)
    if models is None:
        if quick:
            return tuple(m for m in _QUICK if m in PREDICTORS)
        return () if has_checkpoint else ("lc-gode", "last-value")
    specs = split_specs(models)
    if not specs:
        raise ConfigError(f"--models must name models; got {models!r}. Write for example --models lc-gode,last-value.")
    for spec in specs:
        option_names(parse_spec(spec)[0])  # raises on an unknown model before any work
    return specs


def _makers(specs: tuple[str, ...], settings: Mapping[str, str], quick: bool) -> dict[str, "Callable[[int], Predictor]"]:
    from predictors.configure import make, option_names

    unused = set(settings)
    makers: dict[str, Callable[[int], Predictor]] = {}
    for spec in specs:
        name, options = parse_spec(spec)
        shared = {key: value for key, value in settings.items() if key in option_names(name)}
        unused -= set(shared)
        own = {**shared, **options}
        if quick and "epochs" in option_names(name):
            own.setdefault("epochs", "60")
        make(name, own, 0)  # raises on a bad value before any work
        makers[spec] = lambda seed, name=name, own=own: make(name, own, seed)
    if unused:
        raise ConfigError(
            f"--set must name an option of one of the models {', '.join(specs)}; got {', '.join(sorted(unused))}. Check the spelling."
        )
    return makers


def _epochs(observe: str | None, horizons: str | None, epochs: int) -> tuple[list[int], list[int]]:
    """Observed epochs and horizons; a default beyond the file is skipped with a notice, a given one exits 2."""
    seen = numbers("--observe", observe)
    until = numbers("--horizons", horizons)
    if seen is None:
        seen = [observed_epochs(None, epochs)]
    elif not all(0 <= k < epochs for k in seen):
        raise ConfigError(f"--observe must lie in 0 .. {epochs - 1}; got {observe}. The file has {epochs} epochs.")
    if until is None:
        defaults = sorted({max(1, round(share * epochs)) for share in (0.4, 0.7, 1.0)})
        until = [h for h in defaults if h > max(seen)]
        if len(until) < len(defaults):
            skipped = ", ".join(str(h) for h in defaults if h not in until)
            click.echo(f"notice: the default horizons {skipped} are not after all observed epochs; skipped", err=True)
    elif not all(min(seen) < h <= epochs for h in until):
        raise ConfigError(f"--horizons must lie after the observed epochs, up to {epochs}; got {horizons}. The file has {epochs} epochs.")
    return seen, until


def _facts(data: CurveDataset) -> dict[str, Any]:
    a = data.attributes
    return {
        "file": data.path.name,
        "space": a["space"],
        "task": a["task"],
        "epochs": int(a["epochs"]),
        "recipe_hash": a["recipe_hash"],
        "digest": data.digest,
        "seconds": ", ".join(f"{n} {kind}" for kind, n in sorted(Counter(texts(data.table.columns["run/seconds_kind"])).items())),
    }
