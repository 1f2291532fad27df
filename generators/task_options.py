"""What a user may ask of any task."""

from dataclasses import dataclass
from pathlib import Path

from nasbench_lc.errors import ConfigError

__all__ = ["DATA_DIR", "TaskOptions"]

DATA_DIR = Path("data")


@dataclass(frozen=True)
class TaskOptions:
    """Options of :func:`generators.tasks.load_task`; None is the task's own default.

    Arguments:
        target: The column of a user's CSV that holds the classes; the last where None.
        val_fraction: Which part of the training rows to hold out as the split ``"val"``; 0 for none.
        data_dir: Where downloaded image sets lie.
        train_images: How many training images to keep.
        image_size: Height and width to which images are scaled.
    """

    target: str | None = None
    val_fraction: float = 0.0
    data_dir: Path = DATA_DIR
    train_images: int | None = None
    image_size: int | None = None

    def require_no_image_options(self, name: str) -> None:
        """A table has none, and a set of images that comes in one size and number neither.

        Raises:
            ConfigError: If one is given.
        """
        for option in ("train_images", "image_size"):
            if getattr(self, option) is not None:
                flag = "--" + option.replace("_", "-")
                raise ConfigError(f"{flag} needs a task of images to choose and scale; got {name}, which is as it is. Leave {flag} out.")

    def require_no_target(self, name: str) -> None:
        """Only a user's CSV has a choice of target.

        Raises:
            ConfigError: If one is given.
        """
        if self.target is not None:
            raise ConfigError(f"The task must be a CSV file of yours for --target; got {name}, whose target is known. Leave --target out.")
