import pytest

from evaluation.paper_protocol import Paper
from evaluation.protocol import Strict
from nasbench_lc.errors import ConfigError
from predictors.neural import NeuralPredictor
from predictors.registry import PREDICTORS
from tests.evaluation.toys import Last, toy_curves


def test_the_split_is_contiguous_and_hands_test_over_as_valid() -> None:
    curves = toy_curves(10)
    parts = Paper().parts(curves, seed=5)
    assert parts.train.uid == curves.uid[:7]
    assert parts.test.uid == curves.uid[7:]
    assert parts.valid is parts.test
    with pytest.raises(ConfigError, match="at least 2 curves"):
        Paper().parts(curves.subset([0]), 0)


def test_only_the_last_epoch_of_the_runs_is_dropped() -> None:
    assert Paper().last_epoch(200, 200) == 199
    assert Paper().last_epoch(80, 200) == 80


def test_a_predictor_that_has_a_prefix_is_told_it() -> None:
    assert Paper().prepared(Last(), 7).config.prefix == 7


@pytest.mark.parametrize("name", [name for name, kind in PREDICTORS.items() if issubclass(kind, NeuralPredictor)])
def test_every_neural_sequence_model_is_fitted_for_its_prefix(name: str) -> None:
    fresh = PREDICTORS[name]()
    assert fresh.config.prefix == 0
    told = Paper().prepared(fresh, 10)
    assert type(told) is type(fresh)
    assert told.config.prefix == 10
    assert Strict().prepared(fresh, 10) is fresh
