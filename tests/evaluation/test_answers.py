"""Parts are the same whatever the number of processes, and a second call takes them from the cache."""

from pathlib import Path

import numpy as np

from evaluation.backtest import evaluate
from nasbench_lc import store
from nasbench_lc.dataset import CurveDataset
from predictors.gaussian import Gaussian
from predictors.last_value import LastValue
from tests.nasbench_lc.samples import sample_table

TIMED = {"fit_seconds", "predict_seconds", "speedup", "speedup_equal_regret", "speedup_equal_regret_sgd", "break_even_n"}


def test_two_workers_give_the_rows_of_one(tmp_path: Path) -> None:
    path = tmp_path / "some.h5"
    store.write(path, sample_table(n=24, epochs=8))
    curves = CurveDataset(path).curves()
    models = {"gaussian": lambda seed: Gaussian(), "last-value": lambda seed: LastValue()}
    asked = {"observe": [2], "horizons": [5, 8], "seeds": 2}
    one = evaluate(models, curves, **asked)
    two = evaluate(models, curves, **asked, workers=2, cache=tmp_path / "cache")
    again = evaluate(models, curves, **asked, workers=2, cache=tmp_path / "cache")
    for results in (two, again):
        assert [(r["model"], r["seed"], r["horizon"]) for r in results.rows] == [(r["model"], r["seed"], r["horizon"]) for r in one.rows]
        for a, b in zip(one.rows, results.rows, strict=True):
            for name in set(a) - TIMED:
                assert a[name] == b[name] or np.isclose(a[name], b[name], equal_nan=True), name
    assert [r["fit_seconds"] for r in two.rows] == [r["fit_seconds"] for r in again.rows]
