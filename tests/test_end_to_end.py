"""Every command and every Python name of the command line's page, on one small dataset that the tool itself generates."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import nasbench_lc
from nasbench_lc.cli import main

N, EPOCHS = 36, 16
GENERATE = ["generate", "--space", "mlp", "--task", "car-binary", "--n", str(N), "--epochs", str(EPOCHS)]
ROW_KEYS = (
    "model metric observe horizon seed n_train n_test n_nonfinite mape mape_median smape rmse log_mae mae_final pearson spearman kendall "
    "top10_overlap regret_at_1 crps nll coverage_50 coverage_80 coverage_95 width_80 fit_seconds predict_seconds speedup "
    "speedup_equal_regret break_even_n"
).split()


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A current folder with a dataset of 36 real runs and a trained LC-GODE."""
    folder = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run([*GENERATE, "--out", "datasets/tiny.h5", "--engine", "serial"]) == 0
        assert run(["train-predictor", "datasets/tiny.h5", "--observe", "4", "--set", "epochs=3"]) == 0
    return folder


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture
def out(capsys: pytest.CaptureFixture[str]) -> Callable[[list[str]], str]:
    """Run a command that must succeed, and return what it prints."""

    def call(arguments: list[str]) -> str:
        capsys.readouterr()
        assert run(arguments) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    return call


def test_generate_writes_what_h5py_alone_opens() -> None:
    with h5py.File("datasets/tiny.h5") as file:
        assert file.attrs["schema_version"] == 1
        assert file["curves/test_loss"].shape == (N, EPOCHS)
        assert file["curves/test_loss"].dtype == np.float32
        ok = file["run/status"].asstr()[:] == "ok"
        assert ok.mean() > 0.8
        assert np.isfinite(file["curves/train_acc"][:][ok]).all()
        assert (file["curves/epoch_seconds"][:][ok] > 0).all()
        assert np.allclose(file["curves/lr"][:][ok][:, 0], file["hp/lr"][:][ok], rtol=1e-6)
    assert not Path("datasets/tiny.h5.parts").exists()


def test_generate_again_does_nothing(out: Callable[[list[str]], str]) -> None:
    before = Path("datasets/tiny.h5").read_bytes()
    assert "0 trained now" in out([*GENERATE, "--out", "datasets/tiny.h5"])
    assert Path("datasets/tiny.h5").read_bytes() == before


@pytest.mark.parametrize("engine", ["joblib", "dask"])
def test_other_engines_and_workers_give_the_same_bytes(engine: str, out: Callable[[list[str]], str]) -> None:
    """Curves, ids and all else but seconds, starts and creation are equal to the byte whatever spreads the work."""
    path = f"datasets/{engine}.h5"
    out([*GENERATE[:-3], "12", "--epochs", str(EPOCHS), "--out", path, "--engine", engine, "--workers", "2"])
    with h5py.File("datasets/tiny.h5") as a, h5py.File(path) as b:
        assert (a["run/sha256"][:12] == b["run/sha256"][:]).all()
        for name in ("train_loss", "train_acc", "test_loss", "test_acc", "lr"):
            assert a[f"curves/{name}"][:12].tobytes() == b[f"curves/{name}"][:].tobytes()


def test_a_larger_n_extends(out: Callable[[list[str]], str]) -> None:
    small = [*GENERATE[:-3], "6", "--epochs", str(EPOCHS), "--out", "datasets/grow.h5", "--engine", "serial"]
    out(small)
    grown = [*GENERATE[:-3], "9", "--epochs", str(EPOCHS), "--out", "datasets/grow.h5", "--engine", "serial", "--repeats", "2"]
    assert "12 trained now" in out(grown)
    with h5py.File("datasets/tiny.h5") as a, h5py.File("datasets/grow.h5") as b:
        first = b["run/repeat"][:] == 0
        assert b["run/index"][:][first].tolist() == list(range(9))
        assert a["curves/test_loss"][:9].tobytes() == b["curves/test_loss"][:][first].tobytes()


