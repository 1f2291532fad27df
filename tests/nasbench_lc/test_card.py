import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from nasbench_lc import store
from nasbench_lc.card import card
from nasbench_lc.curves import Status
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import FormatError
from nasbench_lc.merging import merge
from nasbench_lc.table import Table
from tests.nasbench_lc.samples import curve, run, sample_table, table_of


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


@pytest.mark.parametrize(
    "content", [b"{", b"{}", b"[]", b"\xff", b'{"share_over_share_alone": 1, "group_over_alone": 1, "networks": 1, "groups": 1}']
)
def test_another_file_in_its_place_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.h5"
    store.write(path, sample_table())
    path.with_suffix(".seconds.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"must be what benchmarks\.seconds wrote") as caught:
        card(CurveDataset(path))
    assert len(str(caught.value).splitlines()) == 1


def test_a_run_without_values_leaves_the_cells_empty(tmp_path: Path) -> None:
    blank = sample_table()
    first = blank.metrics[0]
    blank.columns[f"curves/{first}"][:] = float("nan")
    path = tmp_path / "blank.h5"
    store.write(path, blank)
    assert f"| {first} | 0 | | | | | |" in card(CurveDataset(path))


def asked(table: Table, **plan: int) -> Table:
    return Table({**table.attributes, "plan": json.dumps({**json.loads(table.attributes["plan"]), **plan})}, table.columns)


def card_of(path: Path, table: Table) -> str:
    store.write(path, table)
    return card(CurveDataset(path))


def test_a_part_of_a_plan_says_so_and_whether_it_is_biased(tmp_path: Path) -> None:
    five = sample_table(5)
    assert "- partial" not in card_of(tmp_path / "whole.h5", asked(five, n=5))
    assert "- partial: 5 of 9 planned runs, those of its first 5 samples" in card_of(tmp_path / "first.h5", asked(five, n=9))
    text = card_of(tmp_path / "some.h5", asked(five.take([0, 1, 4]), n=9))
    assert "- partial: 3 of 9 planned runs. Generation trains the costliest first, so the 6 missing" in text
    assert "biased" in text
    merged = merge([asked(five, n=9), asked(sample_table(3, first=5), n=9, seed=1)], [Path("a.h5"), Path("b.h5")])
    assert "- partial: 8 of 18 planned runs. Generation" in card_of(tmp_path / "merged.h5", merged)
    imported = Table({**five.attributes, "plan": json.dumps({"imported": "csv"})}, five.columns)
    assert "- partial" not in card_of(tmp_path / "imported.h5", imported)


def test_seconds_of_different_clocks_are_different_sums(tmp_path: Path) -> None:
    def line(*kinds: str) -> str:
        table = table_of([curve(run(i)) for i in range(len(kinds))] + [curve(run(9), Status.FAILED)])
        table.columns["curves/epoch_seconds"][:-1] = 900  # for four epochs
        names = np.array([k.encode() for k in (*kinds, "measured")])
        text = card_of(tmp_path / "some.h5", Table(table.attributes, {**table.columns, "run/seconds_kind": names}))
        return next(s for s in text.splitlines() if s.startswith("- hours"))

    shares = "apportioned (shares, by cost, of a group's seconds"
    wall = "measured (by the clock on the wall, which counts what else the machine did)"
    thread = "processor (seconds of the one thread that trained each)"
    head = "- hours of training, summed over runs: "
    assert line("measured", "apportioned", "measured") == f"{head}1 of 1 runs {shares} by the clock on the wall); 2 of 2 runs {wall}"
    assert line("processor", "apportioned") == f"{head}1 of 1 runs {shares} of its one thread); 1 of 1 runs {thread}"
    assert line("apportioned") == f"{head}1 of 1 runs {shares})"
    assert f"{shares});" in line("processor", "apportioned", "measured")


def test_no_seconds_no_hours(tmp_path: Path) -> None:
    table = sample_table(2)
    text = card_of(tmp_path / "some.h5", Table(table.attributes, {n: c for n, c in table.columns.items() if n != "curves/epoch_seconds"}))
    assert "summed over runs: not recorded" in text
