from benchmarks.flagship.cases import ALL_CELLS, CASES, FETCHED, FRESH
from benchmarks.flagship.parts import PARTS
from benchmarks.flagship.plan import FIELD, OURS, PLAN, questions
from nasbench_lc.cli.specs import parse_spec
from predictors.configure import make


def test_the_plan_names_cases_models_and_parts_that_exist() -> None:
    for stage in PLAN:
        assert set(stage.cases) <= {case.name for case in (*CASES, *FRESH, *FETCHED, ALL_CELLS)}
        for model in stage.models:
            spec, _, part = model.partition("/")
            make(*parse_spec(spec), 0)
            assert not part or part in PARTS


def test_the_whole_field_answers_every_case_under_five_splits() -> None:
    asked = {(case.name, model, seed) for case, model, seed in questions(PLAN)}
    assert {(case.name, model, seed) for case in CASES for model in FIELD for seed in range(5)} <= asked


def test_nothing_is_asked_twice_and_variants_stand_beside_the_whole_model() -> None:
    asked = [(case.name, model, seed) for case, model, seed in questions(PLAN)]
    assert len(asked) == len(set(asked))
    assert all((case, OURS, seed) in asked for case, _, seed in asked)


def test_a_text_leaves_the_other_cases_out() -> None:
    assert {case.name for case, _, _ in questions(PLAN, "mlp-car")} == {"mlp-car test_loss", "mlp-car test_acc"}
