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
    here, there = shared_runs(CURVES, CURVES.subset(np.array(some, dtype=np.int64)))
    assert here.tolist() == some
    assert there.tolist() == list(range(len(some)))


def test_each_repetition_is_a_pair_with_each() -> None:
    twice = CURVES.subset(np.array([3, 3, 5]))
    here, there = shared_runs(CURVES.subset(np.array([5, 3, 3])), twice)
    assert list(zip(here.tolist(), there.tolist(), strict=True)) == [(1, 0), (2, 0), (1, 1), (2, 1), (0, 2)]


def test_another_architecture_or_hyperparameter_is_another_configuration() -> None:
    higher = replace(CURVES, hyperparameters=CURVES.hyperparameters * [1.0, 1.0001])
    wider = replace(CURVES, architectures=toy_curves(24, seed=1).architectures[12:])
    for other in (higher, wider):
        assert [len(rows) for rows in shared_runs(CURVES, other)] == [0, 0]


def test_hyperparameters_in_single_precision_are_the_same() -> None:
    rounded = replace(CURVES, hyperparameters=CURVES.hyperparameters.astype(np.float32).astype(np.float64))
    assert shared_runs(CURVES, rounded)[0].tolist() == list(range(12))
