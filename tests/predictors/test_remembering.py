import numpy as np
import pytest

from predictors.lc_bnn import LCBNN, LCBNNConfig
from predictors.lc_pfn import LCPFN, LCPFNConfig
from tests.predictors.toy_curves import power_curves

TRAIN, VALID, TEST = (power_curves(n, seed=seed, noise=0.1) for n, seed in ((60, 1), (200, 2), (300, 3)))


def coverage(model, k: int) -> float:
    observed, target = TEST.observe(k)
    low, high = model.predict(observed, target.t).interval(0.8)
    return float(((low <= target.y) & (target.y <= high)).mean())


@pytest.mark.parametrize(
    ("plain", "asked"),
    [(LCBNN(LCBNNConfig(steps=60)), LCBNN(LCBNNConfig(steps=60, recalibrate=True))), (LCPFN(), LCPFN(LCPFNConfig(recalibrate=True)))],
    ids=["lc-bnn", "lc-pfn"],
)
def test_recalibrated_intervals_cover_what_they_say_and_means_stay(plain, asked) -> None:
    plain.fit(TRAIN, VALID)
    asked.fit(TRAIN, VALID)
    observed, target = TEST.observe(7)
    np.testing.assert_array_equal(plain.predict(observed, target.t).mean, asked.predict(observed, target.t).mean)
    assert abs(coverage(asked, 7) - 0.8) < 0.06
    assert abs(coverage(asked, 7) - 0.8) < abs(coverage(plain, 7) - 0.8)
    again = type(asked)(asked.config).load_state(asked.state())
    np.testing.assert_array_equal(again.predict(observed, target.t).quantiles, asked.predict(observed, target.t).quantiles)


def test_too_few_validation_curves_leave_the_quantiles_alone() -> None:
    asked = LCPFN(LCPFNConfig(recalibrate=True)).fit(TRAIN, VALID.subset(slice(0, 10)))
    observed, target = TEST.observe(5)
    np.testing.assert_array_equal(asked.predict(observed, target.t).quantiles, LCPFN().fit(TRAIN).predict(observed, target.t).quantiles)
