import json
from pathlib import Path

import pytest

from nasbench_lc.errors import ConfigError
from nasbench_lc.merging import merge
from nasbench_lc.table import Table
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
