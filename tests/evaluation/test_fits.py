"""A fit is taken from the cache only where a new one would be equal."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.cache import Cache
from evaluation.fits import Fits
from evaluation.matching import beside
from evaluation.split import Split, split
from evaluation.transfer import concatenate
from nasbench_lc.errors import ConfigError
from predictors.extra_trees import ExtraTrees
from predictors.few_shot import FewShot
from predictors.knn import KNN
from predictors.lc_bnn import LCBNN, LCBNNConfig
from predictors.lc_gode_x import LCGODEX, LCGODEXOptions
from predictors.registry import PREDICTORS
from tests.evaluation.toys import toy_curves

PARTS = split(toy_curves(), 0)


def kept(folder: Path) -> int:
    return len(list(folder.glob("*.json")))


def short_lc_bnn() -> LCBNN:
    return LCBNN(LCBNNConfig(steps=300, keep_every=10))


@pytest.mark.parametrize("make", [ExtraTrees, KNN, PREDICTORS["lc-pfn"], short_lc_bnn, PREDICTORS["gaussian"]])
def test_a_fit_from_the_cache_predicts_the_same_to_the_bit(make, tmp_path: Path) -> None:
    fits = Fits(Cache(tmp_path))
    first, seconds = fits.fit(make(), PARTS)
    again, as_before = fits.fit(make(), PARTS)
    assert kept(tmp_path) == 1
    assert as_before == seconds > 0
    observed, target = PARTS.test.observe(3)
    one, other = (p.predict(observed, target.t) for p in (first, again))
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.quantiles, other.quantiles)


def test_what_is_not_equal_is_fitted(tmp_path: Path) -> None:
    fits = Fits(Cache(tmp_path))
    fits.fit(KNN(), PARTS)
    fits.fit(KNN(replace(KNN().config, neighbours=3)), PARTS)
    fits.fit(KNN(), replace(PARTS, train=PARTS.valid))
    fits.fit(KNN(), replace(PARTS, valid=PARTS.test))
    assert kept(tmp_path) == 4


def test_neither_the_test_part_nor_the_seconds_of_training_count(tmp_path: Path) -> None:
    fits = Fits(Cache(tmp_path))
    fits.fit(KNN(), PARTS)
    slower = replace(PARTS.train, seconds=2 * PARTS.train.seconds)
    fits.fit(KNN(), Split(slower, PARTS.valid, PARTS.valid))
    assert kept(tmp_path) == 1


@pytest.mark.parametrize(("n", "fitted"), [(40, 2), (133, 3)])  # of 40 the split leaves 30 to learn from, of 133 a hundred
def test_curves_beside_another_task_s_take_two_fits_and_many_three_which_forecast_together_and_are_kept(
    n: int, fitted: int, tmp_path: Path
) -> None:
    own = split(toy_curves(n, seed=2), 0)
    parts = beside(PARTS, own)
    assert parts.few is not None
    fits = Fits(Cache(tmp_path))
    observed, target = parts.test.observe(3)
    found, seconds = fits.learn(KNN, parts)
    sets = [(parts.train, parts.valid), parts.few.others, parts.few.own][:fitted]
    whole, without, *alone = (KNN().fit(*of) for of in sets)
    wanted = FewShot(whole, without, concatenate(own.train, own.valid), *alone)
    np.testing.assert_array_equal(found.predict(observed, target.t).quantiles, wanted.predict(observed, target.t).quantiles)
    assert kept(tmp_path) == fitted
    assert fits.learn(KNN, parts)[1] == seconds
    assert type(fits.learn(KNN, PARTS)[0]) is KNN


def test_what_learns_from_two_tasks_is_configured_for_it_and_what_learns_from_one_is_not() -> None:
    small = LCGODEX(LCGODEXOptions(updates=2, members=1, hidden=8))
    found, _ = Fits().learn(lambda: small, beside(PARTS, split(toy_curves(133, seed=2), 0)))
    assert isinstance(found, FewShot)
    assert found.alone is not None
    assert [p.config for p in (found.whole, found.without, found.alone)] == [small.across_tasks().config] * 2 + [small.config]
    assert small.across_tasks().config != small.config


def test_what_cannot_learn_says_so_every_time_and_is_not_kept(tmp_path: Path) -> None:
    nothing = PARTS.train.subset([])
    for _ in range(2):
        with pytest.raises(ConfigError, match="at least one finite value"):
            Fits(Cache(tmp_path)).fit(KNN(), replace(PARTS, train=nothing))
    assert kept(tmp_path) == 0


def test_without_a_cache_it_fits() -> None:
    predictor, seconds = Fits().fit(KNN(), PARTS)
    assert seconds > 0
    predictor.state()
