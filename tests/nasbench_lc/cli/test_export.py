from pathlib import Path

import pytest

from nasbench_lc import store
from tests.nasbench_lc.cli.calls import call
from tests.nasbench_lc.samples import sample_table


def test_no_other_dataset_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("a.h5", "b.h5"):
        store.write(tmp_path / name, sample_table())
    (tmp_path / "foreign.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    for name in ("b.h5", "foreign.h5"):
        before = (tmp_path / name).read_bytes()
        assert call("export", str(tmp_path / "a.h5"), "--out", str(tmp_path / name)) == 2
        assert "must not replace a dataset" in capsys.readouterr().err
        assert (tmp_path / name).read_bytes() == before
    (tmp_path / "old.csv").write_text("old")
    assert call("export", str(tmp_path / "a.h5"), "--out", str(tmp_path / "old.csv")) == 0
    assert (tmp_path / "old.csv").read_text().startswith("uid,epoch,")
