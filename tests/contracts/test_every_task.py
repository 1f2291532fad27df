"""What holds for every task that is on every machine; those of CIFAR would be downloaded."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from generators.cifar import CifarTask
from generators.tasks import TASKS, load_task


@pytest.fixture(scope="module", params=sorted(name for name, task in TASKS.items() if not isinstance(task, CifarTask)))
def task(request):
    return load_task(request.param)


def test_arrays(task):
    assert {"train", "test"} <= set(task.x) == set(task.y)
    for split, x in task.x.items():
        assert x.flags.c_contiguous
        assert x.shape[1:] == task.input_shape
        assert x.dtype == (np.uint8 if task.is_image else np.float32)
        assert np.isfinite(x).all()
        y = task.y[split]
        assert y.dtype == np.int64
        assert y.shape == x.shape[:1]
        assert set(np.unique(y)) <= set(range(len(task.classes)))


def test_every_class_can_be_learnt(task):
    assert len(task.classes) == len(set(task.classes)) >= 2
    assert np.bincount(task.y["train"], minlength=len(task.classes)).min() >= 1


def test_describes_itself(task):
    assert task.name in TASKS
    assert task.source
    assert task.licence
    assert all(isinstance(v, str | int | float | bool) for v in task.settings.values())
    assert task.metrics[:2] == ("train_loss", "train_acc")


def test_tables_are_standardised_on_the_training_rows(task):
    if task.is_image:
        pytest.skip("images are scaled by their trainer")
    x = task.x["train"].astype(np.float64)
    numeric = [c for c in x.T if not set(np.unique(c)) <= {0.0, 1.0}]
    for column in numeric:
        assert abs(column.mean()) < 1e-6
        assert abs(column.std() - 1) < 1e-6


def test_labels_belong_to_their_rows(task):
    x = {split: rows.reshape(len(rows), -1).astype(np.float64) for split, rows in task.x.items()}
    tree = DecisionTreeClassifier(random_state=0).fit(x["train"], task.y["train"])
    majority = np.bincount(task.y["test"]).max() / len(task.y["test"])
    assert 1 - tree.score(x["test"], task.y["test"]) < 0.6 * (1 - majority)


def test_loading_twice_gives_the_same_bytes(task):
    assert load_task(task.name).digest == task.digest == task.settings["digest"]


def test_a_held_out_part_comes_from_the_training_rows(task):
    held = load_task(task.name, val_fraction=0.2)
    assert len(held.y["val"]) == np.ceil(0.2 * len(task.y["train"]) - 1e-9)
    assert len(held.y["train"]) + len(held.y["val"]) == len(task.y["train"])
    assert np.array_equal(held.y["test"], task.y["test"])
    assert held.metrics == ("train_loss", "train_acc", "val_loss", "val_acc", "test_loss", "test_acc")
    assert held.settings["val_fraction"] == 0.2
