import numpy as np
import pytest
from safetensors.numpy import load, save

from nasbench_lc.errors import ConfigError
from predictors.packing import align, pack, under, unpack
from tests.predictors.toy_curves import power_curves


def test_curves_survive_safetensors() -> None:
    curves = power_curves(5)
    curves.y[2, 7:] = np.nan
    back = unpack(load(save(pack(curves))))
    assert [a.key for a in back.architectures] == [a.key for a in curves.architectures]
    assert (back.metrics, back.metric, back.hyperparameter_names) == (curves.metrics, curves.metric, curves.hyperparameter_names)
    np.testing.assert_array_equal(back.y, curves.y)
    np.testing.assert_array_equal(back.hyperparameters, curves.hyperparameters)


def test_no_curves_at_all_survive_too() -> None:
    back = unpack(load(save(pack(power_curves(3).subset([])))))
    assert len(back) == 0
    assert back.epochs == 20


def test_columns_are_found_by_name() -> None:
    curves = power_curves(4)
    observed, _ = power_curves(2, seed=1).observe(5)
    shuffled = type(observed)(
        observed.architectures,
        observed.hyperparameters[:, :1],
        ("lr",),
        observed.t,
        observed.y[:, :, ::-1],
        ("test_acc", "test_loss"),
        "test_loss",
        observed.epochs,
        observed.schedule,
        observed.n_params,
        observed.n_macs,
    )
    aligned = align(shuffled, curves)
    np.testing.assert_array_equal(aligned.y, observed.y)
    np.testing.assert_array_equal(aligned.hyperparameters[:, 0], observed.hyperparameters[:, 0])
    assert np.isnan(aligned.hyperparameters[:, 1]).all()


def test_another_metric_is_refused() -> None:
    observed, _ = power_curves(2, metric="test_acc").observe(5)
    with pytest.raises(ConfigError, match="fitted to, test_loss; got test_acc"):
        align(observed, power_curves(2))


def test_a_part_of_a_state_is_what_its_names_begin_with() -> None:
    one, other = np.zeros(1), np.ones(2)
    assert under("net.", {"net.net.w": one, "network": other, "w.net.": other}) == {"net.w": one}
    assert under("few.", {"fewer": one}) == {}
