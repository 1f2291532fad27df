import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.backtest import evaluate
from evaluation.floors import FLOORS_SCHEMA, measured_floors, repeat_floors
from evaluation.noise_floor import noise_floor
from evaluation.report import write_report
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
        assert text.count("x floor") == 1
        assert "Noise floor: " in text
    assert json.loads((tmp_path / "scores.json").read_text())["noise_floors"][0]["observe"] == 4


def test_repeated_configurations_give_a_floor_from_nothing() -> None:
    curves = toy_curves(n=25)
    doubled = curves.subset([*range(25), *range(25)])
    doubled = replace(doubled, uid=tuple(map(str, range(50))), y=doubled.y * np.random.default_rng(0).uniform(0.9, 1.1, (50, 1, 1)))
    (floor,) = repeat_floors(doubled, [12])
    assert (floor["observe"], floor["n"], floor["runs"]) == (0, 25, 2)
    assert repeat_floors(curves, [12]) == []
