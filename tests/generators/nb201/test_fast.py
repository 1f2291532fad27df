from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from generators.base import Task, Unit
from generators.nb201.fast import train_fast
from generators.nb201.reference import train_reference
from generators.nb201.trainer import NB201Trainer
from generators.spaces.nb201 import NB201Space
from generators.spaces.nb201_cell import Cell, parse, to_architecture
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Curve, Status

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


def run_of(
    cell: Cell, task: Task, epochs: int = 2, cells: int = 1, channels: int = 4, lr: float = 0.1, batch: int = 16, seed: int = 7
) -> RunConfig:
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


def test_first_epoch_in_float32_is_close_to_autograd() -> None:
    task = image_task()
    run = run_of(parse(CELLS[1]), task, epochs=1, lr=0.01)
    fast, plain = train_fast(run, task), train_reference(run, task)
    for name in task.metrics:
        np.testing.assert_allclose(fast.metrics[name], plain.metrics[name], rtol=1e-3, atol=1e-3 if name.endswith("loss") else 0.1)


def test_grey_images_and_a_last_batch_of_one() -> None:
    task = image_task(n=33, side=8, colours=1, classes=2)
    run = run_of(parse(CELLS[0]), task)
    fast, plain = train_fast(run, task, torch.float64), train_reference(run, task, dtype=torch.float64)
    for name in task.metrics:
        np.testing.assert_allclose(fast.metrics[name], plain.metrics[name], rtol=1e-8, atol=1e-9)


def test_a_run_again_is_equal_to_the_byte_whatever_ran_before() -> None:
    task = image_task()
    run, other = run_of(parse(CELLS[1]), task), run_of(parse(CELLS[0]), task, seed=8)
    trainer = NB201Trainer()
    alone = trainer.train(Unit((run,), 1.0), task, "cpu")[0]
    again = trainer.train(Unit((other, run), 1.0), task, "cpu")[1]
    assert again.run == run
    for name in task.metrics:
        assert alone.metrics[name].tobytes() == again.metrics[name].tobytes()
    assert trainer.train(Unit((other,), 1.0), task, "cpu")[0].metrics["train_loss"].tobytes() != alone.metrics["train_loss"].tobytes()


@pytest.mark.parametrize("train", [train_fast, train_reference])
def test_a_run_stops_after_the_first_loss_that_is_not_finite(train: Callable[[RunConfig, Task], Curve]) -> None:
    task = image_task()
    curve = train(run_of(parse(CELLS[0]), task, epochs=4, lr=1e30), task)
    assert curve.status is Status.DIVERGED
    stored = ~np.isnan(curve.lr)
    assert stored.sum() == 1
    assert not np.isfinite(curve.metrics["train_loss"][0])
    assert np.isnan(curve.metrics["test_loss"][1:]).all()
    assert np.isnan(curve.seconds[1:]).all()


def test_units_are_single_runs_the_longest_first() -> None:
    task = image_task()
    runs = [run_of(parse(text), task) for text in CELLS]
    units = NB201Trainer().units(runs, task)
    assert sorted(u.runs[0].run_id for u in units) == sorted(r.run_id for r in runs)
    assert all(len(u.runs) == 1 for u in units)
    costs = [u.cost for u in units]
    assert costs == sorted(costs, reverse=True)
    assert units[0].runs[0] == runs[0]
    assert min(costs) > 0
