"""The report as one self-contained page: it loads nothing, and reads the same on a phone and in the dark."""

import json
from collections.abc import Sequence
from html import escape

import numpy as np

from evaluation.accuracy import mape
from evaluation.drawing import inline_svg, metric_name
from evaluation.floors import Floor, floor_at
from evaluation.page import details, figures, page, table
from evaluation.plots import plot_dataset, plot_fan
from evaluation.report_plots import (
    plot_by_prefix,
    plot_calibration,
    plot_error_by_epoch,
    plot_pit,
    plot_ranks,
    plot_regret,
    plot_speedup,
)
from evaluation.results import Results, Row
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
from evaluation.table import COLUMNS, GLOSSARY, cell, headline_entries, label, number, shown_columns
from evaluation.verdict import caveats, main_entries, verdict
from nasbench_lc.curves import Floats

__all__ = ["html_report"]

_NOT_ON_BOARD = ("rmse", "fit_seconds", "predict_seconds")
_SHOWN_MODELS = 6
_TABLE_MODELS = 3


def html_report(results: Results) -> str:
    """The whole page."""
    facts = results.dataset
    title = f"{results.name}: forecasts of {metric_name(str(facts['metric']))}"
    sections = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{_subtitle(results)}</p>',
        f'<div class="verdict">{"".join(f"<p>{escape(s)}</p>" for s in verdict(results))}</div>',
        *(f'<p class="warn">{escape(s)}</p>' for s in (*caveats(results), *interval_caveats(results))),
        _leaderboards(results),
        _beside(results),
        _fans(results),
        _errors(results),
        _tables("What options are worth", variant_sections(results.summary)),
        _calibration(results),
        _ranks(results),
        _speed(results),
        _architectures(results),
        _notes(results),
        _provenance(results),
    ]
    return page(title, "\n".join(s for s in sections if s))


def _subtitle(results: Results) -> str:
    facts = results.dataset
    entries = main_entries(results)
    parts = [
        f"{facts['n_curves']} curves of {facts['epochs']} epochs in {facts['n_groups']} groups",
        f"{escape(results.protocol)} protocol",
    ]
    if entries:
        parts += [counts(entries[0]), entries[0]["interval"]]
    return "; ".join(parts) + "."


def _ranked(results: Results) -> list[str]:
    entries = [e for e in main_entries(results) if e[HEADLINE]["mean"] is not None and e["model"] in results.figures.forecasts]
    return [e["model"] for e in sorted(entries, key=lambda e: e[HEADLINE]["mean"])]


def _leaderboards(results: Results) -> str:
    cells = headline_entries(results)
    if not cells:
        return ""
    first = (results.figures.observe, max((h for k, h in cells if k == results.figures.observe), default=0))
    text = [
        "<h2>Leaderboard</h2>",
        '<p class="soft">Lower is better but for tau, top10 and the speed-ups; cov80 should be 0.8. A number is bold only where it is significantly '
        "better than the second; bars are means with 95 % intervals over seeds, logarithmic.</p>",
        details("What the columns mean", f'<p class="soft">{escape(GLOSSARY)}</p>'),
    ]
    metric = str(results.dataset["metric"])
    boards = {key: _board(key, entries, floor_at(results.floors, metric, *key)) for key, entries in cells.items()}
    text += [board for key, board in boards.items() if key == first]
    others = [board for key, board in boards.items() if key != first]
    return "\n".join(text + ([details(f"{len(others)} more: other prefixes and horizons", "\n".join(others))] if others else []))


def _board(key: tuple[int, int], entries: Sequence[Row], floor: Floor | None) -> str:
    observe, horizon = key
    columns = [c for c in shown_columns(entries) if c.key not in _NOT_ON_BOARD]
    means = [e[HEADLINE][k] for e in entries for k in ("mean", "low", "high") if e[HEADLINE][k]]
    rows = []
    for e in entries:
        values = []
        for c in columns:
            strong = e["best"] and c.key == HEADLINE
            mean = e[c.key]["mean"]
            values.append(
                f"{'' if mean is None else mean}\t{'<strong>' if strong else ''}{escape(cell(e, c))}{'</strong>' if strong else ''}"
            )
        rows.append([escape(label(e)), values[0], _whisker(e[HEADLINE], means), *values[1:]])
    head = ["model", columns[0].title, "", *(c.title for c in columns[1:])]
    caption = f"<h3>Observed {observe}, forecast to epoch {horizon} <span class=soft>({counts(entries[0])})</span></h3>"
    least = "" if floor is None else f'<p class="soft">{escape(floor_sentence(floor))}</p>'
    return f'{caption}{least}<div class="wide">{table(head, rows)}</div>'


