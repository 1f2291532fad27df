from dataclasses import replace

import pytest

from evaluation.backtest import evaluate
from evaluation.table import COLUMNS, cell, format_table, headline_entries, number
from nasbench_lc.curves import Status
from tests.evaluation.toys import Last, Mean, ToyConfig, toy_curves

MODELS = {"last": lambda seed: Last(ToyConfig(seed=seed)), "mean-curve": lambda seed: Mean(ToyConfig(seed=seed))}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.123456, "0.123"),
        (12.3456, "12.3"),
        (1234.5, "1234"),
        (100.0, "100"),
        (1e-7, "1.00e-07"),
        (-0.5, "-0.500"),
        (2.5e8, "2.50e+08"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_the_best_stands_first_and_those_without_a_score_last() -> None:
    results = evaluate(MODELS, toy_curves(), observe=[0, 4], horizons=[12])
    cells = headline_entries(results)
    assert list(cells) == [(0, 12), (4, 12)]
    assert [e["model"] for e in cells[0, 12]] == ["mean-curve", "last"]
    means = [e["mape"]["mean"] for e in cells[4, 12]]
    assert means == sorted(means)
    assert cell(cells[0, 12][1], COLUMNS[0]) == "-"


def test_the_table_is_aligned_and_says_what_it_counts() -> None:
    text = format_table(evaluate(MODELS, toy_curves(), observe=[4], horizons=[12], seeds=3))
    block = text.split("\n\n")[0].splitlines()
    at = next(i for i, line in enumerate(block) if set(line) == {"-"})
    title, head, rule, lines = " ".join(block[: at - 1]), block[at - 1], block[at], block[at + 1 :]
    assert "18 test curves over 3 seeds, 0 not finite, 0 diverged, 15 training curves; bootstrap 95 %" in title
    assert len(lines) == 2
    assert {len(head), len(rule), *map(len, lines)} == {len(rule)}
    assert len(rule) <= 100


def test_a_second_line_leaves_diverged_runs_out() -> None:
    curves = toy_curves()
    y = curves.y.copy()
    y[::2, 6:] *= 1e3
    status = tuple(Status.DIVERGED if i % 2 == 0 else Status.OK for i in range(len(curves)))
    results = evaluate(MODELS, replace(curves, y=y, status=status), observe=[4], horizons=[12])
    entries = headline_entries(results)[4, 12]
    assert [e["subset"] for e in entries] == ["all", "without_diverged"] * 2
    assert entries[0]["model"] == entries[1]["model"] != entries[2]["model"]
    assert format_table(results).count("- no diverged") == 2


def test_the_papers_protocol_is_labelled() -> None:
    text = format_table(evaluate(MODELS, toy_curves(), observe=[4], horizons=[12], protocol="paper"))
    assert text.index("STRICT PROTOCOL") < text.index("optimistic")
