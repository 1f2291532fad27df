from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from generators.mlp.draws import Draws
from generators.mlp.spec import LANES, MLPSpec
from nasbench_lc.config import Recipe
from nasbench_lc.seeding import Purpose, Stream, permutation


@pytest.fixture
def draws(make_task, make_run):
    return Draws(MLPSpec.of(make_run((7, 9), dropout=0.3, seed=11), make_task()), 60)


def test_initial_weights_read_the_top_24_bits_row_by_row(draws):
    weight, bias = draws.initial(1)
    words = Stream.of_run(11).words(7 * 9 + 9, Purpose.INIT, layer=1)
    by_hand = [(2 * (int(w) >> 40) / 2**24 - 1) / 7**0.5 for w in words]
    np.testing.assert_allclose(np.append(weight.ravel(), bias), by_hand, rtol=1e-14)
    assert weight.shape == (9, 7)


def test_initial_weights_are_uniform(make_task, make_run):
    weight, _ = Draws(MLPSpec.of(make_run((300, 300)), make_task()), 60).initial(1)
    assert stats.kstest(weight.ravel() * 300**0.5, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_orders_are_permutations_and_fresh(draws):
    first, second = draws.order(1), draws.order(2)
    assert sorted(first) == list(range(60))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, draws.order(1))


@pytest.mark.parametrize("rows", [4, 8, 20, 60, 1000])
def test_pieces_of_a_mask_are_the_mask(draws, rows):
    lanes = Stream.of_run(11).words(60 * 9 // 4, Purpose.DROPOUT, epoch=3, layer=1).astype("<u8").view("<i2").reshape(60, 9)
    pieces = list(draws.kept(3, 1, rows))
    assert [len(p) for p in pieces[:-1]] == [rows] * (len(pieces) - 1)
    np.testing.assert_array_equal(np.concatenate(pieces), lanes >= round(LANES * 0.3) - 32768)


def test_pieces_must_end_with_a_word(draws):
    with pytest.raises(ValueError, match="word"):
        list(draws.kept(1, 1, 3))


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.97])
def test_masks_drop_their_share(make_task, make_run, rate):
    spec = MLPSpec.of(make_run((500,), dropout=rate), make_task(rows=400))
    kept = np.concatenate(list(Draws(spec, 400).kept(1, 0, 400)))
    assert stats.binomtest(int((~kept).sum()), kept.size, spec.rates[0] / LANES).pvalue > 1e-3


def test_a_rate_that_rounds_to_one_keeps_nothing(make_task, make_run):
    spec = MLPSpec.of(make_run((8,), dropout=0.999999), make_task())
    assert not np.concatenate(list(Draws(spec, 60).kept(1, 0, 16))).any()


def test_a_branch_shares_the_streams_up_to_its_epoch(make_task, make_run):
    run = make_run((8,), dropout=0.3, seed=11)
    recipe = Recipe.of("mlp", "toy", 3, {**dict(run.recipe.settings), "branch_epoch": 1, "branch": 2})
    trunk, branch = (Draws(MLPSpec.of(r, make_task()), 60) for r in (run, replace(run, recipe=recipe)))
    np.testing.assert_array_equal(trunk.initial(0)[0], branch.initial(0)[0])
    for same, epoch in ((True, 1), (False, 2), (False, 3)):
        assert np.array_equal(trunk.order(epoch), branch.order(epoch)) == same
        assert np.array_equal(next(trunk.kept(epoch, 0, 60)), next(branch.kept(epoch, 0, 60))) == same
    np.testing.assert_array_equal(branch.order(2), permutation(Stream("run/11/branch/2").words(60, Purpose.SHUFFLE, epoch=2)))
