"""The tables of the comparison, as JSON and as a page."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.flagship.answers import Answers
from benchmarks.flagship.cases import ALL_CELLS, CASES, FETCHED, FRESH, Case
from benchmarks.flagship.parts import PARTS
from benchmarks.flagship.plan import ASIDE, BLIND, COLLAPSE, COUNTS, OURS, PLAIN, REST, RIVAL
from benchmarks.flagship.tables import Cell, against, calibration, ceiling, growth, holm, ranking, worse
from benchmarks.places import publish
from evaluation.table import markdown_table, number
from nasbench_lc.curves import CurveSet
from nasbench_lc.provenance import machine

__all__ = ["page", "summaries", "write"]

ENOUGH_RUNS = 200
ENOUGH_SEEDS = 3
Found = Mapping[Case, tuple[CurveSet, Answers]]


def write(found: Found, out: Path, doc: Path, evidence: Path) -> None:
    """flagship.json and flagship.md, the table of parts in the document, and seven in that of the evidence: against the rival, against it when told less,
    on fresh tasks, on fetched curves, without the graph, accuracies at rest, and collapsed ones."""
    found, fresh, fetched, all_cells = (
        {case: of for case, of in found.items() if case in cases} for cases in (CASES, FRESH, FETCHED, (ALL_CELLS,))
    )
    record = {
        "against": _pairs(found, OURS, RIVAL),
        "plain": _pairs(found, OURS, PLAIN),
        "ceilings": [top for case, (curves, _) in found.items() if (top := ceiling(case.name, curves)) is not None],
        "graph": _pairs(found, OURS, BLIND),
        "field": _field(found),
        "calibration": [calibration(cell, m) for m in (OURS, RIVAL) for cell in _cells(found, (m,))],
        "parts": {part: _pairs({**found, **fetched}, OURS, f"{OURS}/{part}") for part in PARTS},
        "parts_over_prefixes": {part: _growth(found, f"{OURS}/{part}") for part in PARTS if part not in ASIDE},
        "all_cells": _pairs(all_cells, OURS, RIVAL),
        "fresh": _pairs(fresh, OURS, RIVAL),
        "fetched": _pairs(fetched, OURS, RIVAL),
        "machine": machine(),
    }
    out.mkdir(parents=True, exist_ok=True)
    publish(
        dict(zip((doc, evidence), summaries(record), strict=True)),
        {out / "flagship.json": json.dumps(record, indent=1) + "\n", out / "flagship.md": page(record)},
    )


def summaries(record: Mapping[str, Any]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What stands in the document and in that of the evidence, lines by name."""
    pairs = {name: record[name] for name in ("against", "plain", "fresh", "fetched", "graph")}
    pairs |= {part: record["parts"][part] for part in (REST, COLLAPSE)}
    return {"parts": parts_table(record["parts_over_prefixes"])}, {name: by_prefix(of) for name, of in pairs.items()}


def _cells(found: Found, models: Sequence[str]) -> list[Cell]:
    """All cells, over the seeds that all these models have answered; none where there are fewer than three."""
    cells = []
    for case, (curves, answers) in found.items():
        seeds = sorted(set.intersection(*(set(answers.get(m, {})) for m in models)))
        if len(seeds) >= ENOUGH_SEEDS:
            chosen = {m: answers[m] for m in models}
            made = (Cell(case.name, k, case.metric, curves.group, chosen, seeds) for k in case.observe(curves.epochs))
            cells += [cell for cell in made if cell.models == list(models)]
    return cells


def _pairs(found: Found, arm: str, baseline: str) -> list[dict[str, Any]]:
    return [against(cell, arm, baseline) for cell in _cells(found, (arm, baseline))]


def _growth(found: Found, baseline: str) -> list[dict[str, Any]]:
    cells = _cells(found, (OURS, baseline))
    return [growth([cell for cell in cells if cell.case == case], OURS, baseline) for case in dict.fromkeys(cell.case for cell in cells)]


def _field(found: Found) -> dict[str, Any]:
    """Ranks over cells of all models, and where ours is worse than the best."""
    cells: list[Cell] = []
    for case, (curves, answers) in found.items():
        if len(curves) < ENOUGH_RUNS:
            continue
        able = [m for m, of in answers.items() if len(of) >= ENOUGH_SEEDS and "/" not in m and m != BLIND]
        seeds = sorted(set.intersection(*(set(answers[m]) for m in able))) if able else []
        if OURS in able and len(seeds) >= ENOUGH_SEEDS:
            chosen = {m: answers[m] for m in able}
            cells += [Cell(case.name, k, case.metric, curves.group, chosen, seeds) for k in case.observe(curves.epochs)]
    if not cells:
        return {}
    everywhere = sorted(set.intersection(*(set(cell.models) for cell in cells)))
    compared = [worse(cell, OURS) for cell in cells]
    adjusted = holm([p for _, p in compared])
    return {
        "cells": [
            {"case": c.case, "observe": c.observe, "seeds": len(c.seeds), "best": best, "p": p, "p_holm": q,
             "errors": {m: float(c.mean(m, "error")[0]) for m in c.models}, "crps": {m: float(c.mean(m, "crps")[0]) for m in c.models}}
            for c, (best, p), q in zip(cells, compared, adjusted, strict=True)
        ],
        "rank_of_error": ranking(cells, everywhere, "error"),
        "rank_of_crps": ranking(cells, everywhere, "crps"),
    }  # fmt: skip


