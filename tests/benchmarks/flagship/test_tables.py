from dataclasses import replace

import numpy as np
import pytest

from benchmarks.flagship.answers import Answer
from benchmarks.flagship.tables import Cell, against, calibration, ceiling, growth, holm, ranking, worse
from tests.predictors.toy_curves import power_curves

N, SEEDS = 60, (0, 1, 2)


def made(error: np.ndarray, inside: float = 0.8, noise: float = 0.0) -> dict[int, dict[int, Answer]]:
    """The same errors under every seed; forecasts of the last epoch are the truth plus noise."""
    truth = np.linspace(0.1, 0.9, N)
    final = truth + noise * np.random.default_rng(5).normal(size=N)
    inside_each = (np.arange(N) % 10 < 10 * inside).astype(float)
    return {s: {5: Answer(error, error / 2, inside_each, 2 * error, final, truth)} for s in SEEDS}


def cell(**found: dict[int, dict[int, Answer]]) -> Cell:
    return Cell("case", 5, "val_acc", [f"g{i // 2}" for i in range(N)], found, SEEDS)


GOOD, BAD = np.random.default_rng(0).lognormal(size=(2, N))


def test_half_the_error_is_a_reduction_of_half_whatever_is_drawn() -> None:
    row = against(cell(a=made(GOOD / 2), b=made(GOOD, noise=1.0)), "a", "b")
    assert row["reduction"] == pytest.approx(0.5)
    assert row["interval"] == pytest.approx([0.5, 0.5])
    assert row["kendall"] == pytest.approx(1)
    assert row["top10"] == 1
    assert row["baseline_kendall"] < 0.5
    assert row["baseline_top10"] < 1
    assert row["kendall_interval"] == pytest.approx([row["kendall"] - row["baseline_kendall"]] * 2)  # the seeds are equal
    assert row["top10_interval"] == pytest.approx([1 - row["baseline_top10"]] * 2)


def test_growth_is_the_mean_over_prefixes() -> None:
    row = growth([cell(a=made(GOOD), b=made(2 * GOOD)), cell(a=made(BAD), b=made(4 * BAD))], "a", "b")
    assert row["value"] == pytest.approx((1 + 3) / 2)
    assert row["interval"] == pytest.approx([2, 2])


def test_curves_of_one_group_count_as_one_curve() -> None:
    doubled = np.repeat(np.random.default_rng(1).lognormal(size=N // 2), 2)
    found = {"a": made(doubled), "b": made(np.ones(N))}
    alone = Cell("case", 5, "val_acc", [str(i) for i in range(N)], found, SEEDS)
    low, high = against(cell(**found), "a", "b")["interval"]
    low0, high0 = against(alone, "a", "b")["interval"]
    assert high - low == pytest.approx(np.sqrt(2) * (high0 - low0), rel=0.15)


def test_coverage_is_a_mean_over_curves_with_an_interval_around_it() -> None:
    row = calibration(cell(a=made(GOOD, inside=0.6)), "a")
    assert row["coverage_80"] == pytest.approx(0.6)
    assert row["interval"][0] < 0.6 < row["interval"][1]
    assert row["width_80"] == pytest.approx(2 * GOOD.mean())


def test_a_function_counts_once_however_many_curves_compute_it() -> None:
    inside = np.where(np.arange(N) < 40, 0.5, 1.0)
    found = {"a": {s: {5: Answer(GOOD, GOOD, inside, GOOD, GOOD, GOOD)} for s in SEEDS}}
    groups = ["large" if i < 40 else f"g{i}" for i in range(N)]
    row = calibration(Cell("case", 5, "val_acc", groups, found, SEEDS), "a")
    assert row["coverage_80"] == pytest.approx(40 / 60 * 0.5 + 20 / 60)
    assert row["functions_80"] == pytest.approx((0.5 + 20) / 21)
    assert row["functions_interval"][0] < row["functions_80"] <= row["functions_interval"][1]


def test_ranks_over_cells() -> None:
    first, second = cell(a=made(GOOD), b=made(2 * GOOD), c=made(3 * GOOD)), cell(a=made(GOOD), b=made(2 * GOOD), c=made(GOOD / 2))
    assert ranking([first, second], ["a", "b", "c"], "error") == {"a": 1.5, "c": 2.0, "b": 2.5}


def test_only_a_model_that_is_not_the_best_can_be_worse() -> None:
    both = cell(a=made(GOOD), b=made(GOOD + 0.5))
    assert worse(both, "a") == ("a", 1.0)
    best, p = worse(both, "b")
    assert best == "a"
    assert p < 0.01


def test_holm_against_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_the_ceiling_is_one_where_repeated_runs_agree_and_absent_without_any() -> None:
    curves = power_curves(60, seed=1)
    assert ceiling("case", curves) is None
    row = np.arange(60) // 2
    twice = replace(curves, group=tuple(map(str, row)), hyperparameters=curves.hyperparameters[row], y=curves.y[row])
    found = ceiling("case", twice)
    assert found is not None
    assert found["configurations"] == 30
    assert found["value"] == pytest.approx(1) == found["reached"]
