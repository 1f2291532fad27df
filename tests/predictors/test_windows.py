import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from predictors.windows import RunningSums, window_edges


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 70), st.integers(1, 3))
def test_windows_are_the_averages_that_a_loop_takes(seed: int, epochs: int, metrics: int) -> None:
    rng = np.random.default_rng(seed)
    values = torch.from_numpy(rng.normal(size=(4, epochs, metrics)))
    seen = torch.from_numpy((rng.random(values.shape) < 0.7).astype(float))
    values = values * seen
    rows, k = torch.tensor([2, 0, 3]), torch.tensor([0, epochs - 1, int(rng.integers(0, epochs))])
    edges = window_edges(epochs)
    mean, there = RunningSums.of(values, seen).windows(rows, k, edges)
    for i, (row, length) in enumerate(zip(rows.tolist(), k.tolist(), strict=True)):
        expected = []
        for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            expected.append(range(max(length - b, 0), max(length - a, 0)))
        for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            expected.append(range(min(a, length), min(b, length)))
        for j, window in enumerate(expected):
            for m in range(metrics):
                known = [values[row, t, m].item() for t in window if seen[row, t, m]]
                assert there[i, j * metrics + m] == bool(known)
                np.testing.assert_allclose(mean[i, j * metrics + m], np.mean(known) if known else 0.0, atol=1e-12)


def test_every_epoch_of_a_prefix_lies_in_one_window_from_its_end() -> None:
    for epochs in (2, 3, 20, 200, 5000):
        edges = window_edges(epochs)
        assert edges[0] == 0
        assert edges[-1] == max(epochs - 1, 1)
        assert (edges.diff() > 0).all()


def test_the_last_known_value_skips_what_is_missing() -> None:
    values = torch.tensor([[[1.0], [0.0], [3.0], [0.0]]])
    seen = torch.tensor([[[1.0], [0.0], [1.0], [0.0]]])
    np.testing.assert_array_equal(RunningSums.of(values, seen).last[0, :, 0], [0, 1, 1, 3, 3])
