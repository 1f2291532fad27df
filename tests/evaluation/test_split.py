import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.split import split
from nasbench_lc.errors import ConfigError
from tests.evaluation.toys import toy_curves

SEEDS = st.integers(0, 2**31)


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, n=st.integers(3, 60), repeats=st.integers(1, 4))
def test_no_group_parts_and_no_run_is_lost(seed: int, n: int, repeats: int) -> None:
    curves = toy_curves(n * repeats, epochs=2, repeats=repeats)
    parts = split(curves, seed)
    groups = [set(p.group) for p in (parts.train, parts.valid, parts.test)]
    assert all(groups)
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    assert sorted(parts.train.uid + parts.valid.uid + parts.test.uid) == sorted(curves.uid)


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, shuffle=st.permutations(range(20)))
def test_the_order_of_rows_is_irrelevant(seed: int, shuffle: list[int]) -> None:
    curves = toy_curves(20, epochs=2, repeats=2)
    a, b = split(curves, seed), split(curves.subset(shuffle), seed)
    assert (a.train.uid, a.valid.uid, a.test.uid) == (b.train.uid, b.valid.uid, b.test.uid)
    np.testing.assert_array_equal(a.test.y, b.test.y)


def test_the_rule_as_written() -> None:
    curves = toy_curves(40, epochs=2, repeats=2)
    order = sorted(set(curves.group), key=lambda g: hashlib.sha256(f"7:{g}".encode()).hexdigest())
    parts = split(curves, 7)
    assert list(dict.fromkeys(parts.test.group)) == order[:5]  # 25 % of 20
    assert list(dict.fromkeys(parts.valid.group)) == order[5:7]  # 15 % of 15 is 2.25
    assert list(dict.fromkeys(parts.train.group)) == order[7:]


@pytest.mark.parametrize(("groups", "test", "valid"), [(3, 1, 1), (4, 1, 1), (10, 3, 1), (40, 10, 5), (200, 50, 23), (1000, 250, 113)])
def test_halves_round_up_and_no_part_is_empty(groups: int, test: int, valid: int) -> None:
    parts = split(toy_curves(groups, epochs=1), 0)
    assert (len(parts.test), len(parts.valid), len(parts.train)) == (test, valid, groups - test - valid)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 50), small=st.integers(1, 36), large=st.integers(1, 36))
def test_train_sizes_are_nested_and_never_change_test(seed: int, small: int, large: int) -> None:
    small, large = sorted((small, large))
    curves = toy_curves(48, epochs=1)
    a, b, whole = split(curves, seed, small), split(curves, seed, large), split(curves, seed)
    assert len(a.train) + len(a.valid) == small
    for larger in (b, whole):
        assert a.train.uid == larger.train.uid[: len(a.train)]
        assert a.valid.uid == larger.valid.uid[: len(a.valid)]
    assert a.test.uid == whole.test.uid


def test_a_train_size_is_85_to_15() -> None:
    parts = split(toy_curves(200, epochs=1), 3, train_size=100)
    assert (len(parts.train), len(parts.valid)) == (85, 15)


@pytest.mark.parametrize("size", [0, -1, 37])
def test_an_impossible_train_size_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match=r"1 \.\. 36 runs; got"):
        split(toy_curves(48, epochs=1), 0, size)


def test_two_groups_are_too_few() -> None:
    with pytest.raises(ConfigError, match="at least 3 groups"):
        split(toy_curves(4, repeats=2), 0)


def test_seeds_differ() -> None:
    curves = toy_curves(48, epochs=1)
    assert split(curves, 0).test.uid != split(curves, 1).test.uid
