"""What a study is, and how its numbers become tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.studies.fits import Fit, Mean, means
from evaluation.results import Row
from evaluation.sections import Section
from evaluation.table import number
from nasbench_lc.curves import CurveSet
from nasbench_lc.dataset import CurveDataset

__all__ = ["Source", "Study", "Unavailable", "cross_table", "error_and_tau", "tables_by", "text"]


class Unavailable(Exception):
    """Data that a study needs are not on this machine; the words say which."""


@dataclass(frozen=True)
class Source:
    """Where curves come from.

    Arguments:
        datasets: The folder of the datasets that ship.
        data: A folder of other real curves, which do not ship; None for none.
    """

    datasets: Path
    data: Path | None

    def curves(self, name: str, metric: str | None = None) -> CurveSet:
        """The curves of a dataset by the stem of its file.

        Raises:
            Unavailable: If it is not there.
        """
        path = self.datasets / f"{name}.h5"
        if not path.exists():
            raise Unavailable(f"{path.name} is not in the datasets folder")
        return CurveDataset(path).curves(metric)

    def other(self, name: str) -> Path:
        """A file of the data folder.

        Raises:
            Unavailable: If it is not there.
        """
        if self.data is None or not (self.data / name).exists():
            raise Unavailable(f"{name} is not in the data folder (--data)")
        return self.data / name


@dataclass(frozen=True)
class Study:
    """One question.

    Arguments:
        title: The heading of its section.
        question: What is asked, and how it is answered.
        fits: From the source and the number of seeds to what is fitted; skips by :class:`Unavailable`.
        sections: From the rows to tables.
    """

    title: str
    question: str
    fits: Callable[[Source, int], Iterable[Fit | Unavailable]]
    sections: Callable[[Sequence[Row]], list[Section]]


def cross_table(title: str, rows: Sequence[Row], down: str, across: str, key: str) -> Section:
    """Means of a score, one line for every value of `down` (best last column first) and one column for every value of `across`."""
    found: Mapping[tuple[Any, ...], Mean | None] = means(rows, (down, across), key)
    columns = list(dict.fromkeys(row[across] for row in rows))
    columns = sorted(columns) if all(isinstance(c, int) for c in columns) else columns
    up = key in ("kendall", "top10_overlap", "precision_at_10")

    def place(line: Any) -> tuple[bool, float]:
        value = next((v for c in reversed(columns) if (v := found.get((line, c))) is not None), None)
        return value is None, 0.0 if value is None else (-value[0] if up else value[0])

    lines = sorted(dict.fromkeys(row[down] for row in rows), key=place)
    return title, [down, *map(str, columns)], [[str(line), *(text(found.get((line, c))) for c in columns)] for line in lines]


def tables_by(rows: Sequence[Row], by: str, across: str, scores: Mapping[str, str], down: str = "model") -> list[Section]:
    """For every value of `by` a table of each score, title to key, with a line for every value of `down`."""
    return [
        cross_table(f"{value}: {title}", [row for row in rows if row[by] == value], down, across, key)
        for value in dict.fromkeys(row[by] for row in rows)
        for title, key in scores.items()
    ]


def error_and_tau(rows: Sequence[Row], by: str, across: str) -> list[Section]:
    """For every value of `by` a table of the MAPE and one of Kendall's tau, models down."""
    return tables_by(rows, by, across, {"MAPE": "mape", "Kendall tau": "kendall"})


def text(value: Mean | None) -> str:
    """A mean with its interval; a dash for none."""
    if value is None:
        return "-"
    mean, low, high = value
    return number(mean) if low is None or high is None else f"{number(mean)} [{number(low)}, {number(high)}]"
