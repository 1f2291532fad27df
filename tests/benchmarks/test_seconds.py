import pytest

from benchmarks.seconds import compare, groups_of
from generators.plan import Plan


def test_groups_are_those_that_the_plan_trains_and_enough_of_them():
    task, groups = groups_of(Plan("mlp", "car-binary", n=300), least=10)
    assert sum(len(runs) for _, runs in groups) >= 10
    assert all(len(runs) > 1 for _, runs in groups)
    assert task.name == "car-binary"


def test_a_network_by_itself_has_the_whole_share():
    task, groups = groups_of(Plan("mlp", "iris", n=300), least=4)
    shape, runs = groups[0]
    result = compare([(shape, runs[:1])], task, rounds=1)
    assert result["networks"] == 1
    assert result["share_over_share_alone"] == pytest.approx({"median": 1.0, "min": 1.0, "max": 1.0})
