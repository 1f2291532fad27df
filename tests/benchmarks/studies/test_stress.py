from dataclasses import replace

import pytest

from benchmarks.studies import stress
from benchmarks.studies.base import Unavailable
from benchmarks.studies.fits import Fit
from tests.benchmarks.studies.sources import cells, made, perceptrons

SKIPS = "cells, skip connections after none"
ON_FILES = {case: name for case, (name, _) in stress.CASES.items() if ":" in name}
CURVES = perceptrons()


def asked(source, seeds: int = 2) -> list[Fit]:
    return [fit for fit in stress.STRESS.fits(source, seeds) if isinstance(fit, Fit)]


@pytest.mark.parametrize("case", [case for case in stress.CASES if case not in ON_FILES])
def test_the_halves_share_nothing_and_differ_as_stated(case: str) -> None:
    _, quantity = stress.CASES[case]
    fits = [fit for fit in asked(made(mlp_car=CURVES)) if fit.labels["case"] == case]
    assert {(fit.spec, fit.seed) for fit in fits} == {(model, seed) for model in stress.MODELS for seed in (0, 1)}
    for fit in fits:
        parts = (fit.train, fit.valid, fit.tests["in range"], fit.tests["out of range"])
        assert min(map(len, parts)) > 0
        assert sorted(uid for part in parts for uid in part.uid) == sorted(CURVES.uid)
        groups = [set(part.group) for part in parts]
        assert sum(map(len, groups)) == len(set.union(*groups))
        assert max(quantity(part).max() for part in parts[:3]) < quantity(parts[3]).min()


def test_cells_with_a_skip_connection_are_never_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stress.CASES, SKIPS, ("cells", stress.CASES[SKIPS][1]))
    fits = asked(made(cells=cells()))
    assert {fit.labels["case"] for fit in fits} == {SKIPS}
    for fit in fits:
        for part in (fit.train, fit.valid, fit.tests["in range"]):
            assert not any(node.op == "identity" for a in part.architectures for node in a.nodes)
        assert all(any(node.op == "identity" for node in a.nodes) for a in fit.tests["out of range"].architectures)
        assert len(fit.tests["out of range"]) == 12


def test_a_cell_that_computes_what_one_without_a_skip_connection_does_is_not_out_of_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stress.CASES, SKIPS, ("cells", stress.CASES[SKIPS][1]))
    curves = cells()
    same = replace(curves, group=(curves.group[1], *curves.group[1:]))  # the first has no skip connection, the second has one
    for fit in asked(made(cells=same)):
        assert curves.uid[1] not in {*fit.train.uid, *fit.valid.uid, *fit.tests["in range"].uid, *fit.tests["out of range"].uid}
        assert len(fit.tests["out of range"]) == 11


def test_a_case_without_its_data_is_skipped_with_a_sentence() -> None:
    answers = list(stress.STRESS.fits(made(mlp_car=CURVES), 1))
    skipped = [str(answer) for answer in answers if isinstance(answer, Unavailable)]
    assert [sentence.split(":")[0] for sentence in skipped] == list(ON_FILES)
    assert all("--data" in sentence for sentence in skipped)
    assert len(answers) == len(skipped) + 3 * len(stress.MODELS)


def test_large_files_are_cut_and_short_curves_are_seen_for_5_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "LIMIT", 30)
    fit = asked(made(mlp_car=CURVES))[0]
    seen = {*fit.train.uid, *fit.valid.uid, *fit.tests["in range"].uid, *fit.tests["out of range"].uid}
    assert seen == set(CURVES.uid[:30])
    assert fit.pairs == ((5, 12),)
    assert asked(made(mlp_car=perceptrons(48, 41)))[0].pairs == ((10, 41),)
