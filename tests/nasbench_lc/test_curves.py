import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench_lc.curves import Curve, CurveSet, Status, higher_is_better
from nasbench_lc.errors import ConfigError
from tests.nasbench_lc.samples import architecture, run


def curve_set(n: int = 6, epochs: int = 8, metric: str = "test_loss") -> CurveSet:
    rng = np.random.default_rng(n)
    y = rng.random((n, epochs, 2))
    y[0, 3:] = np.nan
    return CurveSet(
        architectures=tuple(architecture(16 + i) for i in range(n)),
        hyperparameters=rng.random((n, 3)),
        hyperparameter_names=("a", "b", "c"),
        y=y,
        metrics=("test_loss", "test_acc"),
        metric=metric,
        uid=tuple(f"u{i}" for i in range(n)),
        group=tuple(f"g{i // 2}" for i in range(n)),
        status=(Status.DIVERGED, *[Status.OK] * (n - 1)),
        seconds=rng.random((n, epochs)),
        schedule=np.linspace(1, 0, epochs),
        n_params=np.arange(n, dtype=float),
    )


@given(st.integers(0, 7), st.integers(0, 2**32 - 1), st.sampled_from(["test_loss", "test_acc"]))
def test_observe_never_shows_the_future(k: int, seed: int, metric: str):
    """Two datasets that agree up to epoch k give the same Observed, and writing to one side never reaches the other."""
    whole = curve_set(metric=metric)
    other = whole.y.copy()
    other[:, k:] = np.random.default_rng(seed).normal(size=other[:, k:].shape)
    observed, target = whole.observe(k)
    changed = CurveSet(**{**vars(whole), "y": other, "seconds": whole.seconds * 2}).observe(k)[0]
    assert set(vars(observed)) == set(vars(changed))
    for name, value in vars(observed).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(changed, name))
            assert not np.shares_memory(value, whole.y)
            base = value.base
            assert base is None or base.size == value.size or name == "t"  # no view through which the rest could be reached
        else:
            assert value == getattr(changed, name)
    assert observed.y.shape == (6, k, 2)
    assert observed.t.tolist() == list(range(1, k + 1))
    assert observed.epochs == 8
    assert observed.target.shape == (6, k)
    assert target.t.tolist() == list(range(k + 1, 9))
    np.testing.assert_array_equal(target.y, whole.target[:, k:])
    np.testing.assert_array_equal(target.mask, np.isfinite(whole.target[:, k:]))
    np.testing.assert_array_equal(observed.mask, np.isfinite(whole.y[:, :k]))
    target.y[:] = -1
    assert not (whole.y == -1).any()


@pytest.mark.parametrize("k", [-1, 8, 9])
def test_something_must_be_left_to_forecast(k: int):
    with pytest.raises(ConfigError, match=r"0 \.\. 7"):
        curve_set().observe(k)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (slice(1, 5, 2), [1, 3]),
        (np.array([True, False, False, True, False, False]), [0, 3]),
        ([4, 0, 4], [4, 0, 4]),
        (np.array([], dtype=np.int64), []),
        ([], []),
    ],
)
def test_subset_keeps_every_field_in_step(rows: object, expected: list[int]):
    whole = curve_set()
    part = whole.subset(rows)  # type: ignore[arg-type]
    assert len(part) == len(expected)
    for name in ("architectures", "uid", "group", "status"):
        assert getattr(part, name) == tuple(getattr(whole, name)[i] for i in expected)
    for name in ("hyperparameters", "y", "seconds", "n_params", "n_macs"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[expected])
    observed = whole.observe(3)[0].subset(rows)  # type: ignore[arg-type]
    np.testing.assert_array_equal(observed.y, whole.y[expected, :3])
    assert observed.architectures == part.architectures
    np.testing.assert_array_equal(observed.n_params, part.n_params)
    assert len(observed) == len(expected)


def test_axes_masks_and_metric():
    whole = curve_set()
    assert (len(whole), whole.epochs, whole.t.tolist()) == (6, 8, list(range(1, 9)))
    assert np.isnan(whole.n_macs).all()
    assert whole.mask[0].tolist() == [[True, True]] * 3 + [[False, False]] * 5
    np.testing.assert_array_equal(whole.target, whole.y[:, :, 0])
    other = whole.for_metric("test_acc")
    np.testing.assert_array_equal(other.target, whole.y[:, :, 1])
    with pytest.raises(ConfigError, match="test_loss, test_acc"):
        whole.for_metric("val_loss")


def test_a_failed_run_has_no_curve_and_keeps_its_words():
    failed = Curve.failed(run(), ("train_loss", "test_acc"), "MemoryError: no", 12.5)
    assert (failed.status, failed.error, failed.started) == (Status.FAILED, "MemoryError: no", 12.5)
    assert set(failed.metrics) == {"train_loss", "test_acc"}
    for values in (*failed.metrics.values(), failed.lr, failed.seconds):
        assert values.shape == (4,)
        assert np.isnan(values).all()


def test_status_is_a_word_for_files_and_a_sentence_for_people():
    assert {s.label for s in Status} == {"ok", "diverged", "failed", "partial"}
    assert all(s.value.endswith(".") for s in Status)


def test_direction_of_metrics():
    assert higher_is_better("val_acc")
    assert not higher_is_better("test_loss")
