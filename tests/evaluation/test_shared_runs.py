from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.shared_runs import shared_runs
from tests.evaluation.toys import toy_curves

CURVES = toy_curves(12, seed=1)


@given(st.permutations(range(12)), st.sets(st.integers(0, 11)))
def test_every_run_of_a_subset_finds_itself_whatever_the_order(order: list[int], kept: set[int]) -> None:
    some = [i for i in order if i in kept]
    found = shared_runs(CURVES, CURVES.subset(np.array(some, dtype=np.int64)))
    assert [(ours.tolist(), theirs.tolist()) for ours, theirs in found] == [([i], [j]) for j, i in enumerate(some)]


def test_repeats_are_runs_of_one_configuration() -> None:
    found = shared_runs(CURVES.subset(np.array([5, 3, 3, 8])), CURVES.subset(np.array([3, 9, 5, 3])))
    assert [(ours.tolist(), theirs.tolist()) for ours, theirs in found] == [([1, 2], [0, 3]), ([0], [2])]


def test_another_architecture_or_hyperparameter_is_another_configuration() -> None:
    higher = replace(CURVES, hyperparameters=CURVES.hyperparameters * [1.0, 1.0001])
    wider = replace(CURVES, architectures=toy_curves(24, seed=1).architectures[12:])
    for other in (higher, wider):
        assert shared_runs(CURVES, other) == []


def test_hyperparameters_in_single_precision_are_the_same() -> None:
    rounded = replace(CURVES, hyperparameters=CURVES.hyperparameters.astype(np.float32).astype(np.float64))
    assert [ours.tolist() for ours, _ in shared_runs(CURVES, rounded)] == [[i] for i in range(12)]
