from dataclasses import replace

import numpy as np
import pytest
import torch

from nasbench_lc.architecture import Node
from predictors.scale import from_scale
from predictors.standard_curves import StandardCurves
from tests.predictors.toy_curves import chain, power_curves


@pytest.mark.parametrize("metric", ["test_loss", "test_acc"])
def test_back_inverts_the_standardisation(metric: str) -> None:
    train = power_curves(60, seed=1, metric=metric)
    curves = StandardCurves.fit(train, graph=True)
    sums = curves.sums(train.y, train.metrics)
    z = sums.last[:, 1:, 0]
    again = curves.scale.inverse(curves.back(z, train.t)).numpy()
    np.testing.assert_allclose(again, train.target, rtol=1e-6, atol=1e-9)


def test_standardised_training_curves_are_of_order_one_at_every_epoch() -> None:
    train = power_curves(200, seed=1)
    z = StandardCurves.fit(train, graph=True).sums(train.y, train.metrics).last[:, 1:, 0].numpy()
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(z.std(0), 1, atol=0.25)


def test_a_checkpoint_brings_the_same_statistics_back() -> None:
    curves = StandardCurves.fit(power_curves(30, seed=1), graph=False)
    again = StandardCurves.from_state(curves.state())
    for name, value in curves.state().items():
        np.testing.assert_array_equal(again.state()[name], value)


def test_a_stranger_is_one_that_ends_outside_all_training_curves() -> None:
    train = power_curves(60, seed=1)
    curves = StandardCurves.fit(train, graph=True)
    observed, _ = train.observe(6)
    assert (curves.stranger(observed)[0] == 0).all()
    far = replace(observed, y=np.full_like(observed.y, 1e-3 * observed.y.min()))
    assert (curves.stranger(far)[0] == 1).all()
    assert (curves.stranger(train.observe(0)[0])[0] == 0).all()


@pytest.mark.parametrize("metric", ["test_loss", "test_acc"])
def test_a_run_at_rest_where_every_training_curve_moved_is_a_stranger_that_stays(metric: str) -> None:
    train = power_curves(60, seed=1, metric=metric)
    curves = StandardCurves.fit(train, graph=True)
    observed, _ = train.observe(6)
    assert (curves.stranger(observed)[0] == 0).all()
    level = train.target[:, 3].max()  # which training curves pass
    rest = replace(observed, y=np.full_like(observed.y, level))
    share, end = curves.stranger(rest)
    assert (share == 1).all()
    np.testing.assert_allclose(from_scale(end, metric), level, rtol=1e-9)
    blank = rest.y.copy()
    blank[:, -1] = np.nan
    assert (curves.stranger(replace(rest, y=blank))[0] == 0).all()
    short, _ = train.observe(3)
    assert (curves.stranger(replace(short, y=np.full_like(short.y, level)))[0] == 0).all()


def test_three_eighths_of_the_least_movement_is_half_a_stranger() -> None:
    train = power_curves(60, seed=1)
    curves = StandardCurves.fit(train, graph=True)
    observed, _ = train.observe(6)
    step = torch.tensor([0.0, 0.0, 0.0, 0.0, curves.moved[5] * 3 / 8, 0.0])
    z = curves.scale.forward(torch.from_numpy(train.target[0, 5:6])) + step
    y = observed.y.copy()
    y[0, :, 0] = curves.scale.inverse(z).numpy()
    share, _ = curves.stranger(replace(observed, y=y))
    np.testing.assert_allclose(share[0], 0.5, rtol=1e-6)


def test_one_training_curve_at_rest_makes_rest_familiar() -> None:
    train = power_curves(60, seed=1)
    y = train.y.copy()
    y[7] = y[7, 2]
    curves = StandardCurves.fit(replace(train, y=y), graph=True)
    observed, _ = train.observe(6)
    rest = replace(observed, y=np.full_like(observed.y, train.target[:, 3].max()))
    assert (curves.stranger(rest)[0] == 0).all()


