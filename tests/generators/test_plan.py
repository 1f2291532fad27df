from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.plan import Plan, anywhere, resolve
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.seeding import child_seed
from tests.generators.stub import plan_of, resolver

scalars = st.one_of(st.text(max_size=8), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
options = st.dictionaries(st.text(max_size=8), scalars, max_size=3).map(lambda d: tuple(sorted(d.items())))


@given(
    st.builds(
        Plan, st.text(), st.text(), st.integers(1), st.integers(1), st.none() | st.integers(1, 100_000), st.integers(0), options, options
    )
)
def test_round_trip(plan: Plan):
    assert Plan.from_json(plan.json) == plan
    assert Plan.from_json(plan.json).json == plan.json


def test_golden_json():
    """What the `plan` attribute of shipped files looks like."""
    text = (
        '{"epochs":200,"n":550,"repeats":1,"seed":0,"space":"mlp","space_options":{"momentum":0.0},"task":"car-binary","task_options":{}}'
    )
    plan = Plan("mlp", "car-binary", 550, epochs=200, space_options=(("momentum", 0.0),))
    assert plan.json == text
    assert Plan.from_json(text) == plan


@pytest.mark.parametrize("change", [{"n": 0}, {"n": -5}, {"repeats": 0}, {"seed": -1}, {"epochs": 0}, {"epochs": -1}, {"epochs": 10**11}])
def test_numbers_out_of_range(change: dict[str, int]):
    name = next(iter(change))
    with pytest.raises(ConfigError, match=f"--{name} must"):
        plan_of(**{"n": 3, **change})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "5",
        "{}",
        '{"imported": "lcbench"}',
        '{"merged": []}',
        plan_of(3).json.replace('"n":3', '"n":"x"'),
        plan_of(3).json.replace('"n":3', '"n":1e999'),
        plan_of(3).json.replace('"space_options":{}', '"space_options":5'),
        "[" * 100_000,
    ],
)
def test_what_is_no_plan_is_refused_in_one_sentence(text: str):
    with pytest.raises(FormatError) as caught:
        Plan.from_json(text)
    assert len(str(caught.value).splitlines()) == 1


def test_a_larger_plan_begins_with_the_smaller():
    small, large = resolver(plan_of(7, repeats=2), None).runs(), resolver(plan_of(20, repeats=3), None).runs()
    assert [r for r in large if r.index < 7 and r.repeat < 2] == small
    assert [(r.index, r.repeat) for r in small] == [(i, k) for i in range(7) for k in range(2)]
    assert len({r.run_id for r in large}) == 60
    assert all(r.seed == child_seed(0, r.index, r.repeat) for r in large)
    assert {r.run_id for r in resolver(plan_of(7, seed=1), None).runs()}.isdisjoint(r.run_id for r in small)


def test_repeats_share_architecture_and_hyperparameters():
    runs = resolver(plan_of(3, repeats=4), None).runs()
    for i in range(3):
        same = [r for r in runs if r.index == i]
        assert len({(r.architecture, r.hyperparameters) for r in same}) == 1
        assert len({r.seed for r in same}) == 4


def test_more_than_the_space_holds_is_refused():
    with pytest.raises(ConfigError):
        resolver(plan_of(501), None).runs()


def test_resolve_loads_space_task_recipe_and_trainer():
    problem = resolve(Plan("mlp", "iris", 3, space_options=(("momentum", 0.5),), task_options=(("val_fraction", 0.2),)))
    assert (problem.recipe.space, problem.recipe.task, problem.recipe.epochs) == ("mlp", "iris", problem.space.default_epochs)
    assert "val" in problem.task.x
    settings = dict(problem.recipe.settings)
    assert {f"task_{k}": v for k, v in problem.task.settings.items()}.items() <= settings.items()
    assert problem.space.settings(problem.task, 200).items() <= settings.items()
    assert resolve(Plan("mlp", "iris", 99, seed=7)).recipe.hash == resolve(Plan("mlp", "iris", 1)).recipe.hash
    assert resolve(Plan("mlp", "iris", 3, epochs=5)).recipe.epochs == 5


def test_own_data_are_found_from_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """By an absolute path that keeps the name: a link names another task than its target."""
    (tmp_path / "far.csv").touch()
    (tmp_path / "near.csv").symlink_to("far.csv")
    monkeypatch.chdir(tmp_path)
    assert anywhere(Plan("mlp", "near.csv", 1)).task == str(tmp_path / "near.csv")
    assert anywhere(Plan("mlp", str(tmp_path / "far.csv"), 1)).task == str(tmp_path / "far.csv")
    assert anywhere(Plan("mlp", "car", 1)).task == "car"


@pytest.mark.parametrize("change", [{"space": "mpl"}, {"task": "irsi"}, {"space_options": (("channels", 4),)}])
def test_what_does_not_exist_is_refused(change: dict[str, object]):
    with pytest.raises(ConfigError):
        resolve(Plan(**{"space": "mlp", "task": "iris", "n": 1, **change}))  # type: ignore[arg-type]
