import json
from pathlib import Path

import pytest

from benchmarks.places import fill
from benchmarks.reproduction import main, tables
from nasbench_lc.errors import ConfigError

ROOT = Path(__file__).parents[2]
DOC = "# Title\n\n<!-- begin car -->\nold\n<!-- end car -->\n\nprose stays\n"
NAMES = ("car", "segment", "arms", "limits", "worst", "noise")


def entry(model: str, horizon: int, mean: float, **more: object) -> dict:
    return {"model": model, "observe": 10, "horizon": horizon, "subset": "all", "mape": {"mean": mean, "low": None, "high": None}, **more}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Scores of car under both protocols, of segment under none."""
    strict = [entry("lc-gode-paper", h, 0.001 * h) for h in (80, 140, 200)] + [
        entry("knn", 200, 0.1),
        entry("knn", 200, 9.0, subset="other"),
    ]
    strict[2]["mape"] |= {"low": 0.19, "high": 0.21}
    for name, summary in (
        ("mlp-car", [*strict, entry("knn", 200, 8.0, observe=5)]),
        ("mlp-car-paper", [entry("lc-gode-paper", 200, 0.15)]),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "scores.json").write_text(json.dumps({"summary": summary}))
    return tmp_path


def test_the_table_of_scores(results: Path) -> None:
    head, _, *lines = tables(results, results, results)["car"].splitlines()
    assert head.split("|")[2:5] == [" strict 80 ", " strict 140 ", " strict 200 "]
    assert [line.split(" | ")[0] for line in lines] == ["| `knn`", "| `lc-gode-paper`"]  # best first
    assert lines[1] == "| `lc-gode-paper` | 0.0800 | 0.1400 | 0.2000 [0.190, 0.210] | - | - | 0.1500 | 0.0644 | 0.0722 | 0.0765 |"
    assert lines[0] == "| `knn` | - | - | 0.1000 | - | - | - | - | - | - |"


def test_what_is_missing_is_said_to_be_missing(results: Path) -> None:
    found = tables(results, results, results)
    assert tuple(found) == NAMES
    assert all("missing" in found[name] for name in NAMES[1:])


def test_the_tables_of_the_benchmarks(results: Path) -> None:
    arms = [
        {"dataset": "mlp-car", "arm": "graph", "horizon": h, "mape": 0.2, "mape_median": 0.1, "reduction": [0.1, 0.0, 0.2]}
        for h in (80, 140, 200)
    ]
    arms[-1]["published_reduction"] = 0.655
    kind = {"curves": "all", "share_of_curves": 1.0, "mape": {"lc-gode": 0.12, "last value": None}, "share_of_error": 1.0}
    limits = {"mlp-car": {"kinds": [kind], "concentration": {"worst 1 %": 0.25}, "median": 0.02, "n": 7}}
    bracket = {"value": 0.0312345, "reached": 0.05, "interval": [0.01, 0.2]}
    known = {"observe": 10, "horizon": 200, "n": 60, "runs": 5, "mape": bracket, "mape_median": bracket, "kendall": bracket}
    noise = {"floors": [{"metric": "test_loss", **known}, {"metric": "test_acc", **known}]}
    for name, record in (("arms", {"summary": arms}), ("limits", limits), ("mlp-car.floor", noise)):
        (results / f"{name}.json").write_text(json.dumps(record))
    found = tables(results, results, results)
    assert found["arms"].splitlines()[2] == "| mlp-car | graph | 0.2000 | 0.2000 | 0.2000 | 0.1000 | 10.0 % [0.0, 20.0] | 65.5 % |"
    assert found["limits"].splitlines()[2] == "| mlp-car | all | 100 % | 0.1200 | - | 100 % |"
    assert found["worst"].splitlines()[2] == "| mlp-car | 7 | 0.1200 | 0.0200 | 25 % |"
    (line,) = found["noise"].splitlines()[2:]
    assert line == "| mlp-car | 10 | 200 | 60 | 5" + 3 * " | 0.0312 [0.0100, 0.200] | 0.0500" + " |"


def test_the_table_of_the_noise_floor_reads_what_ships() -> None:
    found = tables(ROOT / "nowhere", ROOT / "nowhere", ROOT / "datasets")["noise"].splitlines()
    assert [line.split(" | ")[2] for line in found[2:5]] == ["80", "140", "200"]
    assert len({line.count("|") for line in found}) == 1


def test_only_what_stands_between_the_markers_changes(results: Path, tmp_path: Path) -> None:
    doc = tmp_path / "doc.md"
    doc.write_text("top\n" + "\n".join(f"<!-- begin {name} -->\nold\n<!-- end {name} -->\nprose of {name}" for name in NAMES))
    monkey = pytest.MonkeyPatch()
    monkey.setattr(
        "sys.argv", ["reproduction", "--doc", str(doc), "--results", str(results), "--benchmarks", str(results), "--datasets", str(results)]
    )
    main()
    once = doc.read_text()
    main()
    monkey.undo()
    assert doc.read_text() == once
    assert "old" not in once
    assert "`lc-gode-paper`" in once
    assert [line for line in once.splitlines() if line.startswith(("top", "prose"))] == ["top", *(f"prose of {name}" for name in NAMES)]


def test_a_document_without_a_place_is_refused() -> None:
    assert fill(DOC, {"car": "| new |"}) == DOC.replace("old", "| new |")
    with pytest.raises(ConfigError, match="begin arms"):
        fill(DOC, {"arms": ""})


def test_the_committed_document_has_a_place_for_every_table() -> None:
    text = (ROOT / "docs" / "reproduction.md").read_text()
    assert fill(text, dict.fromkeys(NAMES, "x")).count("\nx\n") == len(NAMES)
