"""The wheel, and what the README promises of the code."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.flagship.pages import page, summaries
from benchmarks.places import fill

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"nasbench_lc", "generators", "predictors", "evaluation"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("wheel")
    wheel = next(iter(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))
    return zipfile.ZipFile(wheel).namelist()


def test_the_wheel_holds_the_four_packages_and_nothing_else(names: list[str]) -> None:
    tops = {n.split("/")[0] for n in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == PACKAGES


def test_the_wheel_holds_types_and_data(names: list[str]) -> None:
    for package in PACKAGES:
        assert f"{package}/py.typed" in names
    assert "generators/data/car.csv.gz" in names
    assert "generators/data/segment.csv.gz" in names
    assert "generators/data/cifar100-xvalid.npy" in names
    for file in (ROOT / "predictors" / "weights").glob("*"):
        assert f"predictors/weights/{file.name}" in names


def test_every_python_block_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})


def test_the_speeds_in_the_readme_are_those_measured() -> None:
    def result(name: str) -> dict[str, Any]:
        return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())

    def spread(v: dict[str, float]) -> str:
        return f"| {v['median']:.1f} ({v['min']:.1f} to {v['max']:.1f}) |"

    readme, perceptrons, storage = (ROOT / "README.md").read_text(), result("generate"), result("storage")
    figures = [
        spread(perceptrons["whole_space"]["ratio_to_the_faster"]),
        spread(perceptrons["small"]["ratio_to_the_faster"]),
        spread(result("generate_cnn")["ratio_to_the_faster"]),
        f"takes {storage['microseconds_per_run']['together']['median']:.0f} microseconds",
        f"takes {storage['milliseconds_to_read']['ratio']['median']:.2f} times",
    ]
    assert [f for f in figures if f not in readme] == []


def test_the_accuracies_in_the_readme_are_those_of_the_committed_results() -> None:
    from evaluation.table import number

    text = (ROOT / "README.md").read_text().split("## How good it is")[1].split("\n## ")[0]
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ") and "MAPE" not in line]
    assert len(rows) >= 6
    for i, name in enumerate(("mlp-car", "mlp-segment", "nb201-cifar10-small")):
        results = json.loads((ROOT / "docs" / "results" / name / "scores.json").read_text())
        last = max(e["horizon"] for e in results["summary"])
        entries = {e["model"]: e for e in results["summary"] if (e["observe"], e["horizon"], e["subset"]) == (10, last, "all")}
        column = 1 + 2 * i
        for row in rows:
            e = entries[row[0].split(" (")[0]]
            error, tau = e["mape"], e["kendall"]["mean"]
            assert row[column] == f"{number(error['mean'])} [{number(error['low'])}, {number(error['high'])}]"
            assert row[column + 1] == f"{tau:.3f}"


def test_no_code_unpickles() -> None:
    """Nothing that ships can run code out of a data file."""
    bad = re.compile(r"\bpickle\b|\bjoblib\.load\b|torch\.load\(|allow_pickle=True|(?<![\w.])(?:eval|exec)\(")
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                code = line.split("#")[0]
                assert not bad.search(code) or '"""' in line or "never" in line, f"{file}:{number}: {line.strip()}"


@pytest.mark.parametrize("path", sorted((ROOT / "datasets").glob("*.h5")), ids=lambda p: p.stem)
def test_every_shipped_dataset_is_sound_small_and_has_its_card(path: Path) -> None:
    from nasbench_lc.card import card
    from nasbench_lc.dataset import CurveDataset
    from nasbench_lc.validation import problems

    if path.stem.startswith("quick"):
        pytest.skip("made here by a bare generate or quickstart; does not ship")
    data = CurveDataset(path)
    assert problems(data.table) == []
    assert path.stat().st_size < 10e6
    assert path.with_suffix(".md").read_text() == card(data)
    if b"apportioned" in data.table.columns["run/seconds_kind"]:
        assert json.loads(path.with_suffix(".seconds.json").read_text())["networks"] >= 30


def test_what_few_curves_give_in_the_readme_and_the_flagship_s_evidence_is_what_the_study_found() -> None:
    rows = json.loads((ROOT / "docs" / "results" / "studies" / "transfer.json").read_text())["rows"]

    def error(model: str, pair: str, case: str) -> str:
        found = [r["mape"] for r in rows if (r["model"], r["transfer"], r["learnt from"]) == (model, pair, case)]
        assert len(found) == 3
        return f"{sum(found) / 3:.3f}"

    def errors(pair: str, model: str = "lc-gode-x") -> list[str]:
        cases = ("20 of the target alone", "with 20 of the target", "200 of the target alone")
        return [error(model, pair, case) for case in cases]

    to_segment, to_car, trees = (
        errors("mlp-car to mlp-segment"),
        errors("mlp-segment to mlp-car"),
        errors("mlp-car to mlp-segment", "extra-trees"),
    )
    readme, page = (ROOT / "README.md").read_text(), (ROOT / "docs" / "flagship-evidence.md").read_text()
    assert f"falls from {to_segment[0]} to {to_segment[1]}, that of extra-trees from {trees[0]} to {trees[1]}" in readme
    for alone, both, many in (to_segment, to_car):
        assert {alone, both, many} <= set(re.findall(r"\d\.\d{3}", page))


def test_how_many_curves_a_transfer_takes_is_what_the_study_found() -> None:
    rows = json.loads((ROOT / "docs" / "results" / "studies" / "own.json").read_text())["rows"]
    page = (ROOT / "docs" / "flagship-evidence.md").read_text()
    for target, source in (("segment", "car"), ("car", "segment")):
        for words, case in (("its own", "lc-gode-x, alone"), (f"and {source}'s", "lc-gode-x, with the source")):
            found = [
                [r["mape"] for r in rows if (r["on"], r["case"], r["curves"]) == (f"mlp-{target}", case, n)] for n in (20, 50, 100, 200)
            ]
            assert [len(errors) for errors in found] == [3] * 4
            line = f"| {target} | {words} | " + " | ".join(f"{sum(errors) / 3:.3f}" for errors in found) + " |"
            assert line in page


def test_the_flagship_s_pages_are_what_its_results_make() -> None:
    record = json.loads((ROOT / "docs" / "results" / "flagship.json").read_text())
    assert (ROOT / "docs" / "results" / "flagship.md").read_text() == page(record)
    for name, tables in zip(("flagship", "flagship-evidence"), summaries(record), strict=True):
        text = (ROOT / "docs" / f"{name}.md").read_text()
        assert fill(text, {table: "\n".join(lines) for table, lines in tables.items()}) == text


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if "://" in link:
            continue
        name, _, heading = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        if heading:
            headings = re.findall(r"^#+ (.*)", target.read_text(), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}, link
