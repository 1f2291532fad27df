from pathlib import Path

import pytest

from nasbench_lc.cli.common import echo_json, find_dataset, new_dataset, numbers, observed_epochs, pairs, progress_bar, table
from nasbench_lc.errors import ConfigError
from nasbench_lc.files import at_work, lock
from nasbench_lc.shards import parts_folder


def test_which_file_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nasbench_lc.cli.common._SHIPPED", Path("datasets/shipped.h5"))
    with pytest.raises(ConfigError, match="nasbench-lc generate"):
        find_dataset(None)
    Path("datasets").mkdir()
    Path("datasets/shipped.h5").touch()
    assert find_dataset(None) == Path("datasets/shipped.h5")
    Path("datasets/quick-mlp-car.h5.parts").mkdir()  # begun, not merged yet
    assert find_dataset(None) == Path("datasets/quick-mlp-car.h5")
    Path("mine.h5").touch()
    assert find_dataset(Path("mine.h5")) == Path("mine.h5")
    assert capsys.readouterr().err.splitlines()[-1] == "dataset: mine.h5"
    with pytest.raises(ConfigError, match=r"none\.h5"):
        find_dataset(Path("none.h5"))


def test_a_dataset_that_is_being_written_is_there(tmp_path: Path):
    path = tmp_path / "new.h5"
    assert not at_work(path)
    assert not at_work(tmp_path / "new.h5" / "under-a-file.h5")
    with lock(path):
        assert at_work(path)
        assert find_dataset(path) == path
        (tmp_path / "link.h5").symlink_to(path)
        assert at_work(tmp_path / "link.h5")
    assert not at_work(path)
    path.with_name("new.h5.lock").touch()  # left by a process that was killed
    assert not at_work(path)


def test_a_new_dataset_is_new_and_locked(tmp_path: Path):
    path = tmp_path / "new.h5"
    with new_dataset(path):
        assert at_work(path)
    with lock(path), pytest.raises(ConfigError, match="Only one process"), new_dataset(path):
        pass
    for found in (path, parts_folder(path)):
        found.mkdir()
        with pytest.raises(ConfigError, match=f"got {found}, which exists"), new_dataset(path):
            pass
        found.rmdir()
    assert list(tmp_path.iterdir()) == []


def test_pairs():
    assert pairs(["latent=8", " lr = 1e-3", "note=a=b", "empty="]) == {"latent": "8", "lr": "1e-3", "note": "a=b", "empty": ""}
    for wrong in ("latent", "=8", ""):
        with pytest.raises(ConfigError, match="key=value"):
            pairs([wrong])


def test_numbers():
    assert numbers("--observe", None) is None
    assert numbers("--observe", "20, 5,20") == [5, 20]
    for wrong in ("", "ten", "1.5", "1,,2"):
        with pytest.raises(ConfigError, match="--observe"):
            numbers("--observe", wrong)


def test_a_default_that_leaves_nothing_to_forecast_is_replaced_with_a_notice(capsys: pytest.CaptureFixture[str]):
    assert [observed_epochs(None, 11), observed_epochs(4, 3)] == [10, 4]  # what was asked for is refused elsewhere
    assert capsys.readouterr().err == ""
    assert [observed_epochs(None, epochs) for epochs in (10, 6, 2, 1)] == [2, 1, 1, 0]
    assert capsys.readouterr().err.splitlines()[1] == "notice: the default --observe 10 leaves no epoch of 6 to forecast; observing 1"


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="JSON"):
        echo_json([float("nan")])


def test_tables_are_aligned():
    assert table([("a", "1"), ("long", "22.5")], ("name", "value")).splitlines() == [
        "name  value",
        "----  -----",
        "a         1",
        "long   22.5",
    ]


def test_no_bar_where_nobody_looks(capsys: pytest.CaptureFixture[str]):
    with progress_bar("work") as show:
        show(0.5, "half")
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress_bar("work") as show:
        show(0.5, "5/10 runs")
        show(1.0, "10/10 runs")
    said = capsys.readouterr()
    assert said.out == ""
    assert "10/10 runs" in said.err
