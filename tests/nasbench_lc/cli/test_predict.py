import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nasbench_lc.cli.calls import call

N, EPOCHS = 24, 12
HEAD = "run,epoch,val_acc\n"


def log(runs: dict[str, int]) -> str:
    """A log whose runs have so many epochs each."""
    return HEAD + "".join(
        f"{run},{e},{0.01 * (i + 1) + e / 50}\n" for i, (run, last) in enumerate(runs.items()) for e in range(1, last + 1)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An imported log, and a checkpoint that was trained on it."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "log.csv").write_text(log({f"exp-{i:02d}": EPOCHS for i in range(N)}))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call("import", "csv", "log.csv", "--out", "log.h5") == 0
        assert call("train-predictor", "log.h5", "--model", "gaussian", "--observe", "4", "--out", "checkpoint") == 0
    return folder


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture
def predict(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a forecast that must succeed prints."""

    def predicted(*arguments: str) -> str:
        capsys.readouterr()
        assert call("predict", "checkpoint", *arguments) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    return predicted


def test_each_run_is_forecast_from_where_it_is(predict: Callable[..., str]) -> None:
    runs = {"b": 3, "a": 10, "d": EPOCHS, "c": 3}
    Path("uneven.csv").write_text(log(runs))
    found = json.loads(predict("uneven.csv"))
    assert [f["run"] for f in found] == list(runs)
    assert [f["observed"] for f in found] == [3, 10, 11, 3]
    assert [f["t"] for f in found] == [list(range(f["observed"] + 1, EPOCHS + 1)) for f in found]
    for f in found:  # the company of other runs changes nothing
        Path("alone.csv").write_text(HEAD + "".join(line for line in log(runs).splitlines(True) if line.startswith(f"{f['run']},")))
        (alone,) = json.loads(predict("alone.csv"))
        assert alone["mean"] == pytest.approx(f["mean"], rel=1e-5)
    rows = list(csv.DictReader(predict("uneven.csv", "--format", "csv").splitlines()))
    assert [(r["run"], int(r["observed"]), int(r["epoch"])) for r in rows] == [(f["run"], f["observed"], t) for f in found for t in f["t"]]
    assert [float(r["q0.5"]) for r in rows] == pytest.approx([q for f in found for q in f["quantiles"]["0.5"]])
    assert {f["observed"] for f in json.loads(predict("uneven.csv", "--observe", "2"))} == {2}


def test_a_log_that_goes_on_after_the_checkpoint_s_runs_is_refused(predict: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("long.csv").write_text(log({"a": 2 * EPOCHS}))
    assert call("predict", "checkpoint", "long.csv") == 2
    assert f"must not be longer than the checkpoint's runs, {EPOCHS} epochs; got {2 * EPOCHS}." in capsys.readouterr().err
    (found,) = json.loads(predict("long.csv", "--observe", "5"))
    assert (found["observed"], found["t"][-1]) == (5, EPOCHS)


def test_names_of_imported_runs_stand_beside_their_ids(predict: Callable[..., str]) -> None:
    found = json.loads(predict("log.h5", "--observe", "4"))
    assert [f["name"] for f in found] == [f"exp-{i:02d}" for i in range(N)]
    assert {len(f["run"]) for f in found} == {64}
    rows = list(csv.DictReader(predict("log.h5", "--observe", "4", "--format", "csv").splitlines()))
    assert [(r["run"], r["name"]) for r in rows[:: EPOCHS - 4]] == [(f["run"], f["name"]) for f in found]
    assert "name" not in json.loads(predict("log.csv"))[0]


def test_by_default_a_short_dataset_is_observed_for_a_quarter(predict: Callable[..., str]) -> None:
    Path("short.csv").write_text(log({"a": 8, "b": 8}))
    assert call("import", "csv", "short.csv", "--out", "short.h5") == 0
    assert {f["observed"] for f in json.loads(predict("short.h5"))} == {2}
