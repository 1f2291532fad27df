"""The tasks by name. A new task is one new file and one line in `TASKS`."""

import difflib
from collections.abc import Callable
from pathlib import Path

from generators.base import Task
from generators.cifar import CifarTask
from generators.csv_task import csv_task
from generators.images import folder_task, npz_task
from generators.tabular import DigitsImage, ShippedTable, SklearnTable
from generators.task_options import DATA_DIR, TaskOptions
from nasbench_lc.errors import ConfigError
from nasbench_lc.files import is_utf8

__all__ = ["PATH_TASKS", "TASKS", "load_task"]

TASKS: dict[str, Callable[[TaskOptions], Task]] = {
    "car": ShippedTable("car"),
    "car-binary": ShippedTable("car", against_rest="unacc"),
    "segment": ShippedTable("segment"),
    "segment-binary": ShippedTable("segment", against_rest="brickface"),
    "iris": SklearnTable("iris"),
    "wine": SklearnTable("wine"),
    "breast_cancer": SklearnTable("breast_cancer"),
    "digits": SklearnTable("digits"),
    "digits-image": DigitsImage(),
    "cifar10": CifarTask("cifar10"),
    "cifar10-valid": CifarTask("cifar10", "valid"),
    "cifar10-small": CifarTask("cifar10", "small"),
    "cifar100": CifarTask("cifar100"),
    "cifar100-valid": CifarTask("cifar100", "valid"),
    "cifar100-small": CifarTask("cifar100", "small"),
}

#: Files of the user by their suffix, and folders under "/".
PATH_TASKS: dict[str, Callable[[Path, TaskOptions], Task]] = {
    ".csv": csv_task,
    ".npz": npz_task,
    "/": folder_task,
}


def load_task(
    name_or_path: str,
    *,
    target: str | None = None,
    val_fraction: float = 0.0,
    data_dir: Path | None = None,
    train_images: int | None = None,
    image_size: int | None = None,
) -> Task:
    """The task with this name, or in this file.

    Arguments:
        name_or_path: A name in `TASKS`, or the path of a file or folder of a kind in `PATH_TASKS`. A name comes first.
        target: The column of a CSV file that holds the classes; the last where None.
        val_fraction: Which part of the training rows to hold out as the split ``"val"``; 0 for none.
        data_dir: Where downloaded image sets lie; the folder ``data`` where None.
        train_images: How many training images to keep.
        image_size: Height and width to which images are scaled.

    Raises:
        ConfigError: If there is no such task, or it does not fit the options.
        TaskUnavailable: If its data are not on this machine.
    """
    options = TaskOptions(target, val_fraction, data_dir or DATA_DIR, train_images, image_size)
    if name_or_path in TASKS:
        return TASKS[name_or_path](options)
    path = Path(name_or_path).expanduser()
    kind = "/" if name_or_path and path.is_dir() else path.suffix.lower()  # the path of no name would be this folder
    if kind in PATH_TASKS:
        if not is_utf8(path.name):
            raise ConfigError(f"The name of a task must be UTF-8; got {path.name!r}. Rename the file or folder.")
        return PATH_TASKS[kind](path, options)
    near = difflib.get_close_matches(name_or_path, TASKS, n=1)
    kinds = ", ".join("a folder" if k == "/" else f"a {k} file" for k in PATH_TASKS)
    hint = f"Did you mean {near[0]}?" if near else "Take one of these."
    raise ConfigError(f"A task must be one of {', '.join(TASKS)}, or {kinds}; got {name_or_path!r}. {hint}")
