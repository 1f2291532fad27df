"""A curve dataset as people use it: open a file, ask for an architecture's curve."""

import difflib
import operator
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from nasbench_lc import shards
from nasbench_lc.architecture import Architecture
from nasbench_lc.config import digest
from nasbench_lc.curves import CurveSet, Floats
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.table import Table, texts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CurveDataset"]

_NAME = "run/name"  # of imported runs alone


class CurveDataset:
    """The runs of one file, with those that are still in its ``.parts`` folder.

    Arguments:
        path: The HDF5 file.

    Raises:
        FormatError: If it is not a curve dataset, damaged, of a newer schema, or holds no run yet.

    Example:
        >>> import nasbench_lc
        >>> data = nasbench_lc.open("datasets/mlp-car.h5")  # doctest: +SKIP
        >>> data.query(0, epoch=50)["test_acc"]  # doctest: +SKIP
        0.97
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        reading = shards.read_all(self.path)
        if reading.table is None:
            raise FormatError(
                f"The dataset must exist and hold finished runs; got none at {self.path}. Run: nasbench-lc generate --out {self.path}"
            )
        self.table: Table = reading.table

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        a = self.attributes
        return f"CurveDataset({str(self.path)!r}: {len(self)} runs x {a['epochs']} epochs, {a['space']} on {a['task']})"

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The root attributes of the file."""
        return self.table.attributes

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the curve metrics."""
        return self.table.metrics

    @cached_property
    def digest(self) -> str:
        """The sha256 over all run ids and curve checksums: changes when, and only when, a run is added or altered."""
        return digest(sorted(zip(self.table.uids, texts(self.table.columns["run/sha256"]), strict=True)))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What the sources of imported runs call them, by run id; a name that several runs share tells none of them, and is left out."""
        if _NAME not in self.table.columns:
            return {}
        names = texts(self.table.columns[_NAME])
        times = Counter(names)
        return {uid: name for uid, name in zip(self.table.uids, names, strict=True) if name and times[name] == 1}

    def curves(self, metric: str | None = None) -> CurveSet:
        """All runs that have a curve, as arrays; `metric` is the one to forecast (default: see DESIGN of the command line)."""
        return self.table.curve_set(metric)

    def query(
        self, arch: "SupportsIndex | str | Architecture", epoch: SupportsIndex | None = None, repeat: SupportsIndex = 0
    ) -> dict[str, float]:
        """Every metric of one run at one epoch.

        Arguments:
            arch: A row number, an architecture, its key, its string, a run id, or the name that an imported run has in its source.
            epoch: 1-based; the last epoch if left out.
            repeat: Which of the runs that match, in file order.

        Returns:
            Metric name to value, with ``lr`` and ``epoch_seconds`` where the file has them.

        Raises:
            ConfigError: If nothing matches, the epoch lies outside 1 .. T, or a number is not whole.
        """
        last = self.table.epochs
        at = last if epoch is None else _whole("epoch", epoch)
        if not 1 <= at <= last:
            raise ConfigError(f"The epoch must lie in 1 .. {last}; got {epoch}. Epochs are 1-based.")
        return {name: float(values[at - 1]) for name, values in self.trajectory(arch, repeat).items()}

    def trajectory(self, arch: "SupportsIndex | str | Architecture", repeat: SupportsIndex = 0) -> dict[str, Floats]:
        """Every metric of one run at all epochs, each of shape `(T,)`; arguments and errors as in :meth:`query`."""
        row = self._row(arch, repeat)
        return {n.removeprefix("curves/"): c[row].astype(np.float64) for n, c in self.table.columns.items() if n.startswith("curves/")}

    def to_pandas(self) -> "pd.DataFrame":
        """One line per run and epoch (long form): uid, epoch, every metric, status, architecture, hyperparameters.

        Where runs were imported, ``run`` is what :attr:`names` says, or else the id.

        Raises:
            ConfigError: If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ConfigError("pandas must be installed for this; got no such package. Run: pip install 'nasbench-lc[parquet]'") from error
        table, n, t = self.table, len(self), self.table.epochs
        frame: dict[str, Any] = {"uid": np.repeat(np.array(table.uids, dtype=object), t), "epoch": np.tile(np.arange(1, t + 1), n)}
        for name, column in table.columns.items():
            group, _, short = name.partition("/")
            if group == "curves":
                frame[short] = column.reshape(-1)
            elif group == "hp":
                frame[f"hp_{short}"] = np.repeat(column, t)
        for name in ("run/status", "run/seed", "arch/string", "arch/key", "arch/n_params"):
            column = table.columns[name]
            values = np.array(texts(column), dtype=object) if column.dtype.kind == "S" else column
            frame[name.replace("run/", "").replace("/", "_")] = np.repeat(values, t)
        if self.names:
            frame["run"] = np.repeat(np.array([self.names.get(uid, uid) for uid in table.uids], dtype=object), t)
        return pd.DataFrame(frame)

    def _row(self, arch: "SupportsIndex | str | Architecture", repeat: SupportsIndex) -> int:
        if not isinstance(arch, str | Architecture):
            row = _whole("row", arch)
            if not 0 <= row < len(self):
                raise ConfigError(f"The row must lie in 0 .. {len(self) - 1}; got {row}. Count rows from 0.")
            return row
        wanted = arch.key if isinstance(arch, Architecture) else arch
        written = [self.table.columns[n] for n in ("arch/string", _NAME) if n in self.table.columns]
        for column in (self.table.columns["run/uid"], self.table.columns["arch/key"], *written):
            rows = np.flatnonzero(column == wanted.encode())
            if len(rows):
                which = _whole("repeat", repeat)
                if not 0 <= which < len(rows):
                    raise ConfigError(
                        f"The repeat must lie in 0 .. {len(rows) - 1} for this architecture; got {which}. Choose one of those."
                    )
                return int(rows[which])
        near = difflib.get_close_matches(wanted, [text for column in written for text in texts(column)], 1)
        hint = f"The nearest is {near[0]}." if near else "Ask by row number, key, string or name."
        raise ConfigError(f"The architecture must be in the dataset; got {wanted[:80]}. {hint}")


def _whole(what: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError as error:
        raise ConfigError(f"The {what} must be a whole number; got {value!r:.40}. Give an integer.") from error
