"""CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009) and their splits.

Three tasks of each: `cifar10` is the whole set, 50,000 training and 10,000 test images; `cifar10-valid` and `cifar100-valid` are the
splits of NAS-Bench-201 with validation images (25,000 + 25,000 of the training images, 5,000 + 5,000 of the test images);
`cifar10-small` has 10,000 training, 2,000 validation and 2,000 test images of 16x16 pixels: the first ones in content order
(see :func:`generators.pixels.content_order`), so that they are the same images whatever file they were read from.
"""

import random
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generators.base import Task
from generators.images import read_npz
from generators.pixels import Labels, Pixels, content_order, image_task
from generators.task_options import TaskOptions
from nasbench_lc.architecture import Scalar
from nasbench_lc.errors import FormatError, TaskUnavailable

__all__ = ["CifarTask", "nb201_halves", "nb201_test_halves"]

Images = dict[str, tuple[Pixels, Labels]]

MOMENTS = {"cifar10": ("125.3,123.0,113.9", "63.0,62.1,66.7"), "cifar100": ("129.3,124.1,112.4", "68.2,65.4,70.4")}
SETS = {"cifar10": "CIFAR10", "cifar100": "CIFAR100"}
ARCHIVES = {"cifar10": "cifar-10-python.tar.gz", "cifar100": "cifar-100-python.tar.gz"}
SMALL_SIZE = 16
SMALL = {"train": 10_000, "val": 2_000, "test": 2_000}


@dataclass(frozen=True)
class CifarTask:
    """A task from `data_dir/cifar10.npz` where there is one, else through torchvision, which downloads on demand.

    The splits of NAS-Bench-201 go by the position of an image in the official order, which an npz need not have: those tasks never read one.

    Arguments:
        base: ``"cifar10"`` or ``"cifar100"``.
        kind: Which split: ``""`` (whole), ``"valid"`` or ``"small"``.
    """

    base: str
    kind: str = ""

    def __call__(self, options: TaskOptions) -> Task:
        """The task.

        Raises:
            TaskUnavailable: If the files are neither there nor to be had.
            FormatError: If a file is not what it should be.
            ConfigError: If an option does not fit the images.
        """
        images, classes = _load(self.base, options.data_dir, own_file=self.kind != "valid")
        settings: dict[str, Scalar] = {}
        if self.kind == "small":
            images = _small(images)
            options = replace(options, image_size=SMALL_SIZE if options.image_size is None else options.image_size)
            settings["split"] = f"the first {SMALL['train']} + {SMALL['val']} training and {SMALL['test']} test images in content order"
        elif self.kind == "valid":
            images = _cifar10_valid(images) if self.base == "cifar10" else _cifar100_valid(images)
            settings["split"] = f"NAS-Bench-201, {'cifar10-valid' if self.base == 'cifar10' else 'x-valid and x-test'}"
        return image_task(
            "-".join(filter(None, (self.base, self.kind))),
            images,
            classes,
            source="Krizhevsky, Learning multiple layers of features from tiny images, 2009",
            licence="none stated by the authors; cite the report",
            options=options,
            test_images=SMALL["test"] if self.kind == "small" else None,
            moments=MOMENTS[self.base],
            settings=settings,
        )


def nb201_halves(n: int = 50_000) -> tuple[list[int], list[int]]:
    """The training and validation indices of NAS-Bench-201's `cifar10-valid`, in torchvision's order of the images."""
    order = list(range(n))
    random.Random(1021).shuffle(order)
    return sorted(order[: n // 2]), sorted(order[n // 2 :])


def nb201_test_halves() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """NAS-Bench-201's `x-valid` and `x-test`: 5,000 indices each, ascending, into CIFAR-100's test images in torchvision's order."""
    with (resources.files("generators") / "data" / "cifar100-xvalid.npy").open("rb") as file:
        valid = np.unpackbits(np.load(file, allow_pickle=False)).astype(bool)
    return np.flatnonzero(valid), np.flatnonzero(~valid)


def _load(base: str, data_dir: Path, own_file: bool) -> tuple[Images, tuple[str, ...]]:
    npz = data_dir / f"{base}.npz"
    if own_file and npz.is_file():
        images, classes = read_npz(npz)
        found = {split: x.shape for split, (x, _) in images.items()}
        if found != {"train": (50_000, 32, 32, 3), "test": (10_000, 32, 32, 3)}:
            raise FormatError(
                f"{npz.name} in the data folder must hold all 50,000 + 10,000 images of 32x32 pixels; got {found}. "
                f"Use it by its path as --task instead, or replace it."
            )
        return images, classes
    images = {split: _torchvision(base, data_dir, split == "train", own_file) for split in ("train", "test")}
    return {split: part[:2] for split, part in images.items()}, images["train"][2]


def _torchvision(base: str, data_dir: Path, train: bool, own_file: bool) -> tuple[Pixels, Labels, tuple[str, ...]]:
    from torchvision import datasets  # brings in torch

    try:
        data = getattr(datasets, SETS[base])(root=str(data_dir), train=train, download=True)
    except (OSError, RuntimeError) as error:
        npz = f", or {base}.npz with train_x, train_y, test_x, test_y" if own_file else ""
        if not own_file and (data_dir / f"{base}.npz").is_file():
            npz = f"; {base}.npz does not do, because this split goes by the official order and that of its rows is not known"
        raise TaskUnavailable(
            f"The images of {base} must be in {data_dir} or to be had from the network; got neither ({type(error).__name__}). Put "
            f"{ARCHIVES[base]} of https://www.cs.toronto.edu/~kriz/cifar.html there{npz}."
        ) from error
    return np.asarray(data.data, np.uint8), np.asarray(data.targets, np.int64), tuple(data.classes)


def _small(images: Images) -> Images:
    x, y = images["train"]
    order = content_order(x, y)
    train, val = order[: SMALL["train"]], order[SMALL["train"] : SMALL["train"] + SMALL["val"]]
    return {"train": (x[train], y[train]), "val": (x[val], y[val]), "test": images["test"]}


def _cifar10_valid(images: Images) -> Images:
    x, y = images["train"]
    train, val = nb201_halves(len(y))
    return {"train": (x[train], y[train]), "val": (x[val], y[val]), "test": images["test"]}


def _cifar100_valid(images: Images) -> Images:
    x, y = images["test"]
    val, test = nb201_test_halves()
    return {"train": images["train"], "val": (x[val], y[val]), "test": (x[test], y[test])}
