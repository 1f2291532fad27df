from pathlib import Path

import numpy as np
import pytest

from benchmarks.arms import ARMS, errors, matrix, summary, table, wanted
from predictors.last_value import LastValue

CAR = Path(__file__).parents[2] / "datasets" / "mlp-car.h5"


def test_the_arms_differ_in_their_inputs_only() -> None:
    items, tests = wanted([CAR], ["neither", "both", "both-unsized"], 1)
    assert [key for key, *_ in items] == ["mlp-car/neither/0", "mlp-car/both/0", "mlp-car/both-unsized/0"]
    curves = [item[-1] for item in items]
    assert np.isfinite(curves[1].n_params).all()
    assert np.isnan(curves[2].n_params).all()
    assert np.isnan(curves[2].n_macs).all()
    np.testing.assert_array_equal(curves[1].y, curves[2].y)
    assert len({item[3] for item in items}) == 3
    assert wanted([CAR], ["both"], 1)[0][0][3] == items[1][3]
    assert len(tests["mlp-car/0"]["uid"]) == len(tests["mlp-car/0"]["diverged"])
    assert ARMS["both"] == ARMS["both-unsized"]


def test_errors_are_those_of_the_last_value() -> None:
    (_, _, _, _, curves), *_ = wanted([CAR], ["neither"], 1)[0]
    some = curves.subset(slice(0, 12))
    found = errors(LastValue().fit(some, some), some)
    last, truth = some.target[:, 9:10], some.target[:, 10:80]
    np.testing.assert_allclose(found[80], np.mean(np.abs(last - truth) / np.maximum(truth, 1e-3), 1), rtol=1e-9)


def test_the_summary_takes_curves_of_all_seeds_and_leaves_out_unfinished_arms() -> None:
    tests = {"mlp-car/0": {"uid": ["a", "b"]}, "mlp-car/1": {"uid": ["b", "c"]}}

    def cell(*values: float | None) -> dict:
        return {"mape": {str(h): list(values) for h in (80, 140, 200)}}

    cells = {
        "mlp-car/neither/0": cell(0.4, 0.2),
        "mlp-car/neither/1": cell(0.2, None),
        "mlp-car/graph/0": cell(0.2, 0.1),
        "mlp-car/graph/1": cell(0.1, None),
        "mlp-car/both/0": cell(0.0, 0.0),
    }
    np.testing.assert_array_equal(matrix(cells, tests, "mlp-car", "neither", 2, 80), [[0.4, 0.2, np.nan], [np.nan, 0.2, np.nan]])
    rows = summary(cells, tests, 2)
    assert [(r["arm"], r["horizon"]) for r in rows] == [(arm, h) for h in (80, 140, 200) for arm in ("neither", "graph")]
    assert rows[-1]["mape"] == pytest.approx(0.125)
    assert rows[-1]["reduction"] == pytest.approx((0.5, 0.5, 0.5))
    assert rows[-1]["published_reduction"] == pytest.approx(0.655, abs=5e-4)
    assert "65.5 %" in table(rows)
