"""The networks of a Q-learner: Baker et al., "Accelerating neural architecture search using performance prediction", arXiv:1705.10823."""

import csv
import io
import math
import re
from pathlib import Path

import numpy as np

from nasbench_lc.architecture import Node
from nasbench_lc.config import Recipe
from nasbench_lc.curves import Floats
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.build import ForeignRun, Origin, build, status_of
from nasbench_lc.importers.graphs import chain
from nasbench_lc.importers.reading import chosen_task, read_text
from nasbench_lc.table import Table

__all__ = ["import_baker", "layers"]

_LAYER = re.compile(r"(C|D|P|GAP|FC|SM)\((\d{1,6}(?:,\d{1,6})*)\)")
_NET = re.compile(rf"\[{_LAYER.pattern}(?:, *{_LAYER.pattern})*\]")
_ARITY = {"C": 3, "D": 2, "P": 2, "GAP": 1, "FC": 1, "SM": 1}
_EVERY, _FACTOR = 5, 0.2


def layers(net: str) -> list[Node]:
    """The hidden layers of a network from its text, such as ``[C(64,3,1), D(1,2), P(2,2), FC(128), D(2,2), SM(10)]``.

    C(filters, kernel, stride) is a convolution, P(size, stride) a max pooling, D(i, n) the i-th of n dropout layers, whose rate is i / 2n (Baker
    et al., arXiv:1611.02167), FC(units) a linear map, GAP a global average pooling; SM, the classifier, is the output node of the graph.

    Raises:
        FormatError: If the text does not follow this grammar, or SM is not its last layer and only there.
    """
    found = [(m[1], [int(v) for v in m[2].split(",")]) for m in _LAYER.finditer(net)]
    kinds = [kind for kind, _ in found]
    sound = _NET.fullmatch(net.strip()) and all(len(v) == _ARITY[k] and min(v) > 0 for k, v in found)
    if not sound or kinds.count("SM") != 1 or kinds[-1] != "SM":
        raise FormatError(
            f"A network must read [C(f,k,s), D(i,n), P(k,s), FC(n), GAP(n), SM(n)], SM last and only there; got {net[:120]!r}. Correct the column net."
        )
    return [_node(kind, values) for kind, values in found[:-1]]


def _node(kind: str, v: list[int]) -> Node:
    match kind:
        case "C":
            return Node.of(f"conv_{v[1]}x{v[1]}", filters=v[0], kernel=v[1], stride=v[2])
        case "P":
            return Node.of(f"max_pool_{v[0]}x{v[0]}", size=v[0], stride=v[1])
        case "D":
            return Node.of("dropout", rate=round(v[0] / (2 * v[1]), 6))
        case "FC":
            return Node.of("linear", units=v[0])
        case _:
            return Node("global_avg_pool")


def import_baker(path: Path, all_runs: bool = False, task: str | None = None) -> Table:
    """The CSV form: columns net, training_dataset, num_params, lr, acc_1 .. acc_T (validation accuracy, a fraction).

    Nothing is dropped but runs on other datasets than `task`, so `all_runs` changes nothing.

    Raises:
        ConfigError: If the file holds runs on several datasets and `task` is None, or none on that one.
        FormatError: If the file is damaged or another.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    header = list(reader.fieldnames or ())
    epochs = sum(re.fullmatch(r"acc_\d+", name) is not None for name in header)
    needed = ["net", "training_dataset", "num_params", "lr", *(f"acc_{t}" for t in range(1, max(1, epochs) + 1))]
    missing = [name for name in needed if name not in header]
    if missing:
        raise FormatError(f"The source must have the column {missing[0]}; got {', '.join(header)[:120]!r} in {path}. Choose another KIND.")
    try:
        rows: list[dict[str, str]] = []
        for row in reader:
            # This is how DictReader hands out a row that is too long, or too short.
            if None in row or None in row.values():
                raise FormatError(
                    f"Every row must have {len(header)} fields like the first; got another number in line {reader.line_num} of {path}. Fetch it again."
                )
            rows.append({name: row[name] for name in needed})
    except csv.Error as error:
        raise FormatError(f"The source must be comma-separated text; got {str(error)!r} in {path}. Fetch it again.") from error
    tasks = sorted({row["training_dataset"] for row in rows})
    if not all(stated.strip() for stated in tasks) or not tasks:
        raise FormatError(f"Every row must state a training_dataset; got {'a blank' if tasks else 'no row'} in {path}. Fetch it again.")
    task = chosen_task(tasks, task, path)
    runs: list[ForeignRun] = []
    for number, row in enumerate(rows):
        if row["training_dataset"] != task:
            continue
        metrics = {"val_acc": np.array([_value(row[f"acc_{t}"], number) for t in range(1, epochs + 1)])}
        runs.append(
            ForeignRun(
                name=str(number),
                architecture=chain("metaqnn", layers(row["net"]), row["net"]),
                hyperparameters={"lr": _value(row["lr"], number)} if row["lr"] else {},
                metrics=metrics,
                status=status_of(metrics),
                n_params=_value(row["num_params"], number),
            )
        )
    kept = f"All {len(runs)} runs" if len(tasks) == 1 else f"The {len(runs)} runs on {task}, of {len(rows)},"
    notes = [
        f"{kept} were kept. They were chosen by a Q-learner and are no random sample.",
        "n_params is the source's num_params, weights without biases. The column depth was dropped: the graph has it.",
        "A missing accuracy would make a run partial; the rate falls to a fifth every 5 epochs (Baker et al., arXiv:1611.02167).",
    ]
    origin = Origin(
        "baker",
        path.name,
        "MIT (the repository that holds the file).",
        "Baker, Gupta, Raskar and Naik, Accelerating neural architecture search using performance prediction, arXiv:1705.10823, "
        "github.com/MITAutoML/accelerating_nas.",
    )
    settings = {"imported": "baker", "optimizer": "adam", "schedule": "step", "step_every": _EVERY, "step_factor": _FACTOR}
    return build(origin, Recipe.of("metaqnn", task, epochs, settings), runs, notes, all_runs=all_runs, schedule=_schedule(epochs))


def _schedule(epochs: int) -> Floats:
    return _FACTOR ** np.floor(np.arange(epochs) / _EVERY)


def _value(text: str, number: int) -> float:
    try:
        return float(text) if text.strip() else math.nan
    except ValueError as error:
        raise FormatError(f"The source must hold numbers; got {text[:40]!r} in row {number + 1}. Correct the cell.") from error