def page(record: Mapping[str, Any]) -> str:
    """flagship.md."""
    lines = [
        "# LC-GODE-X against the field",
        "",
        "Made by `python -m benchmarks.flagship` and `python -m benchmarks.flagship --tables`. Strict splits; errors are MAPE over all epochs from the",
        "last observed to the end; intervals are 95 %, from a paired bootstrap over test curves (those that compute one function are drawn together).",
        "",
        f"## Against {RIVAL}",
        "",
        *_against(record["against"]),
        *_worse_ranks(record["against"]),
        *(_ceiling(top) for top in record["ceilings"]),
        *_pair_lines(f"Against {RIVAL} told hyperparameters one by one", PLAIN_TEXT, record["plain"]),
        *_pair_lines("On all cells of SpikeNAS", ALL_CELLS_TEXT, record["all_cells"]),
        *_pair_lines("On fresh tasks", FRESH_TEXT, record["fresh"]),
        *_pair_lines("On fetched curves", FETCHED_TEXT, record["fetched"]),
        "## What the graph is worth",
        "",
        "The same model with and without the architecture. The paper reports up to 65.5 % against NODE.",
        "",
        *_table(
            ["case", "observed", "seeds", "with", "without", "lower by"],
            [_errors(r) for r in record["graph"]],
        ),
        *_field_lines(record["field"]),
        "## Calibration",
        "",
        "The share of the truth within 80 % intervals, over test curves and, second, with all curves that compute one function counted as one; and the",
        "mean width. These intervals are from a bootstrap over splits and functions, since the quantiles hang on the few dozen curves of each split's",
        "valid part.",
        "",
        *_table(
            ["case", "observed", "seeds", "model", "coverage", "of functions", "width", "CRPS"],
            [
                [*_head(r), r["model"], *(_with(r[f"{of}_80"], r[i]) for of, i in COVERED), number(r["width_80"]), number(r["crps"])]
                for r in record["calibration"]
            ],
        ),
        *_part_lines({part: of for part, of in record["parts"].items() if part not in ASIDE}),
        *_share_lines(record["parts"].get(COUNTS, ())),
        *_rest_lines("Accuracies at rest", record["parts"].get(REST, ())),
        *_rest_lines("Accuracies that collapsed", record["parts"].get(COLLAPSE, ())),
    ]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"


COVERED = (("coverage", "interval"), ("functions", "functions_interval"))
FRESH_TEXT = "Perceptrons that `nasbench-lc generate` trained on four more tables when all else had been chosen."
FETCHED_TEXT = "What else Baker et al. have published, fetched when all else had been chosen."
PLAIN_TEXT = f"{RIVAL} told every hyperparameter, but not what they say together of how fast a run trains; {OURS} as above."
ALL_CELLS_TEXT = "Learnt from all that the split leaves, some 3,000, instead of 400; the ceiling is the same."
RANKS = ("kendall", "baseline_kendall", "top10", "baseline_top10")


def _head(row: Mapping[str, Any]) -> list[str]:
    return [row["case"], str(row["observe"]), str(row["seeds"])]


def _errors(row: Mapping[str, Any]) -> list[str]:
    return [*_head(row), number(row["error"]), number(row["baseline_error"]), _reduction(row)]


