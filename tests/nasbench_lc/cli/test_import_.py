from pathlib import Path

import pytest

from nasbench_lc.dataset import CurveDataset
from nasbench_lc.shards import parts_folder, write_shard
from tests.nasbench_lc.cli.test_errors import call, check_words
from tests.nasbench_lc.samples import sample_table


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text("run,epoch,val_acc\na,1,0.5\na,2,0.6\n")


def test_a_log_becomes_a_dataset(capsys: pytest.CaptureFixture[str]):
    assert call("import", "csv", "log.csv", "--out", "mine.h5") == 0
    assert len(CurveDataset("mine.h5")) == 1
    assert "1 runs x 2 epochs" in capsys.readouterr().out


def test_a_task_is_named_or_refused(capsys: pytest.CaptureFixture[str]):
    assert call("import", "csv", "log.csv", "--out", "mine.h5", "--task", " ") == 2
    check_words(capsys.readouterr().err, 2)
    assert not Path("mine.h5").exists()
    assert call("import", "csv", "log.csv", "--out", "mine.h5", "--task", "mnist") == 0
    assert CurveDataset("mine.h5").attributes["task"] == "mnist"


def test_parts_that_lie_where_the_file_would_be_are_not_mixed_with_it(capsys: pytest.CaptureFixture[str]):
    write_shard(Path("mine.h5"), sample_table(2))
    assert call("import", "csv", "log.csv", "--out", "mine.h5") == 2
    said = capsys.readouterr().err
    check_words(said, 2)
    assert str(parts_folder(Path("mine.h5"))) in said
    assert not Path("mine.h5").exists()
