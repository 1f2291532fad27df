from pathlib import Path

import pytest

from tests.nasbench_lc.cli.calls import call

N, EPOCHS = 20, 8


def test_a_forecast_names_its_run_and_is_drawn_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"lr$\\{i}$,{e},{i / 50 + e / 100}" for i in range(N) for e in range(1, EPOCHS + 1)]
    Path("log.csv").write_text("\n".join(["run,epoch,val_acc", *rows]))
    assert call("import", "csv", "log.csv", "--out", "log.h5") == 0
    assert call("train-predictor", "log.h5", "--model", "last-value", "--observe", "4", "--out", "checkpoint") == 0
    titles: list[str] = []
    from evaluation import plots

    draw = plots.plot_fan
    monkeypatch.setattr(plots, "plot_fan", lambda *a, title: titles.append(title) or draw(*a, title=title))
    assert call("plot", "log.h5", "--checkpoint", "checkpoint", "--run", "3", "--out", "fan.png") == 0
    assert titles[0].startswith(r"run 3, lr\$\3\$")
    assert "notice: the default --observe 10 leaves no epoch of 8 to forecast; observing 2" in capsys.readouterr().err
    assert Path("fan.png").stat().st_size > 0
