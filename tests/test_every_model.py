"""Every model of the registry through the command line, on perceptrons and on cells: fitted, kept, read by `predict` and by `evaluate`."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from nasbench_lc import store
from predictors.registry import PREDICTORS
from tests.test_end_to_end import run

DATASETS = Path(__file__).parents[1] / "datasets"
BUDGET = {"epochs": 2, "updates": 12, "steps": 12, "burn_in": 2, "keep_every": 2, "trees": 10}
"""Little, wherever a model has such an option; the weights of lc-pfn ship."""


@pytest.fixture(scope="module", params=["mlp-car", "nb201-cifar10-small"])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The first 32 runs of a dataset that ships."""
    path = tmp_path_factory.mktemp("some") / f"{request.param}.h5"
    store.write(path, store.read(DATASETS / path.name).take(range(32)))
    return str(path)


@pytest.mark.parametrize("model", list(PREDICTORS))
def test_train_predict_evaluate(model: str, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, report = str(tmp_path / "checkpoint"), tmp_path / "report"
    options = {f.name for f in dataclasses.fields(PREDICTORS[model]().config)} if model != "lc-pfn" else set()
    little = [word for name, value in BUDGET.items() if name in options for word in ("--set", f"{name}={value}")]
    assert run(["train-predictor", file, "--model", model, "--out", checkpoint, *little]) == 0
    capsys.readouterr()
    assert run(["predict", checkpoint, file, "--observe", "30", "--levels", "0.5"]) == 0
    forecasts = json.loads(capsys.readouterr().out)
    assert all(np.isfinite(f["mean"]).all() and f["t"][0] == 31 for f in forecasts)
    assert run(["evaluate", file, "--checkpoint", checkpoint, "--observe", "30", "--out", str(report)]) == 0
    rows = json.loads((report / "scores.json").read_text())["rows"]
    assert rows
    assert all(row["model"] == model and np.isfinite(row["mape"]) for row in rows)
