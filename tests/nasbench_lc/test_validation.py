import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nasbench_lc.config import Recipe
from nasbench_lc.curves import Status
from nasbench_lc.table import Table, curve_digests
from nasbench_lc.validation import problems
from tests.nasbench_lc.samples import curve, recipe, run, sample_table, table_of


def with_columns(table: Table, seal: bool = True, **columns: Any) -> Table:
    changed = {**table.columns, **{n.replace("__", "/"): v for n, v in columns.items()}}
    if seal:
        changed["run/sha256"] = np.array([d.encode() for d in curve_digests(changed)])
    return Table(table.attributes, changed)


def with_attributes(table: Table, **attributes: Any) -> Table:
    return Table({**table.attributes, **attributes}, table.columns)


def at(table: Table, name: str, where: tuple[int, ...], value: Any) -> np.ndarray:
    column = table.columns[name].copy()
    column[where] = value
    return column


def test_a_sound_dataset_has_no_problem():
    assert problems(sample_table(6)) == []
    kinds = [curve(run(0)), curve(run(1), Status.DIVERGED), curve(run(2), Status.FAILED), curve(run(2, 1))]
    assert problems(table_of(kinds)) == []


T = sample_table(4)


def mixed(*recipes: Recipe) -> Table:
    """T as a dataset of these recipes; its runs are of the first sample recipe."""
    return with_attributes(T, recipe_hash="mixed", recipe=json.dumps([json.loads(r.json) for r in recipes]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: with_columns(T, seal=False, curves__lr=at(T, "curves/lr", (2, 1), 0.2)), "checksum"),
        (lambda: with_columns(T, run__uid=at(T, "run/uid", (1,), b"0" * 64)), "digest of the run's configuration"),
        (lambda: with_columns(T, run__seed=at(T, "run/seed", (1,), 5)), "digest of the run's configuration"),
        (lambda: with_columns(T, hp__lr=at(T, "hp/lr", (1,), 5)), "digest of the run's configuration"),
        (lambda: T.take([0, 1, 1]), "twice"),
        (lambda: with_columns(T, run__index=at(T, "run/index", (1,), 0)), "index and repeat"),
        (lambda: with_columns(T, arch__key=at(T, "arch/key", (1,), b"f" * 64)), "sha256 of arch/json"),
        (lambda: with_columns(T, arch__json=at(T, "arch/json", (1,), b"{}")), "must be JSON"),
        (lambda: with_columns(T, curves__test_loss=at(T, "curves/test_loss", (1, 2), -0.1)), "negative"),
        (lambda: with_columns(T, curves__test_acc=at(T, "curves/test_acc", (1, 2), 1.5)), "fraction"),
        (lambda: with_columns(T, curves__test_acc=at(T, "curves/test_acc", (1, 3), np.nan)), "finite"),
        (lambda: with_columns(T, curves__test_loss=at(T, "curves/test_loss", (1, 3), np.inf)), "finite"),
        (lambda: with_columns(T, curves__test_loss=at(T, "curves/test_loss", (1, 1), np.nan)), "gap"),
        (lambda: with_attributes(T, recipe_hash="0" * 64), "sha256 of the recipe"),
        (lambda: with_attributes(T, recipe=recipe(9).json), "sha256 of the recipe"),
        (lambda: with_attributes(T, recipe="[]"), "recipe must be JSON"),
        (lambda: with_attributes(T, plan="no JSON\n\n" + 99 * "x"), "plan of a merged part, must be a JSON object; got 'no JSON"),
        (lambda: with_attributes(T, plan="[]"), "must be a JSON object; got '[]'"),
        (lambda: with_attributes(T, plan=json.dumps({"merged": ["{}", "{half"]})), "must be a JSON object; got '{half'"),
        (lambda: with_attributes(T, plan=json.dumps({"merged": [json.dumps({"merged": [7]})]})), "must be a JSON object; got '7'"),
        (lambda: with_attributes(T, plan=json.dumps({"merged": ["[" * 99999]})), "must be a JSON object; got '[[["),
        (lambda: with_attributes(T, plan=T.attributes["plan"].replace("99", '"x"')), "whole numbers n and repeats"),
        (lambda: with_attributes(T, plan=T.attributes["plan"].replace("99", "Infinity")), "whole numbers n and repeats"),
        (lambda: Table(T.attributes, {n: c for n, c in T.columns.items() if n != "curves/test_acc"}), "names it"),
        (lambda: with_columns(T, arch__string=at(T, "arch/string", (1,), b"\xff")), "arch/string: Text must be UTF-8"),
        (lambda: with_columns(T, run__error=np.array([b"", b"\xff", b"", b""])), "run/error: Text must be UTF-8"),
        (lambda: T.take([]), "must hold runs; got none"),
        (lambda: with_attributes(T, schedule=np.full(4, np.nan)), "schedule must be finite"),
        (lambda: with_attributes(T, plan='{"merged": []}'), "plans of its parts; got none"),
        (lambda: with_attributes(T, recipe_hash="mixed"), "must be a list of recipes"),
        (lambda: with_attributes(T, recipe_hash="mixed", recipe="[1, 2]"), "recipe must be JSON"),
        (lambda: mixed(recipe(9)), "by run/recipe_hash; got a run of another"),
        (lambda: mixed(), "by run/recipe_hash; got a run of another"),
    ],
)
def test_what_is_wrong_is_said(change: Callable[[], Table], words: str):
    found = problems(change())
    assert any(words in sentence for sentence in found), found
    assert all(len(s.splitlines()) == 1 for s in found)


