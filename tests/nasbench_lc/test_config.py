"""Golden hashes: a dataset that ships today must resume and validate under every later version."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.config import Recipe, RunConfig, canonical_json, digest
from nasbench_lc.errors import FormatError
from nasbench_lc.seeding import child_seed

SETTINGS = {"schedule": "step", "step_every": 80, "nesterov": False, "step_factor": 0.5}
RECIPE = Recipe.of("mlp", "car-binary", 200, SETTINGS)
ARCHITECTURE = Architecture(
    "mlp", (Node("input"), Node.of("linear", units=64), Node.of("linear", units=128), Node("output")), ((0, 1), (1, 2), (2, 3)), "64-128"
)
HYPERPARAMETERS = (("batch_size", 32.0), ("dropout", 0.25), ("lr", 0.0123456), ("momentum", 0.9), ("weight_decay", 1e-5))
RUN = RunConfig(RECIPE, ARCHITECTURE, HYPERPARAMETERS, child_seed(0, 0, 0))

scalars = st.one_of(st.text(max_size=8), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())


def test_golden_recipe_hash():
    text = (
        '{"epochs":200,"settings":{"nesterov":false,"schedule":"step","step_every":80,"step_factor":0.5},"space":"mlp","task":"car-binary"}'
    )
    assert RECIPE.json == text
    assert RECIPE.hash == "45e65ab7beda769ff503cdc18c9df257b869ff9852d6f652d2dc8bb381584215"


def test_golden_run_id():
    assert RUN.run_id == "1f60def9a2dafa47026ac33ff02d889c7f9736cbe8b02271b89ddc4917ede9de"


@given(st.text(), st.text(), st.integers(1, 10**6), st.dictionaries(st.text(max_size=8), scalars, max_size=6))
def test_recipe_round_trip(space: str, task: str, epochs: int, settings: dict[str, Any]):
    recipe = Recipe.of(space, task, epochs, settings)
    again = Recipe.from_json(recipe.json)
    assert again == recipe
    assert again.hash == recipe.hash
    assert recipe == Recipe.of(space, task, epochs, dict(reversed(settings.items())))
    for name, value in settings.items():
        assert recipe.get(name, None) == value  # type: ignore[arg-type]
    assert Recipe.of(space, task, epochs, {}).get("absent", 3) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": Recipe.of("mlp", "car-binary", 201, SETTINGS)},
        {"recipe": Recipe.of("mlp", "car-binary", 200, {**SETTINGS, "step_factor": 0.25})},
        {"architecture": Architecture("mlp", ARCHITECTURE.nodes[1:], ((0, 1), (1, 2)))},
        {"hyperparameters": (*HYPERPARAMETERS[:4], ("weight_decay", 2e-5))},
        {"seed": 1},
    ],
)
def test_what_determines_a_run_is_its_identity(change: dict[str, Any]):
    fields = {"recipe": RECIPE, "architecture": ARCHITECTURE, "hyperparameters": HYPERPARAMETERS, "seed": RUN.seed}
    assert RunConfig(**{**fields, **change}).run_id != RUN.run_id


def test_place_in_the_plan_is_no_part_of_the_identity():
    moved = RunConfig(RECIPE, ARCHITECTURE, HYPERPARAMETERS, RUN.seed, index=7, repeat=3)
    assert moved.run_id == RUN.run_id
    assert moved == RUN
    assert RUN.hp["lr"] == 0.0123456


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "3",
        '{"space":"a","task":"b","epochs":"x","settings":{}}',
        '{"space":"a","task":"b","epochs":1e999,"settings":{}}',
        '{"space":"a","task":"b","epochs":1,"settings":5}',
        '{"space":"a","task":"b","epochs":1,"settings":{"x":NaN}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_recipe_is_refused_in_one_sentence(text: str):
    with pytest.raises(FormatError) as caught:
        Recipe.from_json(text)
    assert len(str(caught.value).splitlines()) == 1


def test_canonical_json_and_digest():
    assert canonical_json({"b": [1, 2.5, "é"], "a": None}) == '{"a":null,"b":[1,2.5,"\\u00e9"]}'
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))
