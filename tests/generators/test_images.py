import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generators.images import folder_task, npz_task
from generators.pixels import block_mean, content_order, image_task, normalisation
from generators.task_options import TaskOptions
from nasbench_lc.errors import ConfigError, FormatError, TaskUnavailable


def arrays(n: int = 24, side: int = 8, colours: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    images = {f"{s}_x": rng.integers(0, 256, (n, side, side, colours), dtype=np.uint8) for s in ("train", "test")}
    return {**images, "train_y": np.arange(n) % 3, "test_y": np.arange(n) % 3}


def write(path: Path, **parts: np.ndarray) -> Path:
    np.savez(path, **parts)  # pyright: ignore[reportArgumentType]
    return path


def test_block_mean_is_the_rounded_average() -> None:
    x = arrays()["train_x"]
    small = block_mean(x, 4)
    assert small.dtype == np.uint8
    assert small[5, 1, 2, 0] == np.rint(x[5, 2:4, 4:6, 0].mean())
    with pytest.raises(ConfigError, match="must divide"):
        block_mean(x, 3)


def test_npz_round_trip_with_subset_and_size(tmp_path: Path) -> None:
    a = arrays()
    task = npz_task(write(tmp_path / "mine.npz", **a, class_names=np.array(["a", "b", "c"])), TaskOptions(image_size=4, train_images=10))
    assert (task.name, task.classes, task.input_shape, task.is_image) == ("mine", ("a", "b", "c"), (4, 4, 3), True)
    assert task.metrics == ("train_loss", "train_acc", "test_loss", "test_acc")
    assert task.settings["train_images"] == 10
    order = content_order(a["train_x"], a["train_y"])[:10]
    np.testing.assert_array_equal(task.x["train"], block_mean(a["train_x"][order], 4))
    np.testing.assert_array_equal(task.y["train"], a["train_y"][order])


def test_the_order_of_a_file_does_not_matter(tmp_path: Path) -> None:
    a, shuffle = arrays(), np.random.default_rng(1).permutation(24)
    b = {key: value[shuffle] for key, value in a.items()}
    first = npz_task(write(tmp_path / "a.npz", **a), TaskOptions(train_images=7))
    second = npz_task(write(tmp_path / "b.npz", **b), TaskOptions(train_images=7))
    assert first.digest == second.digest


def test_moments_of_the_training_pixels() -> None:
    a = arrays(side=16)
    task = image_task("t", {"train": (a["train_x"], a["train_y"])}, ("0", "1", "2"), source="", licence="", options=TaskOptions())
    mean, std = normalisation(task)
    np.testing.assert_allclose(mean, a["train_x"].mean((0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(std, a["train_x"].std((0, 1, 2)), atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_x": np.zeros((24, 8, 8, 3), np.float32)}, "uint8"),
        ({"train_x": np.zeros((24, 8, 8), np.uint8)}, "uint8 of shape"),
        ({f"{split}_x": np.zeros((24, 0, 0, 3), np.uint8) for split in ("train", "test")}, "uint8 of shape"),
        ({"train_y": np.zeros(23, np.int64)}, "24 integers"),
        ({"train_y": np.full(24, -1)}, "from 0 on"),
        ({"train_y": np.zeros(24)}, "24 integers"),
        ({"test_x": np.zeros((24, 9, 9, 3), np.uint8)}, "one shape"),
        ({"train_y": np.zeros(24, np.int64), "test_y": np.zeros(24, np.int64)}, "2 .. 1000 classes; got 1"),
        ({"train_y": np.full(24, 1), "test_y": np.full(24, 1)}, "none of class '0' among 24"),
        ({"train_y": 1 + np.arange(24) % 3, "test_y": 1 + np.arange(24) % 3}, "none of class '0' among 24"),
        ({"test_y": np.arange(24) % 5}, "none of class '3' among 24"),
        ({"test_y": np.full(24, 20_000_000)}, "at most 1000; got 20000000"),
        ({"test_y": np.full(24, 2**63 + 5, np.uint64)}, "at most 1000; got 9223372036854775813"),
        ({"val_x": arrays()["test_x"]}, "without val_y"),
        ({"val_y": arrays()["test_y"]}, "without val_x"),
        ({"class_names": np.array(["a", "b", "c", "d"])}, "none of class 'd'"),
        ({"class_names": np.array(["one"])}, "must name all 3"),
        ({"train_x": np.array([None] * 24)}, "plain arrays"),
    ],
)
def test_what_is_wrong_with_an_npz_is_said(tmp_path: Path, change: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        npz_task(write(tmp_path / "bad.npz", **{**arrays(), **change}), TaskOptions())


def test_files_that_are_no_npz(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(FormatError, match="readable npz"):
        npz_task(tmp_path / "text.npz", TaskOptions())
    with pytest.raises(TaskUnavailable, match="must exist"):
        npz_task(tmp_path / "absent.npz", TaskOptions())
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, arrays()["train_x"])
    with pytest.raises(FormatError, match="readable npz"):
        npz_task(tmp_path / "array.npz", TaskOptions())
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive, archive.open("train_x.npy", "w") as entry:
        np.lib.format.write_array_header_1_0(entry, {"descr": "|u1", "fortran_order": False, "shape": (10**9, 32, 32, 3)})
    with pytest.raises(FormatError, match="readable npz"):
        npz_task(tmp_path / "huge.npz", TaskOptions())
    with pytest.raises(FormatError, match="without test_x, test_y"):
        npz_task(write(tmp_path / "half.npz", train_x=arrays()["train_x"], train_y=arrays()["train_y"]), TaskOptions())
    with pytest.raises(ConfigError, match=r"must lie in 1 \.\. 24"):
        npz_task(write(tmp_path / "few.npz", **arrays()), TaskOptions(train_images=25))


def tree(root: Path, mode: str = "RGB") -> dict[str, np.ndarray]:
    a = arrays(12, colours=3 if mode == "RGB" else 1)
    for split in ("train", "test"):
        for i, (pixels, label) in enumerate(zip(a[f"{split}_x"], a[f"{split}_y"], strict=True)):
            folder = root / split / f"class{label}"
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels if mode == "RGB" else pixels[..., 0]).save(folder / f"{i}.png")
    return a


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_folder_and_npz_of_the_same_images_are_the_same_task(tmp_path: Path, mode: str) -> None:
    a = tree(tmp_path / "tree", mode)
    task = folder_task(tmp_path / "tree", TaskOptions())
    assert task.classes == ("class0", "class1", "class2")
    assert task.digest == npz_task(write(tmp_path / "same.npz", **a), TaskOptions()).digest


def test_the_folder_at_hand_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path / "mine")
    (tmp_path / "link").symlink_to("mine")
    monkeypatch.chdir(tmp_path / "mine")
    for path, name in ((Path("."), "mine"), (Path("train/.."), "mine"), (tmp_path / "mine", "mine"), (tmp_path / "link", "link")):
        task = folder_task(path, TaskOptions())
        assert (task.name, task.source) == (name, f"the folder {name}")
    monkeypatch.chdir("train")
    assert folder_task(Path(".."), TaskOptions()).name == "mine"


def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(TaskUnavailable):
        folder_task(tmp_path / "absent", TaskOptions())
    with pytest.raises(FormatError, match="must hold train/CLASS"):
        folder_task(tmp_path, TaskOptions())
    tree(tmp_path)
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / "train" / "class0" / "z.png")
    with pytest.raises(FormatError, match="one size"):
        folder_task(tmp_path, TaskOptions())
    (tmp_path / "train" / "class0" / "z.png").write_text("no image")
    with pytest.raises(FormatError, match="readable"):
        folder_task(tmp_path, TaskOptions())


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A grey image that claims a size, with a checksum for every part."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data[:20]) + chunk(b"IDAT", data[20:]) + chunk(b"IEND", b"")


WHOLE = png(8, 8, b"".join(b"\0" + np.random.default_rng(i).bytes(8) for i in range(8)))


DAMAGED = {
    "giant": png(30_000, 30_000),
    "cut in the first data": WHOLE[:60],
    "cut in the last data": WHOLE[:-40],
    "flipped": b"ID\0T".join(WHOLE.rsplit(b"IDAT", 1)),
    "empty": b"",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_image_is_named(tmp_path: Path, damage: str) -> None:
    tree(tmp_path, "L")
    (tmp_path / "train" / "class0" / "damaged.png").write_bytes(DAMAGED[damage])
    with pytest.raises(FormatError, match=r"must be readable; got .*damaged\.png") as caught:
        folder_task(tmp_path, TaskOptions())
    assert len(str(caught.value).splitlines()) == 1


def test_more_than_8_bits_are_refused_not_clipped(tmp_path: Path) -> None:
    tree(tmp_path, "L")
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(tmp_path / "train" / "class0" / "deep.png")
    with pytest.raises(FormatError, match=r"8 bits per channel; got mode I;16 of .*deep\.png"):
        folder_task(tmp_path, TaskOptions())


def test_the_classes_of_a_folder_are_those_of_train(tmp_path: Path) -> None:
    tree(tmp_path / "a")
    plain = folder_task(tmp_path / "a", TaskOptions())
    for hidden in ("train/.ipynb_checkpoints/0.png", "test/.cache/0.png", "train/class0/._0.png"):
        (tmp_path / "a" / hidden).parent.mkdir(exist_ok=True)
        (tmp_path / "a" / hidden).write_bytes(b"")
    assert (task := folder_task(tmp_path / "a", TaskOptions())).classes == plain.classes
    assert task.digest == plain.digest
    (tmp_path / "a" / "test" / "class3").mkdir()
    with pytest.raises(FormatError, match=r"one of train; got 'class3' in .*test"):
        folder_task(tmp_path / "a", TaskOptions())
    (tmp_path / "a" / "train" / "class3").mkdir()
    with pytest.raises(FormatError, match="none of class 'class3' among 12"):
        folder_task(tmp_path / "a", TaskOptions())
    tree(tmp_path / "b")
    for split in ("train", "test"):
        for folder in ("class1", "class2"):
            shutil.rmtree(tmp_path / "b" / split / folder)
    with pytest.raises(FormatError, match="got 1 in b"):
        folder_task(tmp_path / "b", TaskOptions())


def test_every_class_keeps_training_images(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.npz", **arrays())
    for options in (TaskOptions(val_fraction=0.99), TaskOptions(val_fraction=0.9), TaskOptions(train_images=2)):
        with pytest.raises(FormatError, match="must have training images"):
            npz_task(path, options)


def test_a_held_out_part_is_the_head_of_the_content_order(tmp_path: Path) -> None:
    a = arrays()
    path = write(tmp_path / "mine.npz", **a)
    task = npz_task(path, TaskOptions(val_fraction=0.25))
    order = content_order(a["train_x"], a["train_y"])
    np.testing.assert_array_equal(task.x["val"], a["train_x"][order[:6]])
    np.testing.assert_array_equal(task.x["train"], a["train_x"][order[6:]])
    with pytest.raises(ConfigError, match="less than 1"):
        npz_task(path, TaskOptions(val_fraction=1.0))
    own = write(tmp_path / "own.npz", **a, val_x=a["test_x"], val_y=a["test_y"])
    assert npz_task(own, TaskOptions()).metrics[2:4] == ("val_loss", "val_acc")
    with pytest.raises(ConfigError, match="must be 0"):
        npz_task(own, TaskOptions(val_fraction=0.1))
    with pytest.raises(ConfigError, match="--target"):
        npz_task(path, TaskOptions(target="class"))
