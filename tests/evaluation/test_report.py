import csv
import html
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from evaluation.backtest import evaluate
from evaluation.report import markdown_report, scores_csv, scores_json, write_report
from evaluation.results import KEYS, Results
from nasbench_lc.architecture import Architecture
from nasbench_lc.curves import Status
from tests.evaluation.toys import Last, Mean, ToyConfig, toy_curves

MODELS = {"last": lambda seed: Last(ToyConfig(seed=seed)), "mean-curve": lambda seed: Mean(ToyConfig(seed=seed))}
PROMISED = (
    "model, metric, observe, horizon, seed, n_train, n_test, n_nonfinite, mape, mape_median, smape, rmse, log_mae, mae_final, pearson, "
    "spearman, kendall, top10_overlap, regret_at_1, crps, nll, coverage_50, coverage_80, coverage_95, width_80, fit_seconds, predict_seconds, "
    "speedup, speedup_equal_regret, break_even_n"
).split(", ")


@pytest.fixture(scope="module")
def results() -> Results:
    return evaluate(MODELS, toy_curves(), observe=[0, 4], horizons=[8, 12], seeds=3, dataset={"file": "toy.h5"})


def test_scores_json_is_schema_1(results: Results) -> None:
    record = json.loads(scores_json(results), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert record["schema"] == 1
    assert record["protocol"] == "strict"
    assert {"dataset", "rows", "summary", "provenance"} <= record.keys()
    assert len(record["rows"]) == 2 * 2 * 2 * 3
    assert all(list(row)[: len(PROMISED)] == PROMISED for row in record["rows"])
    assert record["dataset"]["file"] == "toy.h5"
    assert set(record["summary"][0]["mape"]) == {"mean", "low", "high"}


def test_scores_csv_holds_the_same_rows(results: Results) -> None:
    found = list(csv.DictReader(io.StringIO(scores_csv(results.rows))))
    assert len(found) == len(results.rows)
    for text, row in zip(found, results.rows, strict=True):
        assert tuple(text) == KEYS
        assert all((text[k] == "") == (row[k] is None) for k in KEYS)
        assert row["mape"] is None or float(text["mape"]) == row["mape"]


def test_markdown_tables_are_whole_and_bold_is_earned(results: Results) -> None:
    text = markdown_report(results)
    assert text.startswith("# toy.h5: forecasts of test loss")
    assert "18 test curves over 3 seeds, 0 not finite, 0 diverged; bootstrap 95 %." in text
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 8
    for lines in (block.splitlines() for block in tables):
        assert len({line.count("|") for line in lines}) == 1
    assert text.count("**") == 2 * sum(e["best"] for e in results.summary)


class Page(HTMLParser):
    """Open tags, ids, and whatever would be loaded from elsewhere."""

    VOID = ("meta", "link", "input", "br", "circle", "line", "path", "use", "rect")

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.stack.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href", "srcset") and not value.startswith(("#", "data:")):
                self.loads.append(value)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "h2":
            self.headings.append(data)


def test_the_page_is_whole_and_loads_nothing(results: Results, tmp_path: Path) -> None:
    *_, path = write_report(results, tmp_path / "deep" / "folder")
    assert [p.name for p in sorted(path.parent.iterdir())] == ["report.html", "report.md", "scores.csv", "scores.json"]
    text = path.read_text()
    page = Page()
    page.feed(text)
    assert page.stack == []
    assert page.loads == []
    assert "http" not in text
    assert len(page.ids) == len(set(page.ids))
    sections = ["Leaderboard", "Forecasts against the truth", "Errors", "Calibration", "Ranking", "Speed-up", "Every test architecture"]
    assert text.count("18 test curves over 3 seeds, 0 not finite, 0 diverged") == 1 + 4  # the head, and every leaderboard
    assert page.headings == [*sections, "Notes", "Provenance"]
    assert all(f"<td>{n:.0f}</td>" in text for n in results.figures.test.n_params)


def test_both_speed_ups_at_equal_regret_stand_beside_the_papers(results: Results, tmp_path: Path) -> None:
    text = write_report(results, tmp_path)[-1].read_text()
    headings = re.findall(r"<th .*?>(.*?)</th>", text.split("<h2>Speed-up</h2>")[1])
    assert headings[1:4] == [html.escape("the paper's formula"), "at equal regret", "the same, plain SGD"]


def test_the_style_has_no_rule_for_what_no_page_holds(results: Results, tmp_path: Path) -> None:
    text = write_report(results, tmp_path)[-1].read_text()
    style = text[text.index("<style>") : text.index("</style>")]
    used = {name for names in re.findall(r'class="?([a-z ]+)', text) for name in names.split()}
    assert set(re.findall(r"\.([a-z]+)", style)) <= used


def test_a_report_names_the_machine_but_not_the_host(results: Results) -> None:
    assert {"processor", "torch"} <= results.provenance.keys()
    assert "host" not in results.provenance


def test_both_protocols_stand_side_by_side(tmp_path: Path) -> None:
    results = evaluate(MODELS, toy_curves(), observe=[2, 4], horizons=[8, 12], protocol="paper")
    text = write_report(results, tmp_path)[-1].read_text()
    table = text.split("Both protocols side by side")[1].split("</table>")[0]
    lines = [tuple(re.findall("<td.*?>(.*?)</td>", row)) for row in table.split("<tr>")[2:]]
    assert [line[1:3] for line in lines] == [(k, h) for k in "24" for h in ("8", "12") for _ in MODELS]
    assert all(float(a[4]) <= float(b[4]) for a, b in zip(lines[::2], lines[1::2], strict=True))  # best first
    assert "Optimistic" in text
    record = json.loads((tmp_path / "scores.json").read_text())
    assert (record["protocol"], record["beside"]["protocol"]) == ("paper", "strict")
    protocols = [row["protocol"] for row in csv.DictReader(io.StringIO((tmp_path / "scores.csv").read_text()))]
    assert protocols == ["strict"] * 8 + ["paper"] * 8


def test_hostile_names_and_broken_curves_do_not_break_the_page(tmp_path: Path) -> None:
    curves = toy_curves()
    y = curves.y.copy()
    y[::3, 5:] = np.nan
    y[1::3, 5:] = 1e30
    evil = tuple(Architecture(a.space, a.nodes, a.edges, "<script>alert(1)</script>\t&\"'") for a in curves.architectures)
    status = tuple(Status.DIVERGED if i % 3 < 2 else Status.OK for i in range(len(curves)))
    curves = replace(curves, y=y, architectures=evil, status=status, seconds=np.full_like(curves.seconds, np.nan))
    results = evaluate({"<b>": MODELS["last"]}, curves, observe=[3], horizons=[12], dataset={"name": "<i>x</i>"})
    text = write_report(results, tmp_path)[-1].read_text()
    page = Page()
    page.feed(text)
    assert page.stack == []
    assert "<script>alert" not in text
    assert "<i>x" not in text
    assert "carry no times" in text


def test_a_page_without_any_score(tmp_path: Path) -> None:
    results = evaluate({"last": MODELS["last"]}, toy_curves(), observe=[0], horizons=[12])
    text = write_report(results, tmp_path)[-1].read_text()
    assert "No model gave a forecast" in text
