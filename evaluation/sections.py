"""Tables and sentences that both reports hold, Markdown and HTML, as plain text."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.consistency import violations
from evaluation.extremes import depth, extremes
from evaluation.results import Results, Row
from evaluation.summary import HEADLINE
from evaluation.table import number
from evaluation.verdict import main_entries
from nasbench_lc.curves import higher_is_better

__all__ = ["CONSISTENCY", "Section", "consistency_sections", "floor_sentence", "interval_caveats", "prefix_sections", "variant_sections"]

Section = tuple[str, list[str], list[list[str]]]
"""A title, a head, and lines of cells."""

CONSISTENCY = (
    "Excess jump: how much farther from the last observed value the first forecast lies than the truth does, the median over curves, in the unit of "
    "the metric. Impossible: the share of forecasts below 0, or above 1 for an accuracy; of all test curves, and of those of the first seed whose "
    "architectures are in the outer tenths of the test part by parameters or by depth, ties included (curves in brackets)."
)
"""What the columns of :func:`consistency_sections` mean."""


def prefix_sections(summary: Sequence[Row]) -> list[Section]:
    """Error and tau at the last horizon against the number of observed epochs; nothing where there is one number only."""
    entries, prefixes = _last(summary)
    if len(prefixes) < 2:
        return []
    models = sorted({m for m, _ in entries}, key=lambda m: _order(entries, m, prefixes))
    horizon = next(iter(entries.values()))["horizon"]
    return [
        (
            f"{title} to epoch {horizon} by observed epochs",
            ["model", *map(str, prefixes)],
            [[m, *(_value(entries.get((m, k)), key) for k in prefixes)] for m in models],
        )
        for title, key in (("MAPE", HEADLINE), ("Kendall tau", "kendall"))
    ]


def variant_sections(summary: Sequence[Row]) -> list[Section]:
    """Each model with options of its own, ``NAME[key=value]``, beside NAME itself: what the option is worth at every prefix."""
    entries, prefixes = _last(summary)
    models = dict.fromkeys(m for m, _ in entries)
    found = []
    for variant in models:
        base = _base(variant, models)
        if base is None:
            continue
        rows = []
        for k in prefixes:
            with_it, without = entries.get((base, k)), entries.get((variant, k))
            if with_it is not None and without is not None:
                cells = [_value(e, key) for key in (HEADLINE, "kendall") for e in (with_it, without)]
                rows.append([str(k), *cells[:2], _ratio(with_it, without), *cells[2:]])
        found.append(
            (f"{base} against {variant}", ["observed", "MAPE", "MAPE of the variant", "variant / base", "tau", "tau of the variant"], rows)
        )
    return found


def consistency_sections(results: Results) -> list[Section]:
    """Whether forecasts continue their curves and stay possible, at the edges of the space too; nothing where nothing is scored."""
    figures = results.figures
    entries = sorted((e for e in main_entries(results) if e["model"] in figures.forecasts), key=_error)
    if not entries:
        return []
    horizon, test = entries[0]["horizon"], figures.test
    scored = np.flatnonzero(np.isfinite(test.target[:, :horizon]).all(1))
    sizes = {"smallest and largest": test.n_params, "shallowest and deepest": np.array([depth(a) for a in test.architectures])}
    outer = {f"{name} ({len(rows)})": rows for name, values in sizes.items() if len(rows := scored[extremes(values[scored])])}
    lines = []
    for e in entries:
        mean = figures.forecasts[e["model"]].mean
        shares = [number(violations(mean[rows], higher_is_better(test.metric))) for rows in outer.values()]
        lines.append([e["model"], _value(e, "excess_jump"), _value(e, "violations"), *shares])
    title = f"Jumps and impossible forecasts, from {figures.observe} epochs to {horizon}"
    return [(title, ["model", "excess jump", "impossible", *outer], lines)]


def floor_sentence(floor: Mapping[str, Any]) -> str:
    """What a noise floor says, for a reader."""
    median, mean = (
        f"{number(m['value'], 2)} (95 % interval {number(m['interval'][0], 2)} to {number(m['interval'][1], 2)})"
        for m in (floor["mape_median"], floor["mape"])
    )
    return (
        f"Noise floor: no forecast can expect a median MAPE below {median}, a mean below {mean} or a Kendall tau above "
        f"{number(floor['kendall']['value'])}, on average over the dataset; from {floor['runs']} runs of each of {floor['n']} configurations: "
        f"{floor['source']}. The column x floor is the median as a multiple of the floor's, with the interval of the floor."
    )


def interval_caveats(results: Results) -> list[str]:
    """What an interval over few seeds is worth; nothing where there is none, or where it may hold what it says.

    The range of `n` independent draws holds their median with probability ``1 - 2^(1 - n)``, and a bootstrap of so few goes no further.

    References:
        David and Nagaraja, "Order statistics", 3rd edition, 2003, section 7.1, doi:10.1002/0471722162.
    """
    found = []
    for entry in main_entries(results)[:1]:
        share = 1 - 2.0 ** (1 - entry["seeds"])
        if entry["interval"] == "bootstrap 95 %" and share < 0.95:
            found.append(
                f"Intervals over fewer than 6 seeds are nearly the range of the seeds: with {entry['seeds']}, "
                f"read them as about {100 * share:.0f} %, not 95 %."
            )
    return found


def _last(summary: Sequence[Row]) -> tuple[dict[tuple[str, int], Row], list[int]]:
    entries = [e for e in summary if e["subset"] == "all"]
    last = max((e["horizon"] for e in entries), default=0)
    found = {(e["model"], e["observe"]): e for e in entries if e["horizon"] == last}
    return found, sorted({k for _, k in found})


def _order(entries: Mapping[tuple[str, int], Row], model: str, prefixes: Sequence[int]) -> float:
    means = [entries[model, k][HEADLINE]["mean"] for k in prefixes if (model, k) in entries]
    return next((mean for mean in reversed(means) if mean is not None), float("inf"))


def _error(entry: Row) -> float:
    mean = entry[HEADLINE]["mean"]
    return float("inf") if mean is None else mean


def _base(variant: str, models: Mapping[str, None]) -> str | None:
    """The model that a variant differs from: the one with the longest part of its options."""
    found = re.fullmatch(r"([^\[]+)\[(.*)\]", variant)
    if found is None:
        return None
    options = found[2].split(",")
    shorter = [f"{found[1]}[{','.join(options[:n])}]" for n in range(len(options) - 1, 0, -1)]
    return next((name for name in (*shorter, found[1]) if name in models), None)


def _value(entry: Row | None, key: str) -> str:
    if entry is None or entry[key]["mean"] is None:
        return "-"
    text, low, high = number(entry[key]["mean"]), entry[key]["low"], entry[key]["high"]
    return text if low is None else f"{text} [{number(low)}, {number(high)}]"


def _ratio(base: Row, variant: Row) -> str:
    a, b = base[HEADLINE]["mean"], variant[HEADLINE]["mean"]
    return "-" if not a or b is None else f"{b / a:.3f}"
