import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nasbench_lc import store
from nasbench_lc.dataset import CurveDataset
from tests.nasbench_lc.cli.calls import call
from tests.nasbench_lc.samples import on_another_task, sample_table

N, EPOCHS = 24, 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files with the same architectures on two tasks, and a checkpoint of the first."""
    folder = tmp_path_factory.mktemp("cli")
    store.write(folder / "toy.h5", sample_table(N, EPOCHS))
    store.write(folder / "other.h5", on_another_task(N, EPOCHS))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call("train-predictor", "toy.h5", "--model", "last-value", "--observe", "4", "--out", "checkpoint") == 0
    return folder


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture
def scores(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict]:
    """What an evaluation that must succeed prints with --json."""

    def evaluated(*arguments: str) -> dict:
        capsys.readouterr()
        assert call("evaluate", "toy.h5", "--observe", "4", "--out", "report", "--json", *arguments) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return evaluated


def test_json_is_scores_json(scores: Callable[..., dict]) -> None:
    assert scores("--models", "last-value") == json.loads(Path("report/scores.json").read_text())


def test_a_transfer_says_from_where_to_where_and_how(scores: Callable[..., dict]) -> None:
    asked = ("--models", "last-value", "--transfer-to", "other.h5", "--transfer-curves", "5", "--train-size", "9", "--quick")
    facts = scores(*asked)["dataset"]
    assert (facts["transfer_to"]["file"], facts["transfer_to"]["task"]) == ("other.h5", "other")
    assert (facts["train_size"], facts["transfer_curves"], facts["quick"]) == (9, 5, True)
    text = Path("report/report.md").read_text()
    assert text.startswith("# toy.h5 to other.h5: forecasts")
    assert "other.h5" in text.split("## Provenance")[1]
    assert "quick" not in scores("--models", "last-value")["dataset"]


def test_a_checkpoint_meets_architectures_again_on_another_task(scores: Callable[..., dict]) -> None:
    assert set(CurveDataset("toy.h5").curves().group) == set(CurveDataset("other.h5").curves().group)
    here, there = scores("--checkpoint", "checkpoint"), scores("--checkpoint", "checkpoint", "--transfer-to", "other.h5")
    assert {row["n_test"] for row in here["rows"]} == {6}
    assert {row["n_test"] for row in there["rows"]} == {N}
    again = scores("--checkpoint", "checkpoint", "--transfer-to", "toy.h5")
    assert {row["n_test"] for row in again["rows"]} == {6}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("--models last-value --transfer-curves 5", "--transfer-to"),
        ("--models last-value --transfer-to other.h5 --transfer-curves 99999", "--transfer-curves"),
        ("--models last-value --transfer-to other.h5 --transfer-curves -4", "--transfer-curves"),
        ("--checkpoint checkpoint --train-size 5", "--train-size"),
        ("--checkpoint checkpoint --transfer-to other.h5 --transfer-curves 5", "--transfer-curves"),
    ],
)
def test_what_means_nothing_exits_2_and_names_the_option(arguments: str, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("evaluate", "toy.h5", "--observe", "4", *arguments.split()) == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize("epochs", [1, 6])
def test_a_short_file_is_evaluated_by_default(epochs: int, capsys: pytest.CaptureFixture[str]) -> None:
    store.write(Path(f"{epochs}.h5"), sample_table(N, epochs))
    assert call("evaluate", f"{epochs}.h5", "--models", "last-value", "--out", "short", "--json") == 0
    said = capsys.readouterr()
    assert f"leaves no epoch of {epochs} to forecast" in said.err
    assert {row["observe"] for row in json.loads(said.out)["rows"]} == {epochs // 4}
