from pathlib import Path

import pytest

from nasbench_lc import store
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.shards import write_shard
from tests.nasbench_lc.cli.test_errors import call, check_words
from tests.nasbench_lc.samples import sample_table


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store.write(Path("a.h5"), sample_table(4))


def test_what_stands_twice_is_counted(capsys: pytest.CaptureFixture[str]):
    store.write(Path("b.h5"), sample_table(3, first=3))
    assert call("merge", "a.h5", "b.h5", "-o", "new/c.h5") == 0
    assert len(CurveDataset("new/c.h5")) == 6
    assert "6 runs from 2 files (1 stood twice)" in capsys.readouterr().out


def test_parts_that_lie_where_the_file_would_be_are_not_mixed_with_it(capsys: pytest.CaptureFixture[str]):
    write_shard(Path("c.h5"), sample_table(3, first=7))
    assert call("merge", "a.h5", "-o", "c.h5") == 2
    said = capsys.readouterr().err
    check_words(said, 2)
    assert "c.h5.parts, which exists" in said
    assert not Path("c.h5").exists()
    assert not Path("c.h5.lock").exists()
