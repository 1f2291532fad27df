from dataclasses import replace

import pytest

from generators.mlp.cost import Shape, fused_seconds, fused_shape, lean_seconds
from generators.mlp.spec import MLPSpec

SPEC = MLPSpec(6, (20, 30), 2, (0, 0), 16, (0.01,) * 200, 0.9, 1e-3, False, 0, 200)


BATCHES = (16, 17, 33, 64, 65)
FROZEN = {
    (16,): ((32, 16), (32, 32), (32, 64), (32, 64), None),
    (31,): ((32, 16), (32, 32), (32, 64), (32, 64), None),
    (32,): ((64, 16), (64, 32), (64, 64), (64, 64), None),
    (63,): ((64, 16), (64, 32), (64, 64), (64, 64), None),
    (100,): ((128, 16), (128, 32), (128, 64), (128, 64), None),
    (200,): (None, None, None, None, None),
    (31, 31): ((32, 16), (32, 32), (32, 64), (32, 64), None),
    (40, 40): ((64, 16), (64, 32), None, (64, 64), None),
    (20, 20, 20, 20, 20): ((32, 16), (32, 32), (32, 64), (32, 64), None),
}


@pytest.mark.parametrize("widths", FROZEN)
def test_the_kernel_of_a_run_is_frozen(widths):
    """(columns, rows) for each batch size. Another value here changes the last bits of curves that were stored."""
    runs = [replace(SPEC, widths=widths, rates=(0,) * len(widths), batch_size=batch) for batch in BATCHES]
    shapes = [fused_shape(run, 1296, 432) for run in runs]
    assert tuple(shape and shape[1:3] for shape in shapes) == FROZEN[widths]


def test_a_shape_holds_the_run():
    shape = fused_shape(SPEC, 1296, 432)
    assert shape == Shape(depth=2, columns=32, rows=16, inputs=6, classes=2, epochs=200, weighted=False)


@pytest.mark.parametrize(
    "change",
    [
        {"lr": (0.01,) * 199 + (0.0,)},
        {"widths": (20,) * 5, "rates": (65500,) * 5},
        {"widths": (), "rates": ()},
        {"widths": (900, 900)},
        {"batch_size": 512},
    ],
)
def test_what_is_dangerous_or_large_is_trained_alone(change):
    assert fused_shape(replace(SPEC, **change), 1296, 432) is None


@pytest.mark.parametrize("change", [{"widths": (40, 30)}, {"batch_size": 8}, {"rates": (100, 100)}, {"epochs": 300}])
def test_more_work_costs_more(change):
    more = replace(SPEC, **change)
    shape = Shape(2, 64, 16, 6, 2, 200, False)
    assert lean_seconds(more, 1296, 432) > lean_seconds(SPEC, 1296, 432)
    if "widths" not in change:  # a group pays for its padded widths
        assert fused_seconds(more, shape, 1296, 432) > fused_seconds(SPEC, shape, 1296, 432)