def _whisker(value: Row, scale: Sequence[float]) -> str:
    if not value["mean"] or len(scale) < 2 or min(scale) <= 0 or min(scale) == max(scale):
        return ""
    low, high = np.log(min(scale)), np.log(max(scale))
    x = {k: 4 + 112 * (np.log(value[k]) - low) / (high - low) for k in ("mean", "low", "high") if value[k]}
    line = f'<line x1="{x["low"]:.1f}" x2="{x["high"]:.1f}" y1="7" y2="7" stroke="currentColor"/>' if "low" in x and "high" in x else ""
    return f'<svg viewBox="0 0 120 14" aria-hidden="true">{line}<circle cx="{x["mean"]:.1f}" cy="7" r="3.5" fill="#3b7dd8"/></svg>'


def _beside(results: Results) -> str:
    if results.beside is None:
        return ""
    strict = {(e["model"], e["observe"], e["horizon"]): e for e in results.beside.summary if e["subset"] == "all"}
    rows = []
    for (observe, horizon), entries in headline_entries(results).items():
        for e in entries:
            other = strict.get((e["model"], observe, horizon))
            if e["subset"] == "all" and other is not None:
                rows.append([escape(e["model"]), str(observe), str(horizon), *(escape(cell(x, COLUMNS[0])) for x in (other, e))])
    return (
        "<h2>Both protocols side by side</h2><p>The paper's protocol stops each model at its best epoch on the test curves, splits contiguously and "
        "drops the last epoch: optimistic by design.</p>"
        f'<div class="wide">{table(["model", "observed", "horizon", "MAPE, strict", "MAPE, paper (optimistic)"], rows)}</div>'
    )


def _errors(results: Results) -> str:
    f, models = results.figures, _ranked(results)[:_SHOWN_MODELS]
    if not models:
        return ""
    by_epoch = plot_error_by_epoch({m: f.profiles[m] for m in models})
    items = [
        (inline_svg(plot_dataset(f.test, size=(4.9, 3.3)), "dataset", "The test curves"), "What is to be forecast."),
        (inline_svg(by_epoch, "error-by-epoch", "Error by epoch"), "How the error grows with distance."),
    ]
    if len({e["observe"] for e in results.summary}) > 1:
        for key, label in ((HEADLINE, "MAPE"), ("kendall", "Kendall tau")):
            figure = plot_by_prefix(results.summary, models, key, label)
            items.append((inline_svg(figure, f"prefix-{key}", f"{label} against observed epochs"), "Bands are 95 % intervals over seeds."))
    tables = _tables("", [*prefix_sections(results.summary), *consistency_sections(results)])
    return "<h2>Errors</h2>" + figures(items, "two") + tables + f'<p class="soft">{escape(CONSISTENCY)}</p>'


def _tables(title: str, sections: Sequence[Section]) -> str:
    shown = [
        f'<h3>{escape(name)}</h3><div class="wide">{table(head, [[escape(v) for v in row] for row in rows])}</div>'
        for name, head, rows in sections
    ]
    return (f"<h2>{escape(title)}</h2>" if title and shown else "") + "".join(shown)


