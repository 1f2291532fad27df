import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.backtest import evaluate
from evaluation.floors import FLOORS_SCHEMA, beside_floors, measured_floors, repeat_floors
from evaluation.noise_floor import noise_floor
from evaluation.report import write_report
from nasbench_lc.curves import Status
from nasbench_lc.errors import FormatError
from tests.evaluation.toys import Last, ToyConfig, toy_curves


def entry(observe: int, horizon: int) -> dict:
    y = np.random.default_rng(0).uniform(1, 2, (20, 5, horizon - observe))
    return {"metric": "test_loss", "observe": observe, "horizon": horizon, "runs": 5, "source": "a toy", **noise_floor(y)}


def test_a_file_beside_the_dataset_counts_under_its_recipe_only(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    assert measured_floors(path, "abc") == []
    record = {"schema": FLOORS_SCHEMA, "recipe_hash": "abc", "floors": [entry(4, 12)]}
    path.with_suffix(".floor.json").write_text(json.dumps(record))
    assert measured_floors(path, "abc") == json.loads(json.dumps(record["floors"]))
    assert measured_floors(path, "other") == []
    path.with_suffix(".floor.json").write_text("{")
    with pytest.raises(FormatError, match="Remove it"):
        measured_floors(path, "abc")


def test_leaderboards_say_how_far_from_the_floor(tmp_path: Path) -> None:
    floor = entry(4, 12)
    models = {"last": lambda seed: Last(ToyConfig(seed=seed))}
    results = evaluate(models, toy_curves(), observe=[3, 4], horizons=[12], floors=[floor])
    over = {row["observe"]: row["mape_over_floor"] for row in results.rows}
    assert over[3] is None
    assert over[4] == pytest.approx(next(r["mape"] for r in results.rows if r["observe"] == 4) / floor["mape"]["value"])
    write_report(results, tmp_path)
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text()
        assert text.count("x floor") == 2  # one heading, one explanation
        assert "Noise floor: " in text
    record = json.loads((tmp_path / "scores.json").read_text())
    assert record["noise_floors"][0]["observe"] == 4
    assert {e["observe"]: e["mape_median_over_floor"]["mean"] is None for e in record["summary"]} == {3: True, 4: False}


def test_the_multiple_of_a_floor_is_of_medians_and_has_the_floors_interval() -> None:
    curves = toy_curves()
    status = tuple(Status.DIVERGED if i % 2 == 0 else Status.OK for i in range(len(curves)))
    floor = entry(4, 12)
    models = {"last": lambda seed: Last(ToyConfig(seed=seed))}
    results = evaluate(models, replace(curves, status=status), observe=[4], horizons=[12], floors=[floor])
    every, completed = beside_floors(results.summary, [floor])
    median, (low, high) = every["mape_median"]["mean"], floor["mape_median"]["interval"]
    wanted = {"mean": median / floor["mape_median"]["value"], "low": median / high, "high": median / low}
    assert every["mape_median_over_floor"] == pytest.approx(wanted)
    # The floor counts diverged runs: it says nothing of the others alone.
    assert completed["subset"] == "without_diverged"
    assert set(completed["mape_median_over_floor"].values()) == {None}
    everywhere = {**floor, "mape_median": {**floor["mape_median"], "interval": [0.0, high]}}
    assert beside_floors([every], [everywhere])[0]["mape_median_over_floor"] == {**dict.fromkeys(("low", "high")), "mean": wanted["mean"]}


def test_repeated_configurations_give_a_floor_from_nothing() -> None:
    curves = toy_curves(n=25)
    doubled = curves.subset([*range(25), *range(25)])
    doubled = replace(doubled, uid=tuple(map(str, range(50))), y=doubled.y * np.random.default_rng(0).uniform(0.9, 1.1, (50, 1, 1)))
    (floor,) = repeat_floors(doubled, [12])
    assert (floor["observe"], floor["n"], floor["runs"]) == (0, 25, 2)
    assert repeat_floors(curves, [12]) == []
    doubled.y[:10, 8:] = np.nan
    assert [f["horizon"] for f in repeat_floors(doubled, [8, 12])] == [8]
