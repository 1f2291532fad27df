"""What `predict` and `rank` forecast from: the first epochs of the runs of a dataset, or of a user's own log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from nasbench_lc.cli.common import observed_epochs
from nasbench_lc.curves import Floats, Observed
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError
from nasbench_lc.seal import is_hdf5
from nasbench_lc.shards import parts_folder

__all__ = ["Prefixes", "observed_of", "short"]


@dataclass(frozen=True, eq=False)
class Prefixes:
    """What is observed of the runs of a file.

    Arguments:
        runs: `N` ids in a dataset, or names in a log.
        names: The names of imported runs by id, see :attr:`nasbench_lc.dataset.CurveDataset.names`.
        parts: For every number of observed epochs the rows of the runs that have so many, and what is observed of them; every row once.
    """

    runs: tuple[str, ...]
    names: Mapping[str, str]
    parts: Sequence[tuple[npt.NDArray[np.int64], Observed]]


def observed_of(path: Path, metric: str, observe: int | None, epochs: int | None = None) -> Prefixes:
    """The observed part of all runs of a file.

    Arguments:
        path: A dataset, or a log, by what the file holds.
        metric: What the checkpoint forecasts.
        observe: How many epochs; by default 10 of a dataset, all that each run of a log has and that leave one to forecast.
        epochs: How long the runs of a log will be where it has no column `epochs`; by default up to its last epoch.

    Raises:
        ConfigError: If the file lacks the metric, or has too few epochs.
        FormatError: If it is no dataset, or no log.
    """
    if not _is_dataset(path):
        from nasbench_lc.importers.csv_log import read_log

        log = read_log(path)
        for note in log.notes:
            click.echo(f"{path}: {note}", err=True)
        if metric not in log.metrics:
            raise ConfigError(
                f"The log must have the metric that the checkpoint forecasts, {metric}; got {', '.join(log.metrics)}. Add the column."
            )
        return Prefixes(log.runs, {}, log.observe(metric, observe, epochs))
    data = CurveDataset(path)
    curves = data.curves(metric)
    observed, _ = curves.observe(observed_epochs(observe, curves.epochs))
    return Prefixes(curves.uid, data.names, [(np.arange(len(curves)), observed)])


def _is_dataset(path: Path) -> bool:
    # What is named like one, but is damaged or not there, is to be reported as a dataset; the runs of an unfinished one may all lie in its parts.
    return path.suffix.lower() == ".h5" or parts_folder(path).exists() or (path.is_file() and is_hdf5(path))


def short(values: Floats) -> list[float | None]:
    """Seven digits each; None where there is no number, since NaN is not JSON."""
    return [float(f"{v:.7g}") if np.isfinite(v) else None for v in values]
