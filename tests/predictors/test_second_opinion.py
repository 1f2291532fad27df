from dataclasses import replace

import numpy as np
import pytest

from nasbench_lc.curves import Floats, Observed
from predictors.lc_gode_x import LCGODEX, LCGODEXOptions
from predictors.scale import to_scale
from predictors.second_opinion import BLIND, WEIGHTS, learn_weights, weight_at
from tests.predictors.toy_curves import power_curves


def _asker(first: float, second: float, curves: object) -> object:
    """Two forecasters that are off by so much, one too high, the other too low."""
    del curves

    def ask(observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        truth = to_scale(CURVES.target[:, t.astype(int) - 1], CURVES.metric)[: len(observed)]
        return truth + first, truth + second

    return ask


CURVES = power_curves(60, epochs=20)


@pytest.mark.parametrize(("first", "second", "weight"), [(0.0, 0.5, 0.0), (0.2, 0.0, WEIGHTS[-1]), (0.1, -0.1, 0.5), (0.1, -0.4, 0.2)])
def test_a_second_opinion_counts_as_much_as_it_helps(first: float, second: float, weight: float) -> None:
    found = learn_weights(_asker(first, second, CURVES), CURVES, np.ones(len(CURVES), bool))  # pyright: ignore[reportArgumentType]
    np.testing.assert_allclose(found[1], weight, atol=1e-9)
    assert found[0, 0] == 0
    assert (np.diff(found[0]) > 0).all()


def test_too_few_curves_decide_nothing() -> None:
    few = CURVES.subset(slice(0, 38))
    crowd = replace(CURVES, group=("one",) * len(CURVES))
    nothing = replace(CURVES, y=np.full_like(CURVES.y, np.nan))
    for curves in (few, crowd, nothing):
        for first, second in ((0.2, 0.0), (0.0, 0.2)):
            weights = learn_weights(_asker(first, second, curves), curves, np.ones(len(curves), bool))  # pyright: ignore[reportArgumentType]
            assert weights[1].tolist() == [BLIND[0], *[BLIND[1]] * (weights.shape[1] - 1)]


def test_between_the_lengths_that_were_tried_the_weight_lies_between_theirs() -> None:
    weights = np.array([[0.0, 2.0, 9.0], [0.0, 0.4, 0.2]])
    assert [weight_at(weights, k) for k in (0, 2, 9, 50)] == [0.0, 0.4, 0.2, 0.2]
    assert 0.0 < weight_at(weights, 1) < 0.4


def test_without_the_graph_the_trees_do_not_see_it_either() -> None:
    curves = power_curves(120, epochs=12)
    options = LCGODEXOptions(updates=5, members=1, hidden=8, use_graph=False)
    model = LCGODEX(options).fit(curves.subset(slice(0, 80)), curves.subset(slice(80, None)))
    observed, target = curves.subset(slice(80, None)).observe(3)
    other = replace(
        observed, architectures=observed.architectures[::-1], n_params=observed.n_params[::-1].copy(), n_macs=observed.n_macs[::-1].copy()
    )
    state = {k.removeprefix("known."): v for k, v in model.state().items()}
    assert state["weights"][1].max() > 0  # five steps make no good network: the trees were asked
    np.testing.assert_array_equal(model.predict(observed, target.t).mean, model.predict(other, target.t).mean)
