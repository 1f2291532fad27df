import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.splitting import allot, stratified_split
from nasbench_lc.errors import ConfigError

COUNTS = st.lists(st.integers(2, 60), min_size=1, max_size=8)
TASKS = COUNTS.filter(lambda counts: len(counts) > 1)
"""A task has two classes or more: of two rows in all, none is left to hold out."""


@given(COUNTS, st.floats(0, 1))
def test_shares_add_up_and_empty_no_class(counts, fraction):
    total = round(fraction * (sum(counts) - len(counts)))
    shares = allot(counts, total)
    assert sum(shares) == total
    assert all(0 <= s < c for s, c in zip(shares, counts, strict=True))


@given(st.lists(st.integers(40, 400), min_size=1, max_size=8))
def test_shares_are_proportional_where_classes_are_large(counts):
    total = sum(counts) // 4
    for share, count in zip(allot(counts, total), counts, strict=True):
        assert abs(share - total * count / sum(counts)) < 1


@given(TASKS, st.sampled_from([0.0, 1e-12, 0.1, 0.25, 0.5, 0.99]))
def test_parts_partition_the_rows_and_the_test_part_stays(counts, val_fraction):
    labels = np.repeat(np.arange(len(counts)), counts)
    plain = stratified_split("x", labels, 0.0)
    assert set(plain) == {"train", "test"}
    assert set(labels[plain["train"]]) == set(range(len(counts)))
    parts = stratified_split("x", labels, val_fraction)
    assert ("val" in parts) == (val_fraction > 0)
    assert min(map(len, parts.values())) >= 1
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(len(labels)))
    assert np.array_equal(parts["test"], plain["test"])
    assert set(labels[parts["train"]]) == set(range(len(counts)))


def test_split_is_a_fair_draw():
    labels = np.zeros(400, dtype=np.int64)
    hits = sum(np.isin(np.arange(400), stratified_split(f"t{i}", labels, 0.0)["test"]) for i in range(200))
    # 200 draws of probability 1/4 per row: mean 50, standard deviation 6.1.
    assert 15 < hits.min() < hits.max() < 85
    assert hits.mean() == 50


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_fraction_out_of_range(fraction):
    with pytest.raises(ConfigError, match="held-out fraction"):
        stratified_split("x", np.zeros(8, dtype=np.int64), fraction)
