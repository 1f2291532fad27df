from pathlib import Path

import pytest

from nasbench_lc import store
from nasbench_lc.dataset import CurveDataset
from tests.nasbench_lc.cli.calls import call
from tests.nasbench_lc.samples import sample_table


def test_nothing_is_replaced_least_of_all_the_log_that_was_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    store.write(tmp_path / "a.h5", sample_table())
    (tmp_path / "a.csv").write_text("run,epoch,val_acc\n")
    for out in ([], ["--out", str(tmp_path / "a.h5")]):
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        assert call("export", str(tmp_path / "a.h5"), *out) == 2
        assert "must not exist yet" in capsys.readouterr().err
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert call("export", str(tmp_path / "a.h5"), "--out", str(tmp_path / "b.csv")) == 0
    assert (tmp_path / "b.csv").read_text().startswith("uid,epoch,")


def test_an_import_keeps_its_names_and_groups_through_an_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Otherwise nothing could tell that a checkpoint has seen a run: without architecture and hyperparameters its name is all there is."""
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text(
        "run,epoch,val_acc\n" + "".join(f"exp-{i:02d},{e},{i / 50 + e / 100}\n" for i in range(20) for e in range(1, 13))
    )
    assert call("import", "csv", "log.csv", "--out", "first.h5") == 0
    assert call("export", "first.h5", "--out", "out.csv") == 0
    assert call("import", "csv", "out.csv", "--out", "again.h5") == 0
    first, again = CurveDataset("first.h5"), CurveDataset("again.h5")
    assert tuple(again.names.values()) == tuple(f"exp-{i:02d}" for i in range(20))
    assert (again.names, again.curves().group) == (first.names, first.curves().group)


def test_what_was_generated_has_no_column_of_names(tmp_path: Path):
    store.write(tmp_path / "a.h5", sample_table())
    assert call("export", str(tmp_path / "a.h5")) == 0
    assert "run" not in (tmp_path / "a.csv").read_text().splitlines()[0].split(",")
