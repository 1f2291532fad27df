import gzip
from importlib import resources

import numpy as np
import pytest

from generators.tasks import load_task

# sha256 over the arrays, first 16 digits: they must be the same on every machine and for ever, or stored datasets lose their task.
DIGESTS = {
    "car": "e606193f7fd82468",
    "car-binary": "be919ea7b4d8b913",
    "segment": "7777dcc17f91b082",
    "segment-binary": "16c951266cac82e3",
    "iris": "479c95b05269929f",
    "wine": "0bc8a2857cc0c3fb",
    "breast_cancer": "e0f39f40ad1635e0",
    "digits": "b6de815a3429486c",
    "digits-image": "382eeac0f3254433",
}


@pytest.mark.parametrize("name", DIGESTS)
def test_digest(name):
    assert load_task(name).digest[:16] == DIGESTS[name]


@pytest.mark.parametrize(("name", "train", "test", "inputs"), [("car", 1296, 432, 21), ("segment", 1732, 578, 19)])
@pytest.mark.parametrize("kind", ["", "-binary"])
def test_published_splits(name, train, test, inputs, kind):
    task = load_task(name + kind)
    assert task.x["train"].shape == (train, inputs)
    assert task.x["test"].shape == (test, inputs)
    assert len(task.classes) == (2 if kind else {"car": 4, "segment": 7}[name])


def labels(task):
    return np.concatenate(list(task.y.values()))


def test_class_counts_are_the_published_ones():
    assert dict(zip(load_task("car").classes, np.bincount(labels(load_task("car"))), strict=True)) == {
        "unacc": 1210, "acc": 384, "good": 69, "vgood": 65,
    }  # fmt: skip
    assert np.bincount(labels(load_task("segment"))).tolist() == [330] * 7


def test_binary_classes():
    car, segment = load_task("car-binary"), load_task("segment-binary")
    assert (car.classes, np.bincount(labels(car)).tolist()) == (("unacc", "rest"), [1210, 518])
    assert (segment.classes, np.bincount(labels(segment)).tolist()) == (("brickface", "rest"), [330, 1980])


def test_one_hot_rows_of_car():
    x = load_task("car").x["train"]
    assert set(np.unique(x)) == {0.0, 1.0}
    assert (x.sum(axis=1) == 6).all()


def test_only_the_pixel_count_of_segment_is_constant():
    x = load_task("segment").x
    dead = [i for i in range(19) if not x["train"][:, i].any() and not x["test"][:, i].any()]
    assert dead == [2]


def test_digits_and_its_images_are_the_same_rows():
    table, images = load_task("digits", val_fraction=0.1), load_task("digits-image", val_fraction=0.1)
    assert images.x["train"].shape[1:] == (8, 8, 1)
    assert images.x["train"].max() == 255
    for split in ("train", "val", "test"):
        assert np.array_equal(np.bincount(table.y[split]), np.bincount(images.y[split]))


def test_shipped_files_hold_no_time_stamp():
    for name in ("car", "segment"):
        raw = resources.files("generators").joinpath("data", f"{name}.csv.gz").read_bytes()
        assert raw[4:8] == bytes(4)
        assert gzip.decompress(raw).decode().splitlines()[0].endswith(",class")
