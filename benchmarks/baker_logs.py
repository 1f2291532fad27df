"""The other tables of Baker et al. as logs that `nasbench-lc import csv` reads.

    python -m benchmarks.baker_logs SOURCE OUT

SOURCE is the folder `data` of github.com/MITAutoML/accelerating_nas. Its tables without a text of the network (residual networks, AlexNet, LSTM) state
a few numbers of each run, which become hyperparameters; the accuracy of the untrained network is dropped, a perplexity becomes a cross-entropy in nats.
Tables that SOURCE lacks are left out.
"""

import argparse
import csv
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nasbench_lc.files import atomic

__all__ = ["LOGS", "Published", "log_lines"]


@dataclass(frozen=True)
class Published:
    """One table of theirs.

    Arguments:
        file: Its name.
        epochs: For how many epochs runs were trained, as the authors state. With one value more, the first is that of the untrained network.
        metric: What its values are here.
        reads: From a value of theirs to one of ours.
    """

    file: str
    epochs: int
    metric: str = "val_acc"
    reads: Callable[[float], float] = float


LOGS = {
    "resnets-cifar10": Published("deep_resnets_cifar10.csv", 50),
    "resnets-tinyimagenet": Published("deep_resnets_tinyimagenet.csv", 140),
    "alexnet-imagenet": Published("alexnet_imagenet.csv", 500),
    "lstm-ptb": Published("lstm_ptb.csv", 60, "val_loss", math.log),
}
NAMES = {"num_params": "n_params", "base_lr": "hp_lr"}
WORDS = ("base_model", "training_dataset")
"""Columns that are the same in all rows of a table."""


def main() -> None:
    """Write the logs of the tables that are there."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("source", type=Path)
    p.add_argument("out", type=Path)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    for name, table in LOGS.items():
        if (a.source / table.file).exists():
            with (a.source / table.file).open(newline="") as source, atomic(a.out / f"{name}.csv") as temporary:
                with temporary.open("w", newline="") as log:
                    csv.writer(log).writerows(log_lines(csv.DictReader(source), table))


def log_lines(rows: "csv.DictReader[str]", table: Published) -> Iterator[list[str]]:
    """The header of the log and a line for every row of a table."""
    names = [name for name in rows.fieldnames or () if name not in WORDS]
    values = [name for name in names if re.fullmatch(r"(acc|ep)_\d+", name)]
    told, epochs = [name for name in names if name not in values], values[len(values) - table.epochs :]
    yield ["run", *(NAMES.get(name, f"hp_{name}") for name in told), *(f"{table.metric}_{t}" for t in range(1, table.epochs + 1))]
    for i, row in enumerate(rows):
        yield [str(i), *(row[name] for name in told), *(repr(table.reads(float(row[name]))) if row[name] else "" for name in epochs)]


if __name__ == "__main__":
    main()
