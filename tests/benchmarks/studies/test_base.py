from pathlib import Path

import pytest

from benchmarks.studies.base import Source, Unavailable, cross_table, error_and_tau, text


def row(model: str, k: int | str, value: float | None, **more: object) -> dict:
    return {"model": model, "k": k, "mape": value, "kendall": value, **more}


def test_lines_are_ordered_by_the_last_column_and_columns_by_number() -> None:
    rows = [row("a", 10, 0.2), row("b", 10, 0.1), row("none", 10, None), row("a", 5, 0.3), row("b", 5, 0.9), row("none", 5, None)]
    title, head, lines = cross_table("errors", rows, "model", "k", "mape")
    assert (title, head) == ("errors", ["model", "5", "10"])
    assert lines == [["b", "0.900", "0.100"], ["a", "0.300", "0.200"], ["none", "-", "-"]]
    assert [line[0] for line in cross_table("tau", rows, "model", "k", "kendall")[2]] == ["a", "b", "none"]


def test_a_line_without_its_last_column_is_placed_by_the_one_before() -> None:
    rows = [row("a", "few", 0.2), row("b", "few", 0.1), row("a", "all", 0.15), row("b", "all", None)]
    _, head, lines = cross_table("errors", rows, "model", "k", "mape")
    assert head == ["model", "few", "all"]  # words stand as they came
    assert lines == [["b", "0.100", "-"], ["a", "0.200", "0.150"]]


def test_there_is_a_table_of_each_score_for_every_value() -> None:
    rows = [row("a", 1, 0.5, case=case) for case in ("deep", "wide")]
    titles = [title for title, *_ in error_and_tau(rows, "case", "k")]
    assert titles == ["deep: MAPE", "deep: Kendall tau", "wide: MAPE", "wide: Kendall tau"]


def test_means_as_text() -> None:
    assert text(None) == "-"
    assert text((0.12345, None, None)) == "0.123"
    assert text((0.12345, 0.1, 0.15)) == "0.123 [0.100, 0.150]"


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"mlp-car\.h5 is not in the datasets folder"):
        Source(tmp_path, None).curves("mlp-car")
    with pytest.raises(Unavailable, match="--data"):
        Source(tmp_path, None).other("x.csv")
    with pytest.raises(Unavailable, match="--data"):
        Source(tmp_path, tmp_path).other("x.csv")
    (tmp_path / "x.csv").touch()
    assert Source(tmp_path, tmp_path).other("x.csv") == tmp_path / "x.csv"
