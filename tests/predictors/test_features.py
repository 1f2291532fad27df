from dataclasses import replace

import numpy as np

from nasbench_lc.architecture import Architecture, Node
from predictors.architecture_features import architecture_features
from predictors.features import prefix_features, static_features, told_features, unknown_operations, vocabulary
from predictors.live_paths import LivePaths
from predictors.prefix import scaled_prefix
from tests.predictors.toy_curves import power_curves


def test_operations_that_the_vocabulary_lacks_are_told() -> None:
    curves = power_curves(3)
    strange = Architecture("x", (Node.of("input"), Node.of("spike"), Node.of("output")), ((0, 1), (1, 2)))
    mixed = replace(curves, architectures=(curves.architectures[0], strange, curves.architectures[2]))
    assert unknown_operations(mixed, vocabulary(curves)).tolist() == [False, True, False]


def test_what_is_said_of_paths_is_left_out_where_it_repeats_something() -> None:
    curves = power_curves(40)  # chains: nearly all that is said of their paths is their depth
    words = vocabulary(curves)
    before = told_features(curves, words).shape[1] + len(
        architecture_features(curves.architectures[0], LivePaths.of(curves.architectures[0]), words)
    )
    x = static_features(curves, words)
    flow, others = x[:, before:-2], x[:, :-2]
    varies = [i for i in range(flow.shape[1]) if flow[:, i].std() > 1e-9]
    assert len(varies) == 1  # the logarithm of the depth
    rest = np.delete(others, before + varies[0], axis=1)
    rest = rest[:, rest.std(0) > 1e-9]
    assert max(abs(np.corrcoef(flow[:, varies[0]], column)[0, 1]) for column in rest.T) < 1 - 1e-6


def test_unknown_sizes_are_zero() -> None:
    curves = power_curves(3)
    curves.n_macs[:] = np.nan
    assert np.isfinite(static_features(curves, vocabulary(curves))).all()


def test_prefix_features_have_one_width_for_one_length_and_no_gaps() -> None:
    curves = power_curves(6, epochs=80)
    curves.y[0, :, 0] = np.nan
    curves.y[1, 3:9] = np.nan
    for k in (0, 1, 2, 3, 10, 50):
        observed, _ = curves.observe(k)
        f = prefix_features(scaled_prefix(observed), np.zeros((k, 2)))
        assert f.shape[0] == 6
        assert np.isfinite(f).all()
        if k >= 2:
            np.testing.assert_allclose(f[2, :1], np.arcsinh(curves.y[2, 0, 0] / 2e-4))
