import pytest

from benchmarks.studies.fits import Fit
from benchmarks.studies.prefixes import MODELS, PREFIXES, TOP10, TWINS
from evaluation.cache import config_of
from evaluation.split import split
from nasbench_lc.cli.specs import parse_spec
from predictors.configure import make
from tests.benchmarks.studies.sources import made, perceptrons

CURVES = perceptrons(24)


def row(model: str, seed: int, mape: float | None, observe: int = 10, **more: object) -> dict:
    return {"model": model, "seed": seed, "observe": observe, "mape": mape, "kendall": 0.5, **more}


def test_every_model_is_asked_from_every_prefix_that_the_curves_have() -> None:
    fits = [fit for fit in PREFIXES.fits(made(mlp_car=CURVES), 2) if isinstance(fit, Fit)]
    assert sorted((fit.seed, fit.spec) for fit in fits) == sorted((seed, model) for seed in (0, 1) for model in MODELS)
    assert {fit.pairs for fit in fits} == {tuple((k, 12) for k in (0, 1, 2, 5, 10))}
    for fit in fits:
        parts = split(CURVES, fit.seed)
        assert (fit.train.uid, fit.valid.uid, fit.tests["mlp-car"].uid) == (parts.train.uid, parts.valid.uid, parts.test.uid)


@pytest.mark.parametrize("graph", TWINS)
def test_twins_differ_in_the_graph_alone(graph: str) -> None:
    mine, other = (config_of(make(*parse_spec(spec), 0)) for spec in (graph, TWINS[graph]))
    changed = {key for key in mine.keys() & other.keys() - {"class"} if mine[key] != other[key]}
    # LC-GODE as published and NODE are two classes, with the options of the graph in the first alone.
    assert changed == ({"use_graph"} if mine["class"] == other["class"] else set())


def test_what_the_graph_is_worth_is_paired_by_seed() -> None:
    twin = TWINS["lc-gode"]
    rows = [row("lc-gode", s, m) for s, m in enumerate((0.1, 0.2, 0.3))] + [row(twin, s, m) for s, m in enumerate((0.2, 0.4, 0.6))]
    rows += [row("lc-gode", s, 0.1, observe=0) for s in range(3)] + [row(twin, s, None, observe=0) for s in range(3)]
    *_, (title, head, lines) = PREFIXES.sections(rows)
    assert title == f"What the graph is worth: lc-gode against {twin}"
    (line,) = lines  # from 0 epochs one of the two has no score
    assert line[0] == "10"
    assert line[1].startswith("0.200 [")
    assert line[3] == "-50.0 % [-50.0, -50.0]"
    assert len(line) == len(head)
    assert len(PREFIXES.sections(rows[:3])) == 2  # without the twin, no such table


def test_the_top_10_stand_best_first_with_the_ranks_of_the_first_seed() -> None:
    scores = {"precision_at_10": 0.5, "regret_at_1": 0.0, "regret_at_5": 0.0}
    rows = [row("knn", s, 0.1, top10_overlap=0.4, true_ranks=[3, 1 + s], **scores) for s in range(3)]
    rows += [row("svr", s, 0.1, top10_overlap=0.6, true_ranks=[2, 9], **scores) for s in range(3)]
    rows += [row("mean-curve", s, None, top10_overlap=None) for s in range(3)]
    rows += [row("last-value", 0, 0.1, observe=5, top10_overlap=1.0, **scores)]
    (_, _, means), (_, _, ranks) = TOP10.sections(rows)
    assert [line[0] for line in means] == ["svr", "knn", "mean-curve"]
    assert means[2][1:] == ["-"] * 4
    assert ranks == [["svr", "2, 9"], ["knn", "3, 1"], ["mean-curve", "-"]]
    specs = {fit.spec for fit in TOP10.fits(made(mlp_car=CURVES), 1) if isinstance(fit, Fit)}
    assert specs < set(MODELS)