def test_dry_run_writes_nothing(out: Callable[[list[str]], str]) -> None:
    report = json.loads(out([*GENERATE, "--out", "datasets/never.h5", "--dry-run", "--json"]))
    assert report["runs"] == N
    assert report["finished"] == 0
    assert report["core_seconds"] > 0
    assert not Path("datasets/never.h5").exists()


def test_status_info_validate(out: Callable[[list[str]], str]) -> None:
    status = json.loads(out(["status", "datasets/tiny.h5", "--json"]))
    assert status["planned"] == status["finished"] == N
    info = json.loads(out(["info", "datasets/tiny.h5", "--json"]))
    assert info["runs"] == N
    assert info["task"] == "car-binary"
    assert "median" in info["final"]["test_loss"]
    assert "test_loss" in out(["info", "datasets/tiny.h5"])
    assert json.loads(out(["validate", "datasets/tiny.h5", "--json"])) == {"datasets/tiny.h5": []}


def test_verify_trains_again_to_the_byte(out: Callable[[list[str]], str]) -> None:
    report = json.loads(out(["verify", "datasets/tiny.h5", "--sample", "2", "--json"]))
    assert [r["verdict"] for r in report] == ["equal to the byte"] * 2


def test_verify_finds_an_altered_curve() -> None:
    Path("datasets/altered.h5").write_bytes(Path("datasets/tiny.h5").read_bytes())
    with h5py.File("datasets/altered.h5", "r+") as file:
        file["curves/test_loss"][:] = file["curves/test_loss"][:] * 1.01
    assert run(["verify", "datasets/altered.h5", "--sample", "1"]) == 1
    assert run(["validate", "datasets/altered.h5"]) == 1


def test_train_predictor_leaves_a_checkpoint_without_pickle() -> None:
    folder = Path("checkpoints/lc-gode-tiny")
    assert sorted(p.name for p in folder.iterdir()) == ["predictor.json", "state.safetensors"]
    document = json.loads((folder / "predictor.json").read_text())
    assert document["model"] == "lc-gode"
    assert document["metric"] == "test_loss"
    assert len(document["seen"]) == 27


def test_predict_json_and_csv_agree(out: Callable[[list[str]], str]) -> None:
    call = ["predict", "checkpoints/lc-gode-tiny", "datasets/tiny.h5", "--observe", "5", "--levels", "0.1,0.5,0.9"]
    forecasts = json.loads(out(call))
    assert [f["observed"] for f in forecasts] == [5] * len(forecasts)
    assert forecasts[0]["t"] == list(range(6, EPOCHS + 1))
    assert set(forecasts[0]["quantiles"]) == {"0.1", "0.5", "0.9"}
    rows = list(csv.DictReader(out([*call, "--format", "csv"]).splitlines()))
    assert len(rows) == len(forecasts) * (EPOCHS - 5)
    assert float(rows[0]["mean"]) == pytest.approx(forecasts[0]["mean"][0])
    assert float(rows[0]["q0.1"]) <= float(rows[0]["q0.9"])


