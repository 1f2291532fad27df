"""Leaderboards as text."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.floors import beside_floors
from evaluation.results import Results, Row
from evaluation.summary import HEADLINE, counts

__all__ = [
    "COLUMNS",
    "GLOSSARY",
    "Column",
    "cell",
    "format_table",
    "headline_entries",
    "label",
    "markdown_table",
    "number",
    "shown_columns",
]


@dataclass(frozen=True)
class Column:
    """One column of a leaderboard.

    Arguments:
        key: The score.
        title: Its heading.
        digits: Significant digits.
        suffix: Behind the number, such as ``"x"`` for a factor.
        interval: Whether its interval is shown where there is one.
    """

    key: str
    title: str
    digits: int = 3
    suffix: str = ""
    interval: bool = False


COLUMNS: tuple[Column, ...] = (
    Column("mape", "MAPE", interval=True),
    Column("mape_median_over_floor", "x floor", 2, interval=True),
    Column("mape_median", "median"),
    Column("rmse", "RMSE"),
    Column("mae_final", "final"),
    Column("kendall", "tau"),
    Column("top10_overlap", "top10"),
    Column("regret_at_1", "regret"),
    Column("crps_median", "CRPS med"),
    Column("coverage_80", "cov80"),
    Column("fit_seconds", "fit s"),
    Column("predict_seconds", "pred s"),
    Column("speedup", "speed-up", 3, "x"),
    Column("speedup_equal_regret", "at = regret", 3, "x"),
)
"""What leaderboards show; all other scores are in scores.json."""

GLOSSARY = (
    "MAPE: mean relative error over the forecast epochs, the mean over curves; median: that over curves; RMSE: over the same epochs; final: absolute "
    "error at the last epoch; tau: Kendall's rank correlation with the true order there; top10: share of the true best ten among the forecast best ten; "
    "regret: how much worse the network chosen first ends than the best; CRPS med: continuous ranked probability score, the median over curves; cov80: "
    "share of the truths within 80 % intervals; fit s, pred s: seconds to fit, and to forecast all test curves; speed-up: time of full training over "
    "that of the observed epochs and the forecasts; at = regret: the time that the cheapest way without a predictor takes to choose as well, over the "
    'model\'s (below 1 that way is cheaper). A line "- no diverged" is the one above it without diverged runs.'
)
"""What the columns mean, for a reader."""

_WIDTH = 100
"""Columns of a terminal that the table keeps to."""

_DISPENSABLE = (
    "predict_seconds",
    "rmse",
    "fit_seconds",
    "speedup",
    "mae_final",
    "top10_overlap",
    "crps_median",
    "mape_median",
    "regret_at_1",
)
"""What is left out for want of room, in this order."""


def headline_entries(results: Results) -> Mapping[tuple[int, int], list[Row]]:
    """The summary by (observe, horizon), best first, those without a score last; each model's line without diverged runs follows its first.

    Entries have the score of :func:`evaluation.floors.beside_floors` too.
    """
    cells: dict[tuple[int, int], list[Row]] = {}
    for entry in beside_floors(results.summary, results.floors):
        cells.setdefault((entry["observe"], entry["horizon"]), []).append(entry)
    ordered = {}
    for key, entries in sorted(cells.items()):
        place = {e["model"]: (e[HEADLINE]["mean"] is None, e[HEADLINE]["mean"] or 0.0) for e in entries if e["subset"] == "all"}
        ordered[key] = sorted(entries, key=lambda e: (place[e["model"]], e["model"], e["subset"]))
    return ordered


def label(entry: Row) -> str:
    """How a line of a leaderboard begins."""
    return entry["model"] if entry["subset"] == "all" else "- no diverged"


def cell(entry: Row, column: Column) -> str:
    """One number with its interval where there is one; a dash where there is no value."""
    value: Mapping[str, Any] = entry[column.key]
    if value["mean"] is None:
        return "-"
    text = number(value["mean"], column.digits) + column.suffix
    if value["low"] is not None and column.interval:
        text += f" [{number(value['low'], column.digits)}, {number(value['high'], column.digits)}]"
    return text


def _fitted(entries: Sequence[Row]) -> list[str]:
    columns = list(shown_columns(entries))
    dispensable = [*_DISPENSABLE]
    while True:
        lines = [["model", *(c.title for c in columns)]]
        lines += [[label(e) + (" *" if e["best"] else ""), *(cell(e, c) for c in columns)] for e in entries]
        widths = [max(len(line[i]) for line in lines) for i in range(len(columns) + 1)]
        if sum(widths) + 2 * len(columns) <= _WIDTH or not dispensable:
            return ["  ".join(v.rjust(w) if i else v.ljust(w) for i, (v, w) in enumerate(zip(line, widths, strict=True))) for line in lines]
        columns = [c for c in columns if c.key != dispensable[0]]
        del dispensable[0]


def number(value: float, digits: int = 3) -> str:
    """A number in few characters: `digits` significant ones, no exponent where it can be helped."""
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    text = f"{value:#.{digits}g}"
    return f"{value:.0f}" if "e" in text else text.rstrip(".")


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table, the first column left-aligned, the others right-aligned."""
    line = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return [line[0], "|:--|" + "--:|" * (len(head) - 1), *line[1:]]


def shown_columns(entries: Sequence[Row]) -> tuple[Column, ...]:
    """The columns that hold any number."""
    return tuple(c for c in COLUMNS if c.key != "mape_median_over_floor" or any(e[c.key]["mean"] is not None for e in entries))


def format_table(results: Results) -> str:
    """The leaderboards as aligned plain text for a terminal, no wider than 100 columns unless a model's name is very long."""
    blocks = []
    if results.beside is not None:
        blocks += ["STRICT PROTOCOL", format_table(results.beside), "THE PAPER'S PROTOCOL (optimistic: it stops on the test curves)"]
    for (observe, horizon), entries in headline_entries(results).items():
        first = entries[0]
        train = first["n_train"]["mean"]
        trained = "" if train is None else f", {train:.0f} training curves"
        title = f"{first['metric']}: observed {observe}, forecast to epoch {horizon} ({counts(first)}{trained}; {first['interval']})"
        text = _fitted(entries)
        blocks.append("\n".join([*textwrap.wrap(title, _WIDTH, break_on_hyphens=False), text[0], "-" * len(text[0]), *text[1:]]))
    blocks += [textwrap.fill(f"Note: {n.model + ': ' if n.model else ''}{n.text}", _WIDTH) for n in results.notes]
    if any(e["best"] for e in results.summary):
        blocks.append("* significantly better than the second (paired, corrected for overlapping training sets, p < 0.05)")
    return "\n\n".join(blocks)