def test_without_the_graph_only_hyperparameters_are_features() -> None:
    train = power_curves(60, seed=1)
    with_graph = StandardCurves.fit(train, graph=True).features(train)
    without = StandardCurves.fit(train, graph=False).features(train)
    assert without.shape[1] < with_graph.shape[1]
    assert np.abs(with_graph.numpy()).max() <= 4


def test_what_training_never_showed_is_new_and_is_read_as_the_nearest_that_it_did() -> None:
    train = power_curves(60, seed=1)
    curves = StandardCurves.fit(train, graph=True)
    assert (curves.novelty(train) == 0).all()
    assert curves.novelty(train.subset(slice(0, 0))).shape == (0,)
    deep = replace(train, architectures=(chain(*[40] * 9), *train.architectures[1:]))
    assert curves.novelty(deep).tolist() == [1.0] + [0.0] * 59
    seen = curves.features(train).numpy()
    assert (curves.features(deep).numpy() <= seen.max(0)).all()
    slow = train.hyperparameters.copy()
    slow[3, 0] = 1e-9
    assert np.flatnonzero(curves.novelty(replace(train, hyperparameters=slow))).tolist() == [3]


def test_a_hair_outside_the_range_is_not_new() -> None:
    train = power_curves(60, seed=1)
    curves = StandardCurves.fit(train, graph=True)
    rates = train.hyperparameters.copy()
    rates[0, 0] = 1.05 * rates[:, 0].max()
    assert (curves.novelty(replace(train, hyperparameters=rates)) == 0).all()


def test_what_never_differed_in_training_and_an_operation_unheard_of_are_new() -> None:
    train = power_curves(60, seed=1)
    train.hyperparameters[:, 1] = 16.0
    other = train.hyperparameters.copy()
    other[0, 1] = 17.0
    with_graph, without = StandardCurves.fit(train, graph=True), StandardCurves.fit(train, graph=False)
    assert with_graph.novelty(replace(train, hyperparameters=other))[:2].tolist() == [1.0, 0.0]
    spike = replace(train.architectures[0], nodes=(train.architectures[0].nodes[0], Node.of("spike"), *train.architectures[0].nodes[2:]))
    strange = replace(train, architectures=(spike, *train.architectures[1:]))
    assert with_graph.novelty(strange)[:2].tolist() == [1.0, 0.0]
    assert without.novelty(strange)[0] == 0.0


def test_hyperparameters_that_vary_come_first_among_the_features() -> None:
    train = power_curves(30)
    hp = train.hyperparameters.copy()
    hp[:, 1] = 16.0
    assert StandardCurves.fit(train, graph=True).told == 3  # the last is how far they get in an epoch
    one = StandardCurves.fit(replace(train, hyperparameters=hp), graph=True)
    assert one.told == 1
    rate = np.log(hp[:, 0])
    np.testing.assert_allclose(one.features(train)[:, 0], (rate - rate.mean()) / rate.std(), rtol=1e-9)
    assert StandardCurves.fit(replace(train, hyperparameters=np.full_like(hp, 1.0)), graph=False).told == 0


def test_an_accuracy_that_hardly_moved_for_four_epochs_is_at_rest_and_a_loss_never_is() -> None:
    train = power_curves(60, metric="test_acc")
    curves = StandardCurves.fit(train, True)
    observed, _ = train.subset(slice(0, 4)).observe(6)
    y = observed.y.copy()
    y[1], y[2], y[3, :-1], y[3, -1] = 0.4, 0.4, 0.4, np.nan
    y[2, 0] = 0.9
    still = replace(observed, y=y)
    assert curves.resting(still).tolist() == [False, True, False, False]
    assert curves.resting(replace(still, y=y[:, :4], t=still.t[:4])).tolist() == [False, True, False, True]
    assert not curves.resting(replace(still, y=y[:, :3], t=still.t[:3])).any()
    losses = power_curves(60)
    loss, _ = losses.observe(6)
    assert not StandardCurves.fit(losses, True).resting(replace(loss, y=np.full_like(loss.y, 0.4))).any()