def _fans(results: Results) -> str:
    f, models = results.figures, _ranked(results)
    if not models:
        return ""
    forecasts = {m: f.forecasts[m] for m in models[:3]}
    h = int(f.forecasts[models[0]].t[-1])
    errors = mape(f.forecasts[models[0]].mean, f.test.target[:, f.observe : h])
    finite = np.isfinite(f.test.target[:, :h]).all(1) & np.isfinite(errors)
    order = np.flatnonzero(finite)[np.argsort(errors[finite], kind="stable")]
    if not len(order):
        return ""
    items = []
    for name, row in (("best", order[0]), ("median", order[len(order) // 2]), ("worst", order[-1])):
        figure = plot_fan(f.test, int(row), f.observe, forecasts, f"{name.capitalize()} curve: error {100 * errors[row]:.3g} %")
        what = escape(f.test.architectures[row].string or f.test.uid[row][:12])
        items.append((inline_svg(figure, f"fan-{name}", f"Forecast fan of the {name} curve"), f"Architecture {what}."))
    text = f"Best, median and worst test curve by the error of {escape(models[0])}, whose fan shows 50, 80 and 95 % intervals; others as lines."
    return f"<h2>Forecasts against the truth</h2><p>{text}</p>" + figures(items)


def _calibration(results: Results) -> str:
    profiles = {m: results.figures.profiles[m] for m in _ranked(results)[:_SHOWN_MODELS]}
    certain = {m: p for m, p in profiles.items() if np.isfinite(p.reliability).all()}
    if not certain:
        return ""
    items = [(inline_svg(plot_calibration(certain), "calibration", "Calibration"), "On the diagonal, uncertainty can be believed.")]
    for i, (model, p) in enumerate(list(certain.items())[:2]):
        items.append(
            (inline_svg(plot_pit(model, p), f"pit-{i}", f"PIT histogram of {escape(model)}"), "Flat is calibrated; a bowl is too narrow.")
        )
    return "<h2>Calibration</h2>" + figures(items)


def _ranks(results: Results) -> str:
    f, items = results.figures, []
    for i, model in enumerate(_ranked(results)[:3]):
        svg = inline_svg(plot_ranks(model, f.test, f.forecasts[model]), f"ranks-{i}", f"Ranks by {escape(model)}")
        items.append((svg, "1 is best; the corner is the top 10."))
    return "<h2>Ranking</h2>" + figures(items) if items else ""


def _speed(results: Results) -> str:
    points, entries = results.figures.strategies, main_entries(results)
    if not any(p.seconds > 0 for p in points):
        return ""
    models = _ranked(results)
    shown = sorted((e for e in entries if e["model"] in models), key=lambda e: models.index(e["model"]))
    regret = plot_regret(points, models[:_SHOWN_MODELS], str(results.dataset["metric"]))
    items = [
        (inline_svg(regret, "regret", "Regret against time"), "Below and left is better; models as marks."),
        (inline_svg(plot_speedup(shown), "speedup", "Speed-up"), "A speed-up counts only at equal regret."),
    ]
    keys = ("speedup", "speedup_equal_regret", "speedup_equal_regret_sgd", "break_even_n", "fit_seconds", "predict_seconds")
    rows = [[escape(e["model"]), *(_value(e, key) for key in keys)] for e in shown]
    head = ["model", "the paper's formula", "at equal regret", "the same, plain SGD", "pays from (architectures)", "fit s", "predict s"]
    text = (
        "The paper's formula divides the time of full SGD by that of the observed epochs and inference; it leaves out the training curves and the fit, "
        "which the number of architectures from which a predictor pays counts. At equal regret, the rival is the cheapest way to choose as well without a "
        "predictor, its setting picked in hindsight; or plain SGD, which stops as soon as it chooses as well."
    )
    return f'<h2>Speed-up</h2><p>{text}</p>{figures(items, "two")}<div class="wide">{table(head, rows)}</div>'


def _value(entry: Row, key: str) -> str:
    mean = entry[key]["mean"]
    return "-" if mean is None else number(mean)


def _architectures(results: Results) -> str:
    f = results.figures
    models = _ranked(results)[:_TABLE_MODELS]
    if not models:
        return ""
    h = int(f.forecasts[models[0]].t[-1])
    errors = {m: mape(f.forecasts[m].mean, f.test.target[:, f.observe : h]) for m in models}
    head = ["architecture", "run", "status", "parameters", f"true at {h}", *(t for m in models for t in (m, "error %"))]
    rows = []
    for i, architecture in enumerate(f.test.architectures):
        forecast = [c for m in models for c in (_plain(f.forecasts[m].mean[i, -1:]), _plain(100 * errors[m][i : i + 1]))]
        name = escape(architecture.string or architecture.key[:12])
        truth = _plain(f.test.target[i, h - 1 : h])
        rows.append([name, escape(f.test.uid[i][:12]), f.test.status[i].label, _count(f.test.n_params[i]), truth, *forecast])
    return (
        f"<h2>Every test architecture</h2><p>Forecasts from {f.observe} epochs of the first seed, each with its error; click a heading to sort.</p>"
        '<input type="search" placeholder="Filter" aria-label="Filter architectures" data-table="runs" data-count="count"> '
        f'<span class="soft" id="count">{len(rows)} of {len(rows)}</span><div class="wide tall">{table(head, rows, (0, 1, 2), True, "runs")}</div>'
    )


def _plain(value: Floats) -> str:
    v = float(value[0])
    return f"{v!r}\t{number(v, 4)}" if np.isfinite(v) else "\t-"


def _count(value: float) -> str:
    return f"{value:.0f}" if np.isfinite(value) else "\t-"


def _notes(results: Results) -> str:
    if not results.notes:
        return ""
    items = "".join(f"<li>{f'<b>{escape(n.model)}</b>: ' if n.model else ''}{escape(n.text)}</li>" for n in results.notes)
    return f"<h2>Notes</h2><ul>{items}</ul>"


def _provenance(results: Results) -> str:
    facts = {**results.dataset, **results.provenance}
    pairs = "".join(f"<dt>{escape(str(k))}</dt><dd>{escape(str(v))}</dd>" for k, v in facts.items() if k != "models")
    models = results.provenance.get("models", {})
    rows = [[escape(m), f"<code>{escape(json.dumps(c, sort_keys=True))}</code>"] for m, c in models.items()]
    listed = (
        details("Configuration of every model", f'<div class="wide">{table(["model", "configuration"], rows, (0, 1))}</div>')
        if rows
        else ""
    )
    return f"<h2>Provenance</h2><dl>{pairs}</dl>{listed}"
