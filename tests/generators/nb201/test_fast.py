from collections.abc import Iterator

import numpy as np
import pytest
import torch

from generators.base import Task
from generators.nb201.fast import train_fast
from generators.nb201.reference import train_reference
from generators.spaces.nb201 import NB201Space
from generators.spaces.nb201_cell import Cell, parse, to_architecture
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Status

CELLS = [
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "|nor_conv_1x1~0|+|avg_pool_3x3~0|skip_connect~1|+|nor_conv_3x3~0|avg_pool_3x3~1|nor_conv_1x1~2|",
    "|skip_connect~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|",
    "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|",
    "|avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|",
    "|none~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|",  # convolutions of zero
    "|none~0|+|none~0|nor_conv_3x3~1|+|none~0|nor_conv_1x1~1|nor_conv_3x3~2|",  # constant, through a convolution of a constant
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|none~2|",  # zero
    "|skip_connect~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|",  # identity
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|nor_conv_3x3~0|none~1|skip_connect~2|",  # node 1 is dead
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def image_task(n: int = 50, side: int = 8, colours: int = 3, classes: int = 3) -> Task:
    rng = np.random.default_rng(5)
    sizes = {"train": n, "val": 11, "test": 9}
    x = {s: rng.integers(0, 256, (m, side, side, colours), dtype=np.uint8) for s, m in sizes.items()}
    y = {s: rng.integers(0, classes, m) for s, m in sizes.items()}
    return Task("images", x, y, tuple(map(str, range(classes))), "", "")


def run_of(cell: Cell, task: Task, epochs: int = 2, cells: int = 1, channels: int = 4, lr: float = 0.1, batch: int = 16, seed: int = 7) -> RunConfig:
    recipe = Recipe.of("nb201", task.name, epochs, NB201Space(channels=channels, cells=cells).settings(task, epochs))
    hp = (("batch_size", float(batch)), ("dropout", 0.0), ("lr", lr), ("momentum", 0.9), ("weight_decay", 5e-4))
    return RunConfig(recipe, to_architecture(cell), hp, seed)


@pytest.mark.parametrize("text", CELLS)
@pytest.mark.parametrize("cells", [1, 2])
def test_fast_path_equals_autograd_in_float64(text: str, cells: int) -> None:
    task = image_task()
    run = run_of(parse(text), task, cells=cells)
    fast, plain = train_fast(run, task, torch.float64), train_reference(run, task, dtype=torch.float64)
    for name in task.metrics:
        np.testing.assert_allclose(fast.metrics[name], plain.metrics[name], rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_array_equal(fast.lr, plain.lr)
    assert fast.status is plain.status is Status.OK
