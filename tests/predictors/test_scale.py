import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from predictors.scale import SMALL, from_scale, to_scale


@given(st.floats(-1e6, 1e30))
def test_losses_survive_the_round_trip(y: float) -> None:
    back = from_scale(to_scale(np.array([y]), "test_loss"), "test_loss")[0]
    np.testing.assert_allclose(back, y, rtol=1e-9, atol=1e-12)


def test_losses_are_logarithmic_far_above_the_small_value() -> None:
    y = np.array([0.1, 1.0, 1e5])
    np.testing.assert_allclose(to_scale(y, "val_loss"), np.log(y / SMALL), atol=1e-6)


def test_accuracies_are_untouched_but_clipped_on_return() -> None:
    y = np.array([0.0, 0.3, 1.0])
    np.testing.assert_array_equal(to_scale(y, "val_acc"), y)
    np.testing.assert_array_equal(from_scale(np.array([-0.1, 0.5, 1.2]), "val_acc"), [0.0, 0.5, 1.0])


def test_infinity_is_missing() -> None:
    assert np.isnan(to_scale(np.array([np.inf, -np.inf, np.nan]), "val_loss")).all()


def test_a_forecast_of_the_scale_is_never_infinite() -> None:
    assert np.isfinite(from_scale(np.array([-1e9, 1e9]), "val_loss")).all()
