"""The convolutional networks of Klein et al., "Learning curve prediction with Bayesian neural networks", ICLR 2017."""

from pathlib import Path

import numpy as np

from nasbench_lc.architecture import Node
from nasbench_lc.config import Recipe
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.build import ForeignRun, Origin, build, status_of
from nasbench_lc.importers.graphs import chain
from nasbench_lc.importers.reading import labels, numbers, read_npz
from nasbench_lc.table import Table

__all__ = ["import_klein"]

_UNITS = tuple(f"log2_n_units_{layer}" for layer in (1, 2, 3))
_CONFIG = ("batch_size", "log10_learning_rate", *_UNITS)
_CURVES = ("valid_error", "cumulative_seconds")


def import_klein(path: Path, all_runs: bool = False, task: str | None = None) -> Table:
    """The npz form: `curves` `(N, T, M)` and `config` `(N, 5)`, with their names.

    The validation error becomes an accuracy, the cumulative time the time of each epoch, the logarithms the quantities themselves. Nothing is dropped but
    the loss curves, which few runs have, so `all_runs` changes nothing. The task is cifar10 where none is given: the file does not say.

    Raises:
        FormatError: If the file is damaged or another.
    """
    arrays = read_npz(path, ("curves", "metric_names", "config", "config_names"))
    metric_names, config_names = labels(arrays, "metric_names", _CURVES), labels(arrays, "config_names", _CONFIG)
    curves = numbers(arrays, "curves", (None, None, len(metric_names)))
    n, epochs, _ = curves.shape
    config = numbers(arrays, "config", (n, len(config_names)))
    batch_size, lr, *log2_units = (config[:, config_names.index(name)] for name in _CONFIG)
    logs = np.stack(log2_units, 1)
    if epochs < 1 or not np.isfinite(config).all() or (np.abs(logs) > 20).any() or (np.abs(lr) > 20).any():
        raise FormatError(f"The configurations must be finite, logarithms within -20 .. 20; got others in {path}. Fetch the source again.")
    units = 2**logs
    error, time = (curves[:, :, metric_names.index(name)] for name in _CURVES)
    seconds = np.diff(time, axis=1, prepend=0.0)
    runs: list[ForeignRun] = []
    for i in range(n):
        widths = np.maximum(1, np.rint(units[i])).astype(int).tolist()
        metrics = {"val_acc": 1 - error[i]}
        runs.append(
            ForeignRun(
                name=str(i),
                architecture=chain("klein-cnn", [Node.of("conv", units=width) for width in widths], "-".join(map(str, widths))),
                hyperparameters={
                    "batch_size": float(batch_size[i]),
                    "lr": float(10 ** lr[i]),
                    **{f"units_{layer + 1}": float(u) for layer, u in enumerate(units[i])},
                },
                metrics=metrics,
                seconds=seconds[i],
                status=status_of(metrics),
            )
        )
    notes = [
        "val_acc is 1 - valid_error; seconds are the differences of the cumulative ones.",
        "valid_loss and train_loss were dropped where the source has them: most runs lack them.",
        "batch_size, lr and units are as sampled, real numbers; in the graphs the units are rounded, since the source does not say how it rounded them.",
        f"All {n} runs were kept.",
    ]
    origin = Origin(
        "klein",
        path.name,
        "None stated by the source: for measuring only.",
        "Klein, Falkner, Springenberg and Hutter, Learning curve prediction with Bayesian neural networks, ICLR 2017: the CNN on CIFAR-10.",
    )
    return build(origin, Recipe.of("klein-cnn", task or "cifar10", epochs, {"imported": "klein"}), runs, notes, all_runs=all_runs)
