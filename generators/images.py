"""People's own images as tasks: an npz file, or a tree of class folders.

NumPy and Pillow raise whatever their decoders come across in a damaged file (OSError, SyntaxError, MemoryError, their own ...), so that
reading catches every Exception and says which file is to blame.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from generators.base import MAX_CLASSES, Task
from generators.pixels import Labels, Pixels, image_task
from generators.task_options import TaskOptions
from nasbench_lc.errors import FormatError, TaskUnavailable

__all__ = ["folder_task", "npz_task", "read_npz"]

SPLITS = ("train", "val", "test")
SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".webp"})


def npz_task(path: Path, options: TaskOptions) -> Task:
    """The task in an npz file with `train_x` (uint8, NHWC), `train_y`, `test_x`, `test_y`, and optionally `val_x`, `val_y`, `class_names`.

    Raises:
        FormatError: If the file is no such npz.
        TaskUnavailable: If there is no such file.
        ConfigError: If an option does not fit the images.
    """
    images, classes = read_npz(path)
    return image_task(
        path.stem, images, classes, source=f"the file {path.name}", licence="as stated by whoever made the file",
        options=options,
    )  # fmt: skip


def folder_task(path: Path, options: TaskOptions) -> Task:
    """The task in a tree `train/CLASS/*.png`, `test/CLASS/*.png`, and optionally `val/CLASS/*.png`; all images of one size.

    Its name is the folder's own, even where the path is `.`. Classes are the folders of `train`, sorted by name. Images are read as RGB, or as
    grey where all of them are. Hidden files and folders, such as editors leave, are none of these.

    Raises:
        FormatError: If the tree has no images, unreadable ones, ones of different sizes or of more than 8 bits, or a class that `train` lacks.
        TaskUnavailable: If there is no such folder.
        ConfigError: If an option does not fit the images.
    """
    if not path.is_dir():
        raise TaskUnavailable(f"The folder of an image task must exist; got {path}. Correct the path.")
    folders = {split: {d.name for d in _visible(path / split) if d.is_dir()} for split in SPLITS}
    classes = tuple(sorted(folders["train"]))
    for split in SPLITS:
        if strange := sorted(folders[split].difference(classes)):
            raise FormatError(
                f"Every class must be one of train; got {strange[0]!r} in {path / split}. Add training images of it, or remove it."
            )
    files = {
        split: [
            (f, label)
            for label, name in enumerate(classes)
            for f in _visible(path / split / name)
            if f.suffix.lower() in SUFFIXES and f.is_file()
        ]
        for split in SPLITS
    }
    for split in ("train", "test"):
        if not files[split]:
            raise FormatError(f"An image folder must hold {split}/CLASS/*.png; got none under {path / split}. Arrange the images so.")
    grey = all(_mode(f) in ("1", "L") for pairs in files.values() for f, _ in pairs)
    images = {split: _read(pairs, "L" if grey else "RGB") for split, pairs in files.items() if pairs}
    _check_shapes(path, images)
    name = Path(os.path.abspath(path)).name
    return image_task(
        name, images, classes, source=f"the folder {name}", licence="as stated by whoever made the folder",
        options=options,
    )  # fmt: skip


def read_npz(path: Path) -> tuple[dict[str, tuple[Pixels, Labels]], tuple[str, ...]]:
    """The splits and the class names of an npz file (see :func:`npz_task`); nothing in it is ever executed.

    Raises:
        FormatError: If the file is no such npz.
        TaskUnavailable: If there is no such file.
    """
    if not path.is_file():
        raise TaskUnavailable(f"The file of an image task must exist; got {path}. Correct the path.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except Exception as error:
        raise FormatError(
            f"An image task must be a readable npz of plain arrays; got {path.name} ({_words(error)}). Write it anew."
        ) from error
    splits = [split for split in SPLITS if split != "val" or {"val_x", "val_y"} & arrays.keys()]
    absent = [f"{split}_{part}" for split in splits for part in "xy" if f"{split}_{part}" not in arrays]
    if absent:
        raise FormatError(
            f"The npz of an image task must hold {', '.join(f'{split}_x, {split}_y' for split in splits)}; got {path.name} without "
            f"{', '.join(absent)}. Add what is missing."
        )
    images = {}
    for split in splits:
        x, y = arrays[f"{split}_x"], arrays[f"{split}_y"]
        if x.dtype != np.uint8 or x.ndim != 4 or not x.size or x.shape[3] not in (1, 3):
            raise FormatError(
                f"{split}_x must be uint8 of shape (n, height, width, 1 or 3); got {x.dtype} of shape {x.shape} in {path.name}. Convert it."
            )
        if y.dtype.kind not in "iu" or y.shape != (len(x),):
            raise FormatError(f"{split}_y must be {len(x)} integers; got {y.dtype} of shape {y.shape} in {path.name}. Convert it.")
        if y.min() < 0 or y.max() >= MAX_CLASSES:
            raise FormatError(
                f"{split}_y must number the classes from 0 on, at most {MAX_CLASSES}; got {y.min()} .. {y.max()} in {path.name}. Number them so."
            )
        images[split] = (x, y.astype(np.int64))
    _check_shapes(path, images)
    return images, _class_names(path, arrays, images)


def _class_names(path: Path, arrays: dict[str, npt.NDArray], images: dict[str, tuple[Pixels, Labels]]) -> tuple[str, ...]:
    n = 1 + max(int(y.max()) for _, y in images.values())
    if "class_names" not in arrays:
        return tuple(str(c) for c in range(n))
    names = tuple(str(c) for c in arrays["class_names"].ravel())
    if len(names) < n:
        raise FormatError(f"class_names must name all {n} classes; got {len(names)} in {path.name}. Complete the list or leave it out.")
    return names


def _check_shapes(path: Path, images: dict[str, tuple[Pixels, Labels]]) -> None:
    shapes = {x.shape[1:] for x, _ in images.values()}
    if len(shapes) > 1:
        raise FormatError(f"All images of a task must have one shape; got {sorted(shapes)} in {path.name}. Resize them.")


def _visible(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*") if not p.name.startswith("."))


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise FormatError(f"An image must be readable; got {path} ({_words(error)}). Remove or replace it.") from error


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _mode(path: Path) -> str:
    with _readable(path), Image.open(path) as image:
        mode = image.mode
    if mode.startswith(("I", "F")):
        raise FormatError(f"An image must have at most 8 bits per channel; got mode {mode} of {path}. Convert the images.")
    return mode


def _read(pairs: list[tuple[Path, int]], mode: str) -> tuple[Pixels, Labels]:
    rows: list[Pixels] = []
    for path, _ in pairs:
        with _readable(path), Image.open(path) as image:
            pixels = np.asarray(image.convert(mode), np.uint8)
        if rows and pixels.shape != rows[0].shape:
            raise FormatError(f"All images of a task must have one size; got {path} of {pixels.shape[:2]}. Resize the images.")
        rows.append(pixels)
    x = np.stack(rows)
    return (x if x.ndim == 4 else x[..., None]), np.array([label for _, label in pairs], np.int64)
