import hashlib
import json
from pathlib import Path

import numpy as np

from nasbench_lc import store
from nasbench_lc.card import card
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.table import Table
from tests.nasbench_lc.samples import sample_table


def test_the_card_says_what_the_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "some.h5"
    store.write(path, sample_table())
    data = CurveDataset(path)
    text = card(data)
    assert text.startswith("# some\n")
    assert f"{len(data)} runs x {data.table.epochs} epochs" in text
    assert hashlib.sha256(path.read_bytes()).hexdigest() in text
    for metric in data.metrics:
        assert f"| {metric} |" in text
    assert str(data.attributes["recipe_hash"]) in text


def test_constant_functions_are_counted(tmp_path: Path) -> None:
    marked = sample_table(3)
    path = tmp_path / "marked.h5"
    store.write(path, Table(marked.attributes, {**marked.columns, "arch/constant": np.array([1.0, 0.0, np.nan])}))
    assert "- architectures that answer the same whatever the input: 1\n" in card(CurveDataset(path))


def test_the_check_of_apportioned_seconds_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "some.h5"
    store.write(path, sample_table())
    spread = {"median": 0.996, "min": 0.97, "max": 1.046}
    check = {"networks": 45, "groups": 8, "share_over_share_alone": spread, "group_over_alone": spread}
    path.with_suffix(".seconds.json").write_text(json.dumps(check))
    text = card(CurveDataset(path))
    assert "checked by timing 45 networks alone (the 8 groups" in text
    assert "1.00 (0.97 to 1.05) of its share" in text


def test_a_run_without_values_leaves_the_cells_empty(tmp_path: Path) -> None:
    blank = sample_table()
    first = blank.metrics[0]
    blank.columns[f"curves/{first}"][:] = float("nan")
    path = tmp_path / "blank.h5"
    store.write(path, blank)
    assert f"| {first} | 0 | | | | | |" in card(CurveDataset(path))