def _against(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    head = [
        "case", "observed", "seeds", OURS, RIVAL, "lower by", "median", f"median {RIVAL}", "tau", f"tau {RIVAL}", "top 10", f"top 10 {RIVAL}"
    ]  # fmt: skip
    return _table(head, [[*_errors(r), number(r["median"]), number(r["baseline_median"]), *(f"{r[k]:.3f}" for k in RANKS)] for r in pairs])


def _pair_lines(title: str, text: str, pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"## {title}", "", text, "", *_against(pairs)] if pairs else []


def _worse_ranks(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where it ranks worse, and whether that is more than splits differ."""
    body = [
        [*_head(r), title, f"{r[key]:.3f}", f"{r[f'baseline_{key}']:.3f}", _apart(r[key] - r[f"baseline_{key}"], r[f"{key}_interval"])]
        for r in pairs
        for key, title in (("kendall", "tau"), ("top10", "top 10"))
        if r[key] < r[f"baseline_{key}"]
    ]
    text = f"Where {OURS} ranks worse, with the interval of a bootstrap over splits:"
    return [text, "", *_table(["case", "observed", "seeds", "by", OURS, RIVAL, "difference"], body)] if body else []


def _apart(value: float, interval: Sequence[float]) -> str:
    return f"{value:+.3f} [{interval[0]:+.3f}, {interval[1]:+.3f}]"


def _ceiling(top: Mapping[str, Any]) -> str:
    return (
        f"The ceiling of tau for {top['case']} before the first epoch, from {top['configurations']} configurations that were trained more than once: no "
        f"order can expect more than {top['value']:.3f}; the median of the other runs of each reaches {top['reached']:.3f}.\n"
    )


def _with(value: float, interval: Sequence[float]) -> str:
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _reduction(row: Mapping[str, Any], digits: int = 1) -> str:
    low, high = row["interval"]
    return f"{row['reduction']:.{digits}%} [{low:.{digits}%}, {high:.{digits}%}]"


def _field_lines(field: Mapping[str, Any]) -> list[str]:
    if not field:
        return []
    error, crps = field["rank_of_error"], field["rank_of_crps"]
    ranks = [[m, f"{error[m]:.2f}", f"{crps[m]:.2f}"] for m in error]
    lost = [
        [*_head(c), c["best"], number(c["errors"][c["best"]]), number(c["errors"][OURS]), f"{c['p_holm']:.3f}"]
        for c in field["cells"]
        if c["best"] != OURS
    ]
    return [
        "## Ranks over all cells",
        "",
        f"{len(field['cells'])} cells (dataset, metric, observed epochs); models that answer in all of them. {OURS} has the least error in "
        f"{len(field['cells']) - len(lost)}.",
        "",
        *_table(["model", "mean rank of error", "mean rank of CRPS"], ranks),
        *(_lost_lines(lost) if lost else ["No other model has the least mean error in any cell.", ""]),
    ]


def _lost_lines(lost: Sequence[Sequence[str]]) -> list[str]:
    return [
        "Where another model has the least mean error, and whether ours is significantly worse (bootstrap over curves, Holm over all cells):",
        "",
        *_table(["case", "observed", "seeds", "best", "its error", OURS, "p (Holm)"], lost),
    ]


def by_prefix(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """By how much the error is lower, a row a case and a column a prefix."""
    prefixes = sorted({r["observe"] for r in pairs})
    at = {(r["case"], r["observe"]): r for r in pairs}
    seeds = {r["case"]: str(r["seeds"]) for r in pairs}
    body = [[c, n, *(_reduction(at[c, k], 0) if (c, k) in at else "-" for k in prefixes)] for c, n in seeds.items()]
    return markdown_table(["case", "splits", *(f"{k} observed" for k in prefixes)], body)


def parts_table(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """What every part is worth in every case, all prefixes together."""
    seeds = {r["case"]: r["seeds"] for of in parts.values() for r in of}
    body = []
    for part, of in parts.items():
        at = {r["case"]: _grown(r["value"], r["interval"]) for r in of}
        body.append([part, PARTS[part].text, *(at.get(case, "-") for case in seeds)])
    return markdown_table(["part", "taken away, that is", *(f"{case}, {n} splits" for case, n in seeds.items())], body)


def _part_lines(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """What every part is worth at every prefix, one table a case."""
    lines = ["## Parts", "", "By how much the error grows when one part is taken away, nothing else tuned anew; with 95 % intervals.", ""]
    for case in dict.fromkeys(r["case"] for of in parts.values() for r in of):
        rows = {part: {r["observe"]: r for r in of if r["case"] == case} for part, of in parts.items()}
        prefixes = sorted({k for at in rows.values() for k in at})
        body = [[part, *(_harm(at[k]) if k in at else "-" for k in prefixes)] for part, at in rows.items() if at]
        lines += [f"### {case}", "", *_table(["without", *(f"{k} observed" for k in prefixes)], body)]
    return lines


def _share_lines(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What forecasts that are shares of examples do to ranks, a row a case and a column a prefix."""
    prefixes = sorted({r["observe"] for r in pairs})
    at = {(r["case"], r["observe"]): f"{r['kendall']:.3f} ({r['baseline_kendall']:.3f})" for r in pairs}
    body = [[case, *(at.get((case, k), "-") for k in prefixes)] for case in dict.fromkeys(r["case"] for r in pairs)]
    text = "Kendall's tau of accuracies that are shares of at most 1000 examples, and in brackets that of forecasts which are not:"
    return ["## Shares of examples", "", text, "", *_table(["case", *(f"{k} observed" for k in prefixes)], body)] if body else []


def _rest_lines(title: str, pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a rule for some accuracies does, a row for each case and prefix."""
    body = [[*_errors(r), f"{r['kendall']:.3f}", f"{r['baseline_kendall']:.3f}"] for r in pairs]
    head = ["case", "observed", "seeds", OURS, "without", "lower by", "tau", "tau without"]
    text = f"{OURS} with and without the rule for {title[0].lower()}{title[1:]}:"
    return [f"## {title}", "", text, "", *_table(head, body)] if body else []


def _harm(row: Mapping[str, Any]) -> str:
    """By how much the variant's error lies above the whole model's."""
    value, low, high = (1 / (1 - x) - 1 if x < 1 else np.inf for x in (row["reduction"], *row["interval"]))
    return _grown(value, (low, high))


def _grown(value: float, interval: Sequence[float]) -> str:
    return f"{value:+.1%} [{interval[0]:+.1%}, {interval[1]:+.1%}]"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return [*markdown_table(head, body), ""]
