"""Results to files: scores.json, scores.csv, report.md, report.html."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.drawing import metric_name
from evaluation.floors import beside_floors, floor_at
from evaluation.report_html import html_report
from evaluation.results import KEYS, Results, Row
from evaluation.sections import (
    CONSISTENCY,
    Section,
    consistency_sections,
    floor_sentence,
    interval_caveats,
    prefix_sections,
    variant_sections,
)
from evaluation.summary import HEADLINE, counts
from evaluation.table import GLOSSARY, cell, headline_entries, label, markdown_table, shown_columns
from evaluation.verdict import caveats, verdict

__all__ = ["SCORES_SCHEMA", "markdown_report", "scores_csv", "scores_json", "write_report"]

SCORES_SCHEMA = 1
"""The version of scores.json."""


def write_report(results: Results, out_dir: Path) -> list[Path]:
    """Write the four files into a folder, made if absent; returns their paths, report.html last."""
    out_dir.mkdir(parents=True, exist_ok=True)
    texts = {
        "scores.json": scores_json(results),
        "scores.csv": scores_csv((*(results.beside.rows if results.beside else ()), *results.rows)),
        "report.md": markdown_report(results),
        "report.html": html_report(results),
    }
    for name, text in texts.items():
        (out_dir / name).write_text(text, encoding="utf-8")
    return [out_dir / name for name in texts]


def scores_json(results: Results) -> str:
    """The results as JSON, schema 1; numbers that are not finite are null."""
    return json.dumps({"schema": SCORES_SCHEMA, **_record(results)}, indent=1, allow_nan=False) + "\n"


def _record(results: Results) -> dict[str, Any]:
    record: dict[str, Any] = {
        "dataset": dict(results.dataset),
        "protocol": results.protocol,
        "rows": list(results.rows),
        "summary": beside_floors(results.summary, results.floors),
        "provenance": dict(results.provenance),
        "rows_without_diverged": list(results.rows_without_diverged),
        "noise_floors": [dict(f) for f in results.floors],
        "notes": [{"model": n.model, "text": n.text} for n in results.notes],
        "regret_against_time": [
            {"strategy": p.name, "setting": p.setting, "seconds": p.seconds, "regret": p.regret, "is_model": p.is_model}
            for p in results.figures.strategies
        ],
    }
    if results.beside is not None:
        beside = _record(results.beside)
        record["beside"] = {name: beside[name] for name in ("protocol", "rows", "summary", "rows_without_diverged", "notes")}
    return record


def scores_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV; an empty field is a null."""
    text = io.StringIO()
    writer = csv.DictWriter(text, KEYS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def markdown_report(results: Results) -> str:
    """A report that GitHub renders: verdict, leaderboards, notes, provenance."""
    facts = results.dataset
    lines = [f"# {results.name}: forecasts of {metric_name(facts['metric'])}", "", *verdict(results), ""]
    lines += [f"> {text}" for text in (*caveats(results), *interval_caveats(results))] + [""]
    if results.beside is not None:
        lines += ["## Strict protocol, for comparison", "", *_leaderboards(results.beside), "## The paper's protocol (optimistic)", ""]
    lines += [*_leaderboards(results), GLOSSARY, ""]
    for title, text, sections in (
        ("Observed epochs", [], prefix_sections(results.summary)),
        ("Temporal consistency", [CONSISTENCY, ""], consistency_sections(results)),
        ("Variants", [], variant_sections(results.summary)),
    ):
        lines += [f"## {title}", "", *text, *(line for s in sections for line in _table(s))] if sections else []
    if results.figures.strategies:
        lines += ["## Regret against spent time", "", *_strategies(results), ""]
    if results.notes:
        lines += ["## Notes", "", *(f"- {f'`{n.model}`: ' if n.model else ''}{n.text}" for n in results.notes), ""]
    lines += ["## Provenance", "", *(f"- {k}: {v}" for k, v in {**facts, **results.provenance}.items() if k != "models"), ""]
    return "\n".join(lines)


def _leaderboards(results: Results) -> list[str]:
    lines = []
    for (observe, horizon), entries in headline_entries(results).items():
        first = entries[0]
        lines += [f"### Observed {observe}, forecast to epoch {horizon}", ""]
        lines += [f"{counts(first)}; {first['interval']}.", ""]
        floor = floor_at(results.floors, first["metric"], observe, horizon)
        lines += [] if floor is None else [floor_sentence(floor), ""]
        columns = shown_columns(entries)
        rows = []
        for entry in entries:
            bold = "**" if entry["best"] else ""
            cells = [f"{bold if c.key == HEADLINE else ''}{cell(entry, c)}{bold if c.key == HEADLINE else ''}" for c in columns]
            rows.append([label(entry), *cells])
        lines += [*markdown_table(["model", *(c.title for c in columns)], rows), ""]
    return lines


def _table(section: Section) -> list[str]:
    title, head, rows = section
    return [f"### {title}", "", *markdown_table(head, rows), ""]


def _strategies(results: Results) -> list[str]:
    lines = ["| strategy | setting | seconds | regret |", "|:--|:--|--:|--:|"]
    points = sorted(results.figures.strategies, key=lambda p: p.seconds)
    best = float("inf")
    for p in points:
        if p.regret < best or p.is_model:
            lines.append(f"| {p.name} | {p.setting} | {p.seconds:.4g} | {p.regret:.4g} |")
        best = min(best, p.regret)
    return ["Models, and what no cheaper strategy beats.", "", *lines]
