"""What all image tasks share: an order that does not depend on the file, block means, moments."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from generators.base import MAX_CLASSES, Task
from generators.task_options import TaskOptions
from nasbench_lc.architecture import Scalar
from nasbench_lc.errors import ConfigError, FormatError

__all__ = ["CONTENT_ORDER", "block_mean", "content_order", "image_task", "normalisation"]

CONTENT_ORDER = "sha256 of label and pixels"

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


def content_order(x: Pixels, y: Labels) -> npt.NDArray[np.int64]:
    """The order of images by the sha256 of the label (8 bytes, little-endian) and the pixels (NHWC bytes), shape `(n,)`.

    A fair shuffle that everyone who holds the same images agrees on, whatever file they came in: "the first 10,000" mean the same images.
    """
    data = np.ascontiguousarray(x)
    labels = y.astype("<i8")
    digests = [hashlib.sha256(labels[i].tobytes() + data[i].tobytes()).digest() for i in range(len(data))]
    return np.array(sorted(range(len(data)), key=digests.__getitem__), dtype=np.int64)


def block_mean(x: Pixels, size: int) -> Pixels:
    """Images `(n, h, w, c)` shrunk to sides of `size` pixels: the mean of each block, rounded half to even.

    Raises:
        ConfigError: If the images are not square or `size` does not divide their side.
    """
    n, height, width, colours = x.shape
    if size < 1 or height != width or height % size:
        raise ConfigError(f"The image size must divide the side of square images; got {size} for {height}x{width}. Choose a divisor.")
    if size == height:
        return x
    k = height // size
    out = np.empty((n, size, size, colours), np.uint8)
    for start in range(0, n, 4096):
        part = x[start : start + 4096].reshape(-1, size, k, size, k, colours).astype(np.float32)
        out[start : start + 4096] = np.rint(part.mean((2, 4)))
    return out


def image_task(
    name: str,
    images: Mapping[str, tuple[Pixels, Labels]],
    classes: tuple[str, ...],
    *,
    source: str,
    licence: str,
    options: TaskOptions,
    test_images: int | None = None,
    moments: tuple[str, str] | None = None,
    settings: Mapping[str, Scalar] | None = None,
) -> Task:
    """A task from its splits: each in content order, cut to its count, then shrunk.

    Where a part is to be held out for validation it is the head of the training images, `ceil(val_fraction n)` of them.

    Arguments:
        name: The name of the task.
        images: Split name to (pixels uint8 `(n, h, w, c)`, labels int64 `(n,)`).
        classes: The names of the classes.
        source: Where the images come from.
        licence: Their licence, in words.
        options: The user's; `image_size` None keeps the images, `train_images` None keeps all.
        test_images: The number of test images to keep; None keeps all.
        moments: Mean and standard deviation of each channel in pixel units, comma-separated; None computes them from the training images.
        settings: Further settings of the task.

    Raises:
        ConfigError: If a count exceeds what there is, the image size does not divide the side, or an option makes no sense for the task.
        FormatError: If there are less than two classes, or one that no training image is left of.
    """
    options.require_no_target(name)
    counts, x, y = {"train": options.train_images, "test": test_images}, {}, {}
    for split, (pixels, labels) in _hold_out(name, images, options.val_fraction).items():
        keep = counts.get(split)
        if keep is not None and not 1 <= keep <= len(labels):
            raise ConfigError(f"The number of {split} images of {name} must lie in 1 .. {len(labels)}; got {keep}. Choose one in between.")
        order = content_order(pixels, labels)[:keep]
        x[split], y[split] = pixels[order], labels[order]
        x[split] = np.ascontiguousarray(x[split] if options.image_size is None else block_mean(x[split], options.image_size))
    _check_classes(name, y["train"], classes)
    mean, std = moments or _moments(x["train"])
    sizes = {f"{split}_images": len(labels) for split, labels in y.items()}
    made = {"image_order": CONTENT_ORDER, "image_size": x["train"].shape[1], "pixel_mean": mean, "pixel_std": std, **sizes}
    task = Task(name, x, y, classes, source, licence)
    return replace(task, settings={**made, **(settings or {}), "digest": task.digest, "val_fraction": float(options.val_fraction)})


def normalisation(task: Task) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean and standard deviation of each channel in pixel units (0 .. 255), two arrays of shape `(c,)`."""
    if "pixel_mean" in task.settings:
        mean, std = str(task.settings["pixel_mean"]), str(task.settings["pixel_std"])
    else:
        mean, std = _moments(task.x["train"])
    return np.array(mean.split(","), np.float32), np.array(std.split(","), np.float32)


def _hold_out(name: str, images: Mapping[str, tuple[Pixels, Labels]], fraction: float) -> Mapping[str, tuple[Pixels, Labels]]:
    if not fraction:
        return images
    if "val" in images:
        raise ConfigError(f"The held-out fraction must be 0 where there are validation images; got {fraction} for {name}. Leave it out.")
    if not 0.0 < fraction < 1.0:
        raise ConfigError(f"The held-out fraction must be at least 0 and less than 1; got {fraction}. Give 0 for no validation split.")
    x, y = images["train"]
    order = content_order(x, y)
    val, train = np.split(order, [math.ceil(fraction * len(y) - 1e-9)])
    return {"train": (x[train], y[train]), "val": (x[val], y[val]), "test": images["test"]}


def _check_classes(name: str, labels: Labels, classes: tuple[str, ...]) -> None:
    if not 2 <= len(classes) <= MAX_CLASSES:
        raise FormatError(f"An image task must have 2 .. {MAX_CLASSES} classes; got {len(classes)} in {name}. Check the labels.")
    untrained = np.flatnonzero(np.bincount(labels, minlength=len(classes)) == 0)
    if len(untrained):
        raise FormatError(
            f"Every class must have training images; got none of class {classes[untrained[0]]!r} among {len(labels)} in {name}. Number the "
            f"classes without gaps, and hold back fewer training images."
        )


def _moments(x: Pixels) -> tuple[str, str]:
    flat = x.reshape(-1, x.shape[-1])
    counts = [np.bincount(flat[:, c], minlength=256) for c in range(flat.shape[1])]
    values = np.arange(256.0)
    means = [float(n @ values / n.sum()) for n in counts]
    stds = [float(np.sqrt(n @ (values - m) ** 2 / n.sum())) for n, m in zip(counts, means, strict=True)]
    return ",".join(f"{m:.4f}" for m in means), ",".join(f"{max(s, 1.0):.4f}" for s in stds)
