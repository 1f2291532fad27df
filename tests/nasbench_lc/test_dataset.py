import sys
from collections.abc import Callable
from pathlib import Path
from typing import SupportsIndex

import numpy as np
import pytest

import nasbench_lc
from nasbench_lc import store
from nasbench_lc.curves import Status
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.importers.csv_log import import_csv
from nasbench_lc.shards import write_shard
from nasbench_lc.table import Table
from tests.nasbench_lc.samples import METRICS, architecture, curve, run, sample_table, table_of

RUNS = [run(0), run(0, 1), run(1)]


@pytest.fixture
def data(tmp_path: Path) -> CurveDataset:
    store.write(tmp_path / "x.h5", table_of([curve(r) for r in RUNS]))
    return nasbench_lc.open(tmp_path / "x.h5")


def test_file_and_parts_are_one_dataset(data: CurveDataset):
    assert len(data) == 3
    write_shard(data.path, sample_table(2, first=5))
    assert len(CurveDataset(str(data.path))) == 5
    assert "3 runs x 4 epochs, mlp on toy" in repr(data)
    assert data.metrics == METRICS


def test_parts_alone_are_a_dataset(tmp_path: Path):
    write_shard(tmp_path / "y.h5", sample_table(2))
    assert len(CurveDataset(tmp_path / "y.h5")) == 2


def test_no_run_yet(tmp_path: Path):
    with pytest.raises(FormatError, match="nasbench-lc generate"):
        CurveDataset(tmp_path / "none.h5")


def test_query_by_row_key_string_id_and_architecture(data: CurveDataset):
    loss = data.table.columns["curves/test_loss"]
    for arch in (2, architecture(17, 8), architecture(17, 8).key, "17-8", RUNS[2].run_id):
        found = data.query(arch, epoch=3)
        assert found["test_loss"] == loss[2, 2]
        assert set(found) == {*METRICS, "lr", "epoch_seconds"}
    assert data.query("16-8")["test_loss"] == loss[0, 3]
    assert data.query("16-8", repeat=1)["test_loss"] == loss[1, 3]
    np.testing.assert_array_equal(data.trajectory(1)["test_loss"], loss[1])
    assert data.trajectory(1)["test_loss"].dtype == np.float64


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.array])
def test_numbers_may_be_numpy_s(data: CurveDataset, kind: Callable[[int], SupportsIndex]):
    assert data.query(kind(1), epoch=kind(3)) == data.query(1, epoch=3)
    assert data.query("16-8", repeat=kind(1)) == data.query("16-8", repeat=1)
    np.testing.assert_array_equal(data.trajectory(kind(2))["test_loss"], data.table.columns["curves/test_loss"][2])


@pytest.mark.parametrize(
    ("arch", "epoch", "repeat"), [(3.0, 1, 0), (None, 1, 0), (b"16-8", 1, 0), (0, 2.5, 0), (0, "2", 0), ("16-8", 1, 0.0)]
)
def test_other_numbers_are_one_sentence(data: CurveDataset, arch: object, epoch: object, repeat: object):
    with pytest.raises(ConfigError, match="must be a whole number; got"):
        data.query(arch, epoch, repeat)  # type: ignore[arg-type]


def test_imported_runs_have_names(tmp_path: Path):
    (tmp_path / "log.csv").write_text("run,epoch,val_acc\nexp-00,1,.1\nexp-01,1,.2\nexp-02,1,.3\n")
    first = import_csv(tmp_path / "log.csv")
    (tmp_path / "log.csv").write_text("run,epoch,val_acc\nexp-02,1,.4\n")
    both = Table.concat([first, import_csv(tmp_path / "log.csv")])
    store.write(tmp_path / "both.h5", both)
    data = CurveDataset(tmp_path / "both.h5")
    assert data.query("exp-01")["val_acc"] == pytest.approx(0.2)
    assert sorted(data.query("exp-02", repeat=r)["val_acc"] for r in (0, 1)) == pytest.approx([0.3, 0.4])
    with pytest.raises(ConfigError, match="The nearest is exp-01"):
        data.query("exp-1")
    assert sorted(data.names.values()) == ["exp-00", "exp-01"]  # two runs have the third name, which tells neither
    frame = data.to_pandas()
    assert frame["run"].tolist() == [data.names.get(uid, uid) for uid in frame["uid"]]


def test_runs_that_were_generated_have_none(data: CurveDataset):
    assert data.names == {}
    assert "run" not in data.to_pandas()


@pytest.mark.parametrize("epoch", [0, -1, 5])
def test_epochs_are_one_based(data: CurveDataset, epoch: int):
    with pytest.raises(ConfigError, match=r"1 \.\. 4"):
        data.query(0, epoch)


@pytest.mark.parametrize(("arch", "repeat"), [(3, 0), (-1, 0), ("16-9", 0), ("", 0), ("16-8", 2), ("16-8", -1), (architecture(1), 0)])
def test_what_is_not_there_is_one_sentence(data: CurveDataset, arch: object, repeat: int):
    with pytest.raises(ConfigError) as caught:
        data.query(arch, repeat=repeat)  # type: ignore[arg-type]
    assert len(str(caught.value).splitlines()) == 1


def test_a_misspelt_string_names_the_nearest(data: CurveDataset):
    with pytest.raises(ConfigError, match="The nearest is 17-8"):
        data.query("17-88")


def test_the_digest_is_that_of_the_runs(data: CurveDataset, tmp_path: Path):
    shuffled = tmp_path / "y.h5"
    store.write(shuffled, data.table.take([2, 0, 1]))
    assert CurveDataset(shuffled).digest == data.digest
    store.write(shuffled, data.table.take([0, 1]))
    assert CurveDataset(shuffled).digest != data.digest


def test_long_form_for_pandas(data: CurveDataset):
    frame = data.to_pandas()
    assert len(frame) == 12
    third = frame[frame["uid"] == RUNS[2].run_id]
    assert third["epoch"].tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(third["test_loss"], data.table.columns["curves/test_loss"][2])
    assert set(third["arch_string"]) == {"17-8"}
    assert set(frame["status"]) == {"ok"}
    assert third["hp_lr"].tolist() == [0.002] * 4


def test_pandas_is_an_extra(data: CurveDataset, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ConfigError, match=r"nasbench-lc\[parquet\]"):
        data.to_pandas()


def test_curves_are_those_of_the_table(tmp_path: Path):
    store.write(tmp_path / "x.h5", table_of([curve(run(0)), curve(run(1), Status.FAILED)]))
    data = CurveDataset(tmp_path / "x.h5")
    assert len(data.curves()) == 1
    assert data.curves("train_acc").metric == "train_acc"
