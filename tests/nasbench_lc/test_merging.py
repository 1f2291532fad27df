import json
from pathlib import Path

import numpy as np
import pytest

from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.merging import merge
from nasbench_lc.table import Table, curve_digests
from nasbench_lc.validation import problems
from tests.nasbench_lc.samples import curve, recipe, run, same, sample_table, table_of

PATHS = [Path(f"{c}.h5") for c in "abc"]


def planned(table: Table, **plan: object) -> Table:
    return Table({**table.attributes, "plan": json.dumps({**json.loads(table.attributes["plan"]), **plan})}, table.columns)


def test_pieces_of_one_plan_become_the_whole():
    whole = sample_table(6)
    parts = [whole.take([4, 5, 1]), whole.take([0, 1]), whole.take([3, 2])]
    merged = merge(parts, PATHS)
    assert same(merged, whole)
    assert merged.attributes == whole.attributes
    assert problems(merged) == []


def test_runs_of_different_plans_get_new_places():
    a, b = planned(sample_table(3), seed=1), planned(sample_table(3, first=2), seed=2)
    merged = merge([a, b], PATHS[:2])
    assert len(merged) == 5
    assert merged.columns["run/index"].tolist() == list(range(5))
    assert merged.columns["run/repeat"].tolist() == [0] * 5
    assert set(merged.uids) == {*a.uids, *b.uids}
    assert "merged" in json.loads(merged.attributes["plan"])
    assert problems(merged) == []


def test_other_recipes_only_on_demand():
    other = recipe(4, augment="yes")
    a, b = sample_table(3), table_of([curve(run(i, recipe=other)) for i in range(3)], other)
    with pytest.raises(ConfigError, match="--allow-mixed"):
        merge([a, b], PATHS[:2])
    merged = merge([a, b], PATHS[:2], allow_mixed=True)
    assert len(merged) == 6
    assert merged.attributes["recipe_hash"] == "mixed"
    assert len(json.loads(merged.attributes["recipe"])) == 2
    assert set(merged.columns["run/recipe_hash"].tolist()) == {recipe().hash.encode(), other.hash.encode()}
    assert problems(merged) == []
    thrice = merge([merged, b, a], PATHS, allow_mixed=True)
    assert sorted(thrice.uids) == sorted(merged.uids)
    assert json.loads(thrice.attributes["recipe"]) == json.loads(merged.attributes["recipe"])


def test_two_mixed_datasets_may_be_of_different_recipes():
    recipes = [recipe(4, augment=a) for a in "abcd"]
    a, b, c, d = (table_of([curve(run(0, recipe=r))], r) for r in recipes)
    ab, cd = merge([a, b], PATHS[:2], allow_mixed=True), merge([c, d], PATHS[:2], allow_mixed=True)
    with pytest.raises(ConfigError, match="--allow-mixed"):
        merge([ab, cd], PATHS[:2])
    both = merge([ab, cd], PATHS[:2], allow_mixed=True)
    assert sorted(json.dumps(r, sort_keys=True) for r in json.loads(both.attributes["recipe"])) == sorted(
        json.dumps(json.loads(r.json), sort_keys=True) for r in recipes
    )
    assert problems(both) == []
    assert same(merge([ab, ab], PATHS[:2]), ab)


def without_rates(table: Table) -> Table:
    columns = {n: c for n, c in table.columns.items() if n != "curves/lr"}
    return Table(table.attributes, {**columns, "run/sha256": np.array([d.encode() for d in curve_digests(columns)])})


def test_checksums_fit_where_some_runs_lack_a_curve():
    merged = merge([sample_table(3), without_rates(sample_table(2, first=3))], PATHS[:2])
    assert np.isnan(merged.columns["curves/lr"]).all(1).tolist() == [False] * 3 + [True] * 2
    assert problems(merged) == []
    assert same(merge([sample_table(3), sample_table(2, first=3)], PATHS[:2]), sample_table(5))


def test_an_altered_curve_never_gets_a_new_checksum():
    altered = sample_table(3)
    altered.columns["curves/lr"][0, 0] = 9
    with pytest.raises(FormatError, match=r"checksums .* got others in a\.h5"):
        merge([altered, without_rates(sample_table(2, first=3))], PATHS[:2])


def test_names_and_schedules_of_mixed_datasets():
    other = recipe(4, augment="yes")
    b = table_of([curve(run(7, recipe=other))], other)
    b = Table({**b.attributes, "task": "wine", "schedule": b.attributes["schedule"] * 0.5}, b.columns)
    merged = merge([sample_table(1), b], PATHS[:2], allow_mixed=True)
    assert merged.attributes["task"] == "toy+wine"
    assert "schedule" not in merged.attributes


@pytest.mark.parametrize("allow", [False, True])
def test_shapes_must_agree(allow: bool):
    with pytest.raises(ConfigError, match="epochs"):
        merge([sample_table(2), sample_table(2, epochs=5)], PATHS[:2], allow)
    other = table_of([curve(run(0), metrics=("test_loss", "train_loss"))])
    with pytest.raises(ConfigError, match="metrics"):
        merge([sample_table(2), other], PATHS[:2], allow)


def test_one_file_is_itself():
    assert same(merge([sample_table(3)], PATHS[:1]), sample_table(3))
