import json
from pathlib import Path

import pytest

from benchmarks.studies import __main__ as studies
from benchmarks.studies import fits
from evaluation.cache import Cache
from tests.benchmarks.studies.sources import made, perceptrons

SOURCE = made(mlp_car=perceptrons(48))
MODELS = ("last-value", "mean-curve")


def test_a_study_is_written_and_shown_and_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "cache")
    studies.run("stress", SOURCE, 3, MODELS, tmp_path / "out", cache)
    text = (tmp_path / "out" / "stress.json").read_text()
    record = json.loads(text)
    assert record["seeds"] == 3
    assert len(record["rows"]) == 3 * len(MODELS) * 3 * 2  # cases, models, seeds, test sets
    assert [note.split(":")[0] for note in record["notes"]] == 2 * ["Skipped"]
    assert "host" not in record["machine"]

    monkeypatch.setattr(fits, "_scored", lambda *_: pytest.fail("fitted again"))
    studies.run("stress", SOURCE, 3, MODELS, tmp_path / "out", cache)
    assert (tmp_path / "out" / "stress.json").read_text() == text

    studies.page(tmp_path / "out")
    page = (tmp_path / "out" / "README.md").read_text()
    assert [line for line in page.splitlines() if line.startswith("## ")] == [f"## {studies.STUDIES['stress'].title}"]
    assert page.count("### ") == len(record["sections"]) == 6
    assert all(note in page for note in record["notes"])
    tables = [block.splitlines() for block in page.split("\n\n") if block.startswith("|")]
    assert len(tables) == 6
    assert all(len(table) == 2 + len(MODELS) and len({line.count("|") for line in table}) == 1 for table in tables)


def test_some_models_alone_leave_the_rows_of_others(tmp_path: Path) -> None:
    cache, path = Cache(tmp_path / "cache"), tmp_path / "out" / "sizes.json"
    studies.run("sizes", SOURCE, 2, MODELS, tmp_path / "out", cache)
    whole = path.read_text()
    aged = [{**row, "made": "2020-01-01", "mape": 7.0} for row in json.loads(whole)["rows"]]
    path.write_text(json.dumps({**json.loads(whole), "rows": aged}))
    studies.run("sizes", SOURCE, 2, MODELS[:1], tmp_path / "out", cache)
    rows = json.loads(path.read_text())["rows"]
    made = {model: [row for row in rows if row["model"] == model] for model in MODELS}
    assert made[MODELS[0]] == [row for row in json.loads(whole)["rows"] if row["model"] == MODELS[0]]
    assert made[MODELS[1]] == [row for row in aged if row["model"] == MODELS[1]]
    assert "7.00" in path.read_text()  # the tables are of all rows

    studies.page(tmp_path / "out")
    assert f"{MODELS[1]}: made on 2020-01-01, what else there is on " in (tmp_path / "out" / "README.md").read_text()


def test_the_page_shows_every_study_that_is_there_in_one_order(tmp_path: Path) -> None:
    for name in ("sizes", "prefixes"):
        record = {"seeds": 1, "notes": [], "sections": [[f"table of {name}", ["model", "x"], [["knn", "1"]]]], "rows": []}
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    studies.page(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert text.index("table of prefixes") < text.index("table of sizes")
    assert "| model | x |\n|:--|--:|\n| knn | 1 |" in text