def test_predict_a_log_of_ones_own(out: Callable[[list[str]], str]) -> None:
    """The first epochs of a stored run, as a CSV log, give the forecast of that run."""
    data = nasbench_lc.open("datasets/tiny.h5")
    curves = data.curves()
    with Path("log.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        names = [*data.metrics, *(f"hp_{n}" for n in curves.hyperparameter_names)]
        writer.writerow(["run", "epoch", "arch", *names])
        for epoch in range(5):
            writer.writerow(
                [
                    "mine",
                    epoch + 1,
                    curves.architectures[3].string,
                    *map(repr, curves.y[3, epoch].tolist()),
                    *map(repr, curves.hyperparameters[3].tolist()),
                ]
            )
    (forecast,) = json.loads(out(["predict", "checkpoints/lc-gode-tiny", "log.csv"]))
    assert forecast["run"] == "mine"
    assert forecast["observed"] == 5
    assert all(np.isfinite(forecast["mean"]))


def test_rank(out: Callable[[list[str]], str]) -> None:
    rows = json.loads(out(["rank", "checkpoints/lc-gode-tiny", "datasets/tiny.h5", "--observe", "5", "--top", "4", "--json"]))
    assert [r["rank"] for r in rows] == [1, 2, 3, 4]
    predicted = [r["predicted"] for r in rows]
    assert predicted == sorted(predicted)
    assert "arch" in out(["rank", "checkpoints/lc-gode-tiny", "datasets/tiny.h5", "--observe", "5"])


def test_evaluate_writes_its_four_files(out: Callable[[list[str]], str]) -> None:
    text = out(
        ["evaluate", "datasets/tiny.h5", "--models", "last-value,gaussian", "--observe", "2,5", "--horizons", "8,16", "--seeds", "2"]
    )
    assert "last-value" in text
    folder = Path("reports/tiny")
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["schema"] == 1
    assert scores["protocol"] == "strict"
    assert len(scores["rows"]) == 2 * 2 * 2 * 2
    for row in scores["rows"]:
        assert set(ROW_KEYS) <= set(row)
    assert len((folder / "scores.csv").read_text().splitlines()) == len(scores["rows"]) + 1
    assert "| " in (folder / "report.md").read_text()
    page = (folder / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "last-value" in page


def test_the_papers_protocol_fits_per_prefix_and_stands_beside_the_strict_one(out: Callable[[list[str]], str]) -> None:
    call = ["evaluate", "datasets/tiny.h5", "--models", "lc-gode-paper", "--observe", "2,5", "--horizons", "16"]
    text = out([*call, "--protocol", "paper", "--set", "epochs=2", "--out", "reports/paper"])
    assert "optimistic" in text
    scores = json.loads(Path("reports/paper/scores.json").read_text())
    assert (scores["protocol"], scores["beside"]["protocol"]) == ("paper", "strict")

    def fits(side: dict) -> int:
        return len({row["fit_seconds"] for row in side["rows"] if row["model"] == "lc-gode-paper"})

    assert fits(scores) == 2
    assert fits(scores["beside"]) == 1
    report = Path("reports/paper/report.md").read_text()
    assert "Optimistic" in report
    assert report.index("## Strict protocol") < report.index("## The paper's protocol (optimistic)")
    assert "Both protocols side by side" in Path("reports/paper/report.html").read_text()


def test_both_protocols_share_a_cache_of_finished_fits(out: Callable[[list[str]], str]) -> None:
    call = ["evaluate", "datasets/tiny.h5", "--models", "knn", "--observe", "5", "--horizons", "16", "--cache", "reports/fits"]

    def times(name: str, *more: str) -> tuple[dict, ...]:
        out([*call, "--out", f"reports/{name}", *more])
        assert not Path(f"reports/{name}/.cache").exists()
        scores = json.loads(Path(f"reports/{name}/scores.json").read_text())
        return tuple({r["model"]: r["fit_seconds"] for r in side["rows"]} for side in (scores, scores.get("beside", scores)))

    strict, _ = times("one")
    paper, beside = times("two", "--protocol", "paper")
    assert beside == strict != paper  # measured seconds: equal only where nothing was fitted again
    assert times("two", "--protocol", "paper") == (paper, beside)


def test_evaluate_a_checkpoint_leaves_out_what_it_saw(out: Callable[[list[str]], str]) -> None:
    out(["evaluate", "datasets/tiny.h5", "--checkpoint", "checkpoints/lc-gode-tiny", "--observe", "5", "--out", "reports/check"])
    scores = json.loads(Path("reports/check/scores.json").read_text())
    assert {r["model"] for r in scores["rows"]} == {"lc-gode"}
    assert {r["n_test"] + r["n_nonfinite"] for r in scores["rows"]} == {N - 27}


def test_defaults_beyond_the_file_are_skipped_with_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "datasets/tiny.h5", "--models", "last-value", "--out", "reports/notice"]) == 0
    assert "notice" in capsys.readouterr().err
    assert run(["evaluate", "datasets/tiny.h5", "--models", "last-value", "--observe", "16"]) == 2


