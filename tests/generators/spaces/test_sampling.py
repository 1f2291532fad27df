import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from generators.spaces import sampling
from nasbench_lc.errors import ConfigError
from nasbench_lc.seeding import Purpose, Stream

U = st.floats(0, 1, exclude_max=True)


@given(U)
def test_ranges(u):
    assert 16 <= sampling.log_integer(u, 16, 1024) <= 1024
    assert 1 <= sampling.uniform_integer(u, 1, 5) <= 5
    assert 1e-4 <= sampling.log_real(u, 1e-4, 1e-1) <= 1e-1
    assert 1e-5 <= sampling.linear(u, 1e-5, 1e-1) <= 1e-1
    assert 0 <= sampling.sampled_dropout(u) < 1


def test_ends():
    assert sampling.log_integer(0.0, 16, 512) == 16
    assert sampling.log_integer(np.nextafter(1.0, 0.0), 16, 512) == 512
    assert sampling.uniform_integer(np.nextafter(1.0, 0.0), 1, 5) == 5
    assert sampling.sampled_dropout(np.nextafter(1.0, 0.0)) == 0.999999


def test_log_integers_have_the_stated_probabilities():
    u = (np.arange(100_000) + 0.5) / 100_000
    counts = np.bincount([sampling.log_integer(x, 16, 64) for x in u], minlength=65)[16:]
    k = np.arange(16, 65)
    expected = np.log((k + 1) / k) / np.log(65 / 16)
    assert np.abs(counts / 100_000 - expected).max() < 3e-5


def test_log_real_is_log_uniform():
    x = [sampling.log_real(u, 1e-4, 1e-1) for u in (np.arange(2000) + 0.5) / 2000]
    assert stats.kstest(x, stats.loguniform(1e-4, 1e-1).cdf).statistic < 1e-3


def test_draw_reads_the_sampler_stream():
    words = Stream.of_plan(9).words(4, Purpose.SAMPLE, epoch=3)
    assert sampling.draw(9, 3, 4).tolist() == [(int(w) >> 11) / 2**53 for w in words]
    assert np.array_equal(sampling.draw(9, 3, 4), sampling.draw(9, 3, 11)[:4])


@pytest.mark.parametrize("momentum", [-0.1, 1.0, float("nan")])
def test_momentum_out_of_range(momentum):
    with pytest.raises(ConfigError, match="momentum"):
        sampling.check_momentum(momentum)
