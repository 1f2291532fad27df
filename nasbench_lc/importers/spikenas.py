"""SpikeNAS-Bench: cells of spiking networks on CIFAR-10 (Sun et al., IEEE Transactions on Artificial Intelligence, 2024)."""

import hashlib
from pathlib import Path

import numpy as np

from nasbench_lc.config import Recipe
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.build import ForeignRun, Origin, build, status_of
from nasbench_lc.importers.graphs import cell_graph, function_class
from nasbench_lc.importers.reading import labels, numbers, read_npz
from nasbench_lc.table import Table

__all__ = ["EDGES", "OPS", "exact_class", "import_spikenas", "operations"]

EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
"""The edges (source, target) of a cell in the source's order, which is not that of NAS-Bench-201."""

OPS = ("none", "skip_connect", "lif_0.5_conv_3x3", "lif_1.0_conv_3x3", "lif_1.5_conv_3x3")
"""The operations in the source's order; the last three: leaky integrate-and-fire neuron of that threshold, convolution, batch normalisation."""

EPOCHS = 100
_METRICS = ("train_loss", "train_acc", "val_loss", "val_acc")


def operations(arch_id: int) -> tuple[str, ...]:
    """The operations of a cell in edge order: that of edge k is number ``arch_id // 5**k % 5``."""
    return tuple(OPS[arch_id // 5**k % 5] for k in range(len(EDGES)))


def exact_class(ops: tuple[str, ...]) -> str:
    """The function of a cell as a canonical expression; equal exactly where two cells can only compute equal functions.

    ``x`` is the input and ``0.5(..)`` the operation with that threshold. A neuron without input never fires, whatever its threshold, and its
    convolution of nothing leaves the bias of the batch normalisation, which trains: that is the constant ``b``, and no zero. For the
    rest see :func:`nasbench_lc.importers.graphs.function_class`.
    """
    return function_class(EDGES, ops, lambda op, inner, mark: f"{mark}{op.split('_')[1]}({inner})" if inner else f"{mark}b")


def import_spikenas(path: Path, all_runs: bool = False, task: str | None = None) -> Table:
    """The npz form of SpikeNAS-Bench: `curves_milli` `(N, 100, 4)`, 1,000 times what `metric_names` says, and what belongs to each run.

    Runs that were planned for another number than 100 epochs are dropped unless `all_runs`: their schedule is another, and only its first part is there.
    The group is the exact function class. Percent become fractions, losses stay, and the total time is spread evenly over the run's epochs.
    The task is cifar10 where none is given: the file does not say.

    Raises:
        FormatError: If the file is damaged or another.
    """
    arrays = read_npz(path, ("curves_milli", "metric_names", "n_epochs", "arch_id", "params"), ("edge_ops", "train_seconds"))
    names = labels(arrays, "metric_names", _METRICS)
    curves = numbers(arrays, "curves_milli", (None, EPOCHS, len(names))) / 1000
    n = len(curves)
    planned, identity, params = (numbers(arrays, name, (n,)) for name in ("n_epochs", "arch_id", "params"))
    if ((identity < 0) | (identity >= 5 ** len(EDGES)) | (planned < 1)).any():
        raise FormatError(f"arch_id must lie in 0 .. {5 ** len(EDGES) - 1} and n_epochs be positive; got others in {path}. Fetch it again.")
    cells = [operations(int(i)) for i in identity]
    if "edge_ops" in arrays:
        stated = numbers(arrays, "edge_ops", (n, len(EDGES)))
        if not np.array_equal(stated, [[OPS.index(op) for op in cell] for cell in cells]):
            raise FormatError(f"edge_ops must be the digits of arch_id to base 5; got others in {path}. Fetch the source again.")
    seconds = numbers(arrays, "train_seconds", (n,)) / planned if "train_seconds" in arrays else None
    keep = [i for i in range(n) if all_runs or planned[i] == EPOCHS]
    runs: list[ForeignRun] = []
    for i in keep:
        metrics = {m: curves[i, :, names.index(m)] / (100 if m.endswith("_acc") else 1) for m in _METRICS}
        runs.append(
            ForeignRun(
                name=str(int(identity[i])),
                architecture=cell_graph("spikenas", EDGES, cells[i], _string(cells[i])),
                hyperparameters={},
                metrics=metrics,
                seconds=None if seconds is None else np.full(EPOCHS, seconds[i]),
                status=status_of(metrics),
                group=hashlib.sha256(f"spikenas/exact/1/{exact_class(cells[i])}".encode()).hexdigest(),
                n_params=float(params[i]),
            )
        )
    other = int((planned != EPOCHS).sum())
    fate = "kept as asked, although their schedule is a longer one and only its beginning is there" if all_runs else "dropped"
    notes = [
        f"{other} of {n} runs, planned for another number than {EPOCHS} epochs, were {fate}.",
        "Accuracies in percent were divided by 100; losses are as they were, rounded to 0.001 in the source.",
        "The final test accuracy was dropped: it is no curve.",
        f"The {len(runs)} cells are of {len({r.group for r in runs})} exact function classes, which are the groups.",
    ]
    if seconds is not None:
        notes.append("The source has one total time a run; it was spread evenly over the epochs.")
    origin = Origin(
        "spikenas",
        path.name,
        "None stated by the source: for measuring only.",
        "SpikeNAS-Bench (Sun et al., IEEE Transactions on Artificial Intelligence, 2024), github.com/tju-sun-lab/SpikeNAS-Bench.",
    )
    recipe = Recipe.of("spikenas", task or "cifar10", EPOCHS, {"imported": "spikenas", "schedule": "cosine", "cosine_t_max": EPOCHS})
    schedule = (1 + np.cos(np.pi * np.arange(EPOCHS) / EPOCHS)) / 2
    return build(origin, recipe, runs, notes, all_runs=all_runs, schedule=schedule, seconds_kind="apportioned")


def _string(ops: tuple[str, ...]) -> str:
    op = dict(zip(EDGES, ops, strict=True))
    return "+".join("|" + "".join(f"{op[a, b]}~{a}|" for a in range(b)) for b in (1, 2, 3))
