import json
from typing import Any

import pytest

from nasbench_lc.errors import FormatError
from nasbench_lc.plans import planned, plans_of


def plan(**changes: Any) -> dict[str, Any]:
    whole = {"space": "mlp", "task": "toy", "n": 9, "repeats": 1, "epochs": None, "seed": 0, "space_options": {}, "task_options": {}}
    return {**whole, **changes}


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"merged": [json.dumps(p) for p in parts]}


def test_one_plan_or_those_of_all_parts():
    a, b, c = plan(seed=1), plan(seed=2), {"imported": "lcbench"}
    assert plans_of(json.dumps(a)) == [a]
    found = plans_of(json.dumps(merged(a, merged(b, c))))
    assert sorted(map(str, found)) == sorted(map(str, [a, b, c]))


@pytest.mark.parametrize("text", ["no JSON", "[]", "[" * 99999, json.dumps({"merged": [7]}), json.dumps(merged(plan()))[:-5] + '{"]}'])
def test_what_is_no_plan(text: str):
    with pytest.raises(FormatError, match="must be a JSON object"):
        plans_of(text)


WRONG = [
    {"n": "x"},
    {"n": float("inf")},
    {"n": float("nan")},
    {"n": 0},
    {"n": True},
    {"repeats": None},
    {"seed": -1},
    {"epochs": 1.5},
    {"task": 3},
    {"space_options": []},
]


@pytest.mark.parametrize("changes", WRONG, ids=str)
def test_a_plan_that_generate_cannot_have_written(changes: dict[str, Any]):
    for text in (json.dumps(plan(**changes)), json.dumps(merged(plan(), plan(**changes)))):
        with pytest.raises(FormatError, match="whole numbers n and repeats"):
            plans_of(text)
    with pytest.raises(FormatError, match="all else"):
        plans_of('{"n": 5, "repeats": 1}')


def test_runs_that_several_plans_ask_for_count_once():
    assert planned([plan(n=9, repeats=2)]) == 18
    assert planned([plan(n=9), plan(n=9, seed=1)]) == 18
    assert planned([plan(n=4), plan(n=9)]) == 9
    assert planned([plan(n=4, repeats=3), plan(n=9), plan(n=6, repeats=2)]) == 9 + 6 + 4
    assert planned([plan(), {"imported": "lcbench"}]) is None
