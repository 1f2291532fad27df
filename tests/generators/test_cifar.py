import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar
from urllib.error import URLError

import numpy as np
import pytest
from torchvision import datasets

from generators import cifar
from generators.cifar import CifarTask, nb201_halves, nb201_test_halves
from generators.pixels import block_mean, content_order
from generators.task_options import TaskOptions
from nasbench_lc.cli import main
from nasbench_lc.errors import ConfigError, FormatError, TaskUnavailable


class FakeCIFAR:
    """torchvision's interface over random images, few but enough for the small split."""

    classes: ClassVar = [str(c) for c in range(10)]
    n_test: ClassVar = 2_200

    def __init__(self, root: str, train: bool, download: bool) -> None:
        assert download
        rng = np.random.default_rng(int(train))
        n = 12_500 if train else self.n_test
        self.data = rng.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)
        self.targets = rng.integers(0, 10, n).tolist()


class FakeCIFAR100(FakeCIFAR):
    n_test: ClassVar = 10_000


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "CIFAR10", FakeCIFAR)
    monkeypatch.setattr(datasets, "CIFAR100", FakeCIFAR100)


def offline(*_: Any, **__: Any) -> None:
    raise URLError("no network")


def test_official_split_vectors() -> None:
    train, val = nb201_halves()
    assert [train[i] for i in (0, 10, 111)] == [0, 26, 203]
    assert [val[i] for i in (0, 10, 111)] == [1, 18, 242]
    assert sorted(train + val) == list(range(50_000))


def test_whole_set(tmp_path: Path) -> None:
    task = CifarTask("cifar10")(TaskOptions(data_dir=tmp_path, image_size=4, train_images=50))
    assert {s: x.shape for s, x in task.x.items()} == {"train": (50, 4, 4, 3), "test": (2_200, 4, 4, 3)}
    assert task.settings["pixel_mean"] == "125.3,123.0,113.9"


def test_small_split_is_the_head_of_the_content_order(tmp_path: Path) -> None:
    task = CifarTask("cifar10", "small")(TaskOptions(data_dir=tmp_path, image_size=8))
    assert {s: len(y) for s, y in task.y.items()} == {"train": 10_000, "val": 2_000, "test": 2_000}
    whole = FakeCIFAR("", True, True)
    order = content_order(whole.data, np.array(whole.targets))
    # In content order again: each split is sorted by the hashes, and a slice of a sorted list is sorted.
    np.testing.assert_array_equal(task.x["train"], whole.data[order[:10_000]])
    np.testing.assert_array_equal(task.x["val"], whole.data[order[10_000:12_000]])


def test_cifar10_valid_follows_the_official_indices(tmp_path: Path) -> None:
    task = CifarTask("cifar10", "valid")(TaskOptions(data_dir=tmp_path))
    whole = FakeCIFAR("", True, True)
    train, _ = nb201_halves(12_500)
    expected = whole.data[train]
    order = content_order(expected, np.array(whole.targets)[train])
    np.testing.assert_array_equal(task.x["train"], expected[order])
    assert len(task.y["val"]) == 6_250


def test_official_halves_of_the_cifar100_test_set() -> None:
    val, test = nb201_test_halves()
    assert len(val) == len(test) == 5_000
    np.testing.assert_array_equal(np.sort(np.concatenate([val, test])), np.arange(10_000))
    assert [val[i] for i in (0, 1, 2, 10, 111, -1)] == [1, 3, 4, 18, 230, 9_999]
    assert [test[i] for i in (0, 1, 2, 10, 111, -1)] == [0, 2, 6, 25, 219, 9_998]
    text = " ".join(map(str, val))  # of all indices as they stand in cifar100-test-split.txt
    assert hashlib.sha256(text.encode()).hexdigest() == "b42045638d59224895d1eb281922c0b2de74a4ee8635dfd6f39252cf262028bf"


def test_cifar100_valid_follows_the_official_halves(tmp_path: Path) -> None:
    task = CifarTask("cifar100", "valid")(TaskOptions(data_dir=tmp_path))
    assert {s: len(y) for s, y in task.y.items()} == {"train": 12_500, "val": 5_000, "test": 5_000}
    whole = FakeCIFAR100("", False, True)
    for split, half in zip(("val", "test"), nb201_test_halves(), strict=True):
        order = content_order(whole.data[half], np.array(whole.targets)[half])
        np.testing.assert_array_equal(task.x[split], whole.data[half][order])


@pytest.mark.parametrize("preset", ["nb201-cifar10", "nb201-cifar100"])
def test_the_presets_of_nas_bench_201_can_be_planned(preset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["generate", "--preset", preset, "--dry-run", "--json", "--out", str(tmp_path / "x.h5"), "--data-dir", str(tmp_path)]
    with pytest.raises(SystemExit) as done:
        main(arguments)
    assert done.value.code == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 1_000


@pytest.mark.parametrize("base", ["cifar10", "cifar100"])
def test_an_npz_does_not_do_for_the_official_splits(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, base.upper(), offline)
    (tmp_path / f"{base}.npz").touch()
    with pytest.raises(TaskUnavailable, match=rf"Put .*; {base}.npz does not do, because .* order .* is not known"):
        CifarTask(base, "valid")(TaskOptions(data_dir=tmp_path))


def test_without_files_or_network_one_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "CIFAR10", offline)
    with pytest.raises(TaskUnavailable, match=r"Put cifar-10-python.tar.gz .* or cifar10.npz"):
        CifarTask("cifar10")(TaskOptions(data_dir=tmp_path))


def test_an_npz_in_the_data_folder_must_be_the_whole_set(tmp_path: Path) -> None:
    x, y = np.zeros((4, 32, 32, 3), np.uint8), np.arange(4)
    np.savez(tmp_path / "cifar10.npz", train_x=x, train_y=y, test_x=x, test_y=y)
    with pytest.raises(FormatError, match=r"all 50,000 \+ 10,000 images"):
        CifarTask("cifar10", "small")(TaskOptions(data_dir=tmp_path))


def test_block_mean_is_the_small_tasks_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar, "SMALL", {"train": 20, "val": 10, "test": 10})
    with pytest.raises(ConfigError, match="must divide"):  # the fake images have 8 pixels a side, the task wants 16
        CifarTask("cifar10", "small")(TaskOptions(data_dir=tmp_path))
    assert block_mean(np.zeros((1, 32, 32, 3), np.uint8), 16).shape == (1, 16, 16, 3)


def test_no_image_is_of_size_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar, "SMALL", {"train": 20, "val": 10, "test": 10})
    with pytest.raises(ConfigError, match="got 0 for 8x8"):
        CifarTask("cifar10", "small")(TaskOptions(data_dir=tmp_path, image_size=0))
