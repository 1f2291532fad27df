import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.split import split
from evaluation.transfer import concatenate
from nasbench_lc import checkpoint, store
from nasbench_lc.cli.models import load_fitted
from nasbench_lc.config import Recipe
from nasbench_lc.curves import CurveSet
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.table import Table
from predictors.few_shot import FewShot
from predictors.last_value import LastValue
from tests.nasbench_lc.cli.calls import call
from tests.nasbench_lc.samples import curve, on_another_task, run, sample_table, table_of

N, EPOCHS = 24, 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One's own file, the same architectures on another task, and files that do not go with it."""
    folder = tmp_path_factory.mktemp("cli")
    store.write(folder / "own.h5", sample_table(N, EPOCHS))
    store.write(folder / "other.h5", on_another_task(N, EPOCHS))
    short = sample_table(N, EPOCHS - 1)
    store.write(folder / "short.h5", Table({**short.attributes, "task": "other"}, {**short.columns, "run/uid": short.columns["arch/key"]}))
    return folder


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture
def train(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict]:
    """What a training that must succeed prints with --json."""

    def trained(*arguments: str) -> dict:
        capsys.readouterr()
        assert call("train-predictor", "own.h5", "--observe", "4", "--json", *arguments) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return trained


def curves(file: str) -> CurveSet:
    return CurveDataset(Path(file)).curves()


def test_a_source_is_learnt_from_beside_one_s_own_and_the_checkpoint_says_so(train: Callable[..., dict]) -> None:
    report = train("--model", "knn", "--source", "other.h5", "--train-size", "7", "--out", "both")
    own, source = split(curves("own.h5"), 0, 7), split(curves("other.h5"), 0)
    kept = checkpoint.load(Path("both"))
    assert set(kept.seen) == {*own.train.uid, *own.valid.uid, *source.train.uid, *source.valid.uid}
    assert (report["n_train"], report["n_valid"]) == (len(own.train) + len(source.train), len(own.valid) + len(source.valid))
    assert kept.dataset["source"] == {"file": "other.h5", "digest": CurveDataset(Path("other.h5")).digest}
    assert "source" not in checkpoint.load(Path(train("--model", "knn", "--out", "alone")["checkpoint"])).dataset
    assert call("predict", "both", "own.h5", "--observe", "4") == 0


def test_what_of_a_source_is_left_out_is_said_and_counts_as_seen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Recipe.of("mlp", "other", EPOCHS, {"schedule": "step"})
    runs = [curve(run(i, recipe=other)) for i in range(N)]
    stuck = [replace(c, metrics={m: np.full(EPOCHS, 0.4) for m in c.metrics}) for c in runs[: N // 2]]
    table = table_of([*stuck, *runs[N // 2 :]], other)
    store.write(folder / "stuck.h5", Table({**table.attributes, "task": "other"}, table.columns))
    assert call("train-predictor", "own.h5", "--model", "knn", "--observe", "4", "--source", "stuck.h5", "--out", "told") == 0
    said = capsys.readouterr()
    own, source = split(curves("own.h5"), 0), split(curves("stuck.h5"), 0)
    left = sum(int((part.target[:, -1] == np.float32(0.4)).sum()) for part in (source.train, source.valid))
    assert f"notice: {left} curves of the source end alike there and not in own.h5" in said.err
    assert 0 < left < N // 2
    assert set(checkpoint.load(Path("told")).seen) == {*own.train.uid, *own.valid.uid, *source.train.uid, *source.valid.uid}


def test_the_printed_error_is_that_of_one_s_own_curves(train: Callable[..., dict]) -> None:
    report = train("--model", "last-value", "--source", "other.h5", "--out", "both")
    own, source = split(curves("own.h5"), 0), split(curves("other.h5"), 0)
    observed, target = own.valid.observe(4)
    last = LastValue().fit(own.train)
    off = np.abs(FewShot(last, last, own.train).predict(observed, target.t).mean - target.y) / np.maximum(np.abs(target.y), 1e-3)
    assert report["valid_mape"] == pytest.approx(off.mean(), rel=1e-6)
    assert len(source.train) + len(own.train) == report["n_train"]


def test_what_few_curves_set_right_is_kept_and_forecasts_so(train: Callable[..., dict]) -> None:
    train("--model", "last-value", "--source", "other.h5", "--out", "both")
    own = split(curves("own.h5"), 0)
    observed, target = own.test.observe(4)
    _, predictor = load_fitted(Path("both"))
    last = LastValue().fit(own.train)
    wanted = FewShot(last, last, concatenate(own.train, own.valid)).predict(observed, target.t)
    np.testing.assert_allclose(predictor.predict(observed, target.t).mean, wanted.mean, rtol=1e-12)


@pytest.mark.parametrize(("source", "named"), [("own.h5", "none of 24"), ("short.h5", "one length"), ("absent.h5", "absent.h5")])
def test_a_source_that_does_not_serve_exits_2(source: str, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("train-predictor", "own.h5", "--model", "knn", "--observe", "4", "--source", source, "--out", "never") == 2
    said = capsys.readouterr().err
    assert named in said
    assert len([line for line in said.splitlines() if not line.startswith("dataset: ")]) == 1
    assert not Path("never").exists()


def test_by_default_a_short_file_is_observed_for_a_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    store.write(Path("six.h5"), sample_table(N, 6))
    assert call("train-predictor", "six.h5", "--model", "last-value", "--out", "six", "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["observe"] == 1
    assert "notice: the default --observe 10" in said.err
    assert call("train-predictor", "six.h5", "--model", "last-value", "--observe", "10", "--out", "six") == 2


def test_an_error_that_cannot_be_told_is_null_with_a_reason(recwarn: pytest.WarningsRecorder, capsys: pytest.CaptureFixture[str]) -> None:
    table = sample_table(N, EPOCHS)
    loss = table.columns["curves/test_loss"].copy()
    loss[:, 4:] = np.nan
    store.write(Path("stopped.h5"), Table(table.attributes, {**table.columns, "curves/test_loss": loss}))
    assert call("train-predictor", "stopped.h5", "--model", "last-value", "--observe", "4", "--out", "stopped", "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["valid_mape"] is None
    assert "notice: no error on validation curves" in said.err
    assert not recwarn.list
    held_out = split(curves("stopped.h5"), 0).valid.uid[0]
    loss[table.uids.index(held_out)] = 1.0
    store.write(Path("stopped.h5"), Table(table.attributes, {**table.columns, "curves/test_loss": loss}))
    assert call("train-predictor", "stopped.h5", "--model", "last-value", "--observe", "4", "--out", "stopped") == 0
    said = capsys.readouterr()
    assert "MAPE on the validation curves from 4 epochs: 0.0000" in said.out
    assert "notice" not in said.err