def test_plot(out: Callable[[list[str]], str]) -> None:
    out(["plot", "datasets/tiny.h5", "--out", "curves.png"])
    assert Path("curves.png").read_bytes().startswith(b"\x89PNG")
    out(["plot", "datasets/tiny.h5", "--checkpoint", "checkpoints/lc-gode-tiny", "--observe", "5", "--run", "3", "--out", "fan.svg"])
    assert "<svg" in Path("fan.svg").read_text()


def test_merge(out: Callable[[list[str]], str]) -> None:
    out([*GENERATE[:-3], "4", "--epochs", str(EPOCHS), "--seed", "7", "--out", "datasets/other.h5", "--engine", "serial"])
    out(["merge", "datasets/tiny.h5", "datasets/other.h5", "-o", "datasets/both.h5"])
    assert len(nasbench_lc.open("datasets/both.h5")) == N + 4
    assert run(["validate", "datasets/both.h5"]) == 0
    out(["merge", "datasets/tiny.h5", "datasets/tiny.h5", "-o", "datasets/same.h5"])
    assert len(nasbench_lc.open("datasets/same.h5")) == N


def test_export_csv_and_parquet_agree(out: Callable[[list[str]], str]) -> None:
    import pandas as pd

    out(["export", "datasets/tiny.h5", "--format", "csv", "--out", "tiny.csv"])
    out(["export", "datasets/tiny.h5", "--format", "parquet", "--out", "tiny.parquet"])
    a, b = pd.read_csv("tiny.csv"), pd.read_parquet("tiny.parquet")
    assert len(a) == len(b) == N * EPOCHS
    assert np.array_equal(a["test_loss"].to_numpy(np.float32), b["test_loss"].to_numpy(np.float32), equal_nan=True)


def test_import_what_export_wrote(out: Callable[[list[str]], str]) -> None:
    rows = ["run,epoch,val_acc", *(f"r{i},{e},{0.5 + 0.01 * e}" for i in range(3) for e in range(1, 6))]
    Path("mine.csv").write_text("\n".join(rows) + "\n")
    out(["import", "csv", "mine.csv", "--out", "datasets/mine.h5"])
    data = nasbench_lc.open("datasets/mine.h5")
    assert len(data) == 3
    assert data.query(0, epoch=5)["val_acc"] == pytest.approx(0.55)
    assert run(["validate", "datasets/mine.h5"]) == 0


def test_python_names() -> None:
    data = nasbench_lc.open("datasets/tiny.h5")
    curves = data.curves()
    arch = curves.architectures[0]
    assert data.query(arch, epoch=3)["test_loss"] == pytest.approx(curves.target[0, 2], rel=1e-6)
    assert data.query(arch.string, epoch=3) == data.query(0, epoch=3)
    assert data.trajectory(arch)["test_acc"].shape == (EPOCHS,)
    assert len(data.to_pandas()) == N * EPOCHS

    from evaluation.split import split
    from predictors.registry import PREDICTORS

    parts = split(curves, seed=0)
    observed, target = parts.test.observe(5)
    forecast = PREDICTORS["last-value"]().fit(parts.train).predict(observed, target.t)
    assert forecast.quantile(0.9).shape == target.y.shape


def test_quick_preset_is_what_bare_commands_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["generate", "--n", "8", "--epochs", "4", "--engine", "serial"]) == 0
    assert Path("datasets/quick-mlp-car.h5").exists()
    assert run(["info"]) == 0
    assert "dataset: datasets/quick-mlp-car.h5" in capsys.readouterr().err


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "nasbench_lc", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"nasbench-lc, version {nasbench_lc.__version__}"
