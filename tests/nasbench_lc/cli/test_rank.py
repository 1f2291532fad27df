import json
from pathlib import Path

import pytest

from nasbench_lc.dataset import CurveDataset
from tests.nasbench_lc.cli.calls import call

N, EPOCHS = 20, 8


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A log without architectures, imported, and a checkpoint that was trained on it."""
    monkeypatch.chdir(tmp_path)
    rows = [f"exp-{i:02d},{e},{i / 50 + e / 100}" for i in range(N) for e in range(1, EPOCHS + 1)]
    Path("log.csv").write_text("\n".join(["run,epoch,val_acc", *rows]))
    assert call("import", "csv", "log.csv", "--out", "log.h5") == 0
    assert call("train-predictor", "log.h5", "--model", "last-value", "--observe", "4", "--out", "checkpoint") == 0
    capsys.readouterr()


def test_names_of_imported_runs_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("rank", "checkpoint", "log.h5", "--observe", "4", "--top", "3") == 0
    *_, first, second, third = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in (first, second, third)] == ["exp-19", "exp-18", "exp-17"]
    assert call("rank", "checkpoint", "log.h5", "--observe", "4", "--top", "3", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [r["name"] for r in rows] == ["exp-19", "exp-18", "exp-17"]
    assert [r["run"] for r in rows] == list(CurveDataset("log.h5").table.uids[-3:][::-1])


def test_by_default_a_short_dataset_is_observed_for_a_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("rank", "checkpoint", "log.h5") == 0
    said = capsys.readouterr()
    assert "from 2 epochs" in said.out
    assert "notice: the default --observe 10" in said.err