def test_an_imported_source_may_have_gaps_and_ids_of_its_own():
    gap = with_columns(T, curves__test_loss=at(T, "curves/test_loss", (1, 1), np.nan), run__status=at(T, "run/status", (1,), b"pa"))
    status = [b"ok", b"partial", b"ok", b"ok"]
    gap = with_columns(gap, run__status=np.array(status), run__uid=at(T, "run/uid", (0,), b"theirs"))
    imported = json.dumps({"imported": "lcbench"})
    assert problems(with_attributes(gap, plan=imported)) == []
    assert problems(with_attributes(gap, plan=json.dumps({"merged": ["{}", json.dumps({"merged": [imported]})]}))) == []


def test_mixed_recipes_are_not_compared_to_one():
    assert problems(mixed(recipe(), recipe(9))) == []


def diverged(cut: int, **values: tuple[int, float]) -> Table:
    """Row 1 of T as a diverged run that trained `cut` epochs, some curves with another value in one of them."""
    changed = {name: T.columns[name].copy() for name in T.columns if name.startswith("curves/")}
    for column in changed.values():
        column[1, cut:] = np.nan
    for name, (epoch, value) in values.items():
        changed[f"curves/{name}"][1, epoch - 1] = value
    return with_columns(T, run__status=np.array([b"ok", b"diverged", b"ok", b"ok"]), **changed)


@pytest.mark.parametrize(
    "table",
    [
        diverged(3, test_loss=(3, np.nan)),
        diverged(1, train_loss=(1, np.nan), test_loss=(1, np.inf)),
        diverged(4, test_loss=(4, np.inf)),
        diverged(4, train_loss=(2, 694.0)),
        diverged(3, train_loss=(2, 1e6), test_loss=(3, np.nan)),
    ],
)
def test_how_a_run_diverges(table: Table):
    assert problems(table) == []


@pytest.mark.parametrize(
    "table",
    [
        diverged(4),
        diverged(4, train_loss=(2, 690.0)),
        diverged(4, test_loss=(2, 1e6)),  # a test loss may be as large as it likes
        diverged(2),
        diverged(2, train_loss=(2, 1e6)),  # goes on to the last epoch
        diverged(4, test_loss=(3, np.inf)),  # does not go on
        diverged(0),
    ],
)
def test_a_diverged_run_has_a_cause(table: Table):
    assert any("A diverged run must" in s and "row 1" in s for s in problems(table))
    imported = with_attributes(table, plan=json.dumps({"imported": "csv"}))
    assert (
        any("A diverged run must" in s for s in problems(imported))
        == np.isfinite([table.columns[f"curves/{m}"][1] for m in table.metrics]).all()
    )
