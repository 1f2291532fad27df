from pathlib import Path

import pytest

from nasbench_lc.cli.common import echo_json, find_dataset, numbers, pairs, progress_bar, table
from nasbench_lc.errors import ConfigError


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
