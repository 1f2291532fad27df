import json
from pathlib import Path

import numpy as np
import pytest

from nasbench_lc import store
from nasbench_lc.table import Table
from tests.nasbench_lc.cli.test_errors import call, check_words
from tests.nasbench_lc.samples import sample_table

GOOD = sample_table()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
@pytest.mark.parametrize("name", ["plan", "recipe"])
def test_numbers_that_are_not_finite_are_not_json(number: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "some.h5"
    store.write(path, Table({**GOOD.attributes, name: f'{{"n": {number}}}'}, GOOD.columns))
    assert call("info", str(path), "--json") == 2
    said = capsys.readouterr()
    check_words(said.err, 2)
    assert name in said.err
    assert said.out == ""


def test_hours_are_the_sum_of_the_seconds_that_are_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    seconds = np.full_like(GOOD.columns["curves/epoch_seconds"], 180)
    seconds[0, :2] = np.inf, np.nan
    path = tmp_path / "some.h5"
    store.write(path, Table(GOOD.attributes, {**GOOD.columns, "curves/epoch_seconds": seconds}))
    assert call("info", str(path), "--json") == 0
    assert json.loads(capsys.readouterr().out)["training_hours"] == pytest.approx(0.9)
