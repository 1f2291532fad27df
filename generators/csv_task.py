"""A user's CSV file as a task."""

from pathlib import Path

from generators.base import Task
from generators.csv_table import read_table
from generators.table import Categories, Table
from generators.tabular import tabular_task
from generators.task_options import TaskOptions
from nasbench_lc.errors import ConfigError, TaskUnavailable

__all__ = ["csv_task"]

MAX_BYTES = 100 * 2**20
MAX_INPUTS = 50_000_000


def csv_task(path: Path, options: TaskOptions) -> Task:
    """The table in a CSV file (see :mod:`generators.csv_table`), split and encoded like the built-in ones. Its name is the file's stem.

    Raises:
        TaskUnavailable: If there is no such file, or it cannot be read.
        ConfigError: If it is too large, no text in UTF-8, or no table of classes.
    """
    options.require_no_image_options(path.name)
    if not path.is_file():
        raise TaskUnavailable(f"A CSV task must be a file; got {str(path)!r}, which does not exist. Check the path.")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(f"A CSV file must be at most {MAX_BYTES >> 20} MiB; got {size >> 20} MiB in {path.name}. Take fewer rows.")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"A CSV file must be text in UTF-8; got another encoding in {path.name}. Save it as UTF-8.") from error
    except OSError as error:
        raise TaskUnavailable(f"A CSV task must be readable; got {error.strerror} for {str(path)!r}. Check its permissions.") from error
    table = read_table(text, path.name, options.target)
    _check_size(table, path.name)
    return tabular_task(path.stem, path.stem, table, f"The user's file {path.name}", "not stated", options.val_fraction)


def _check_size(table: Table, label: str) -> None:
    width = sum(len(c.levels) + 1 if isinstance(c, Categories) else 1 for c in table.columns)
    if width * len(table.labels) > MAX_INPUTS:
        raise ConfigError(
            f"A table must have at most {MAX_INPUTS:,} encoded cells; got {len(table.labels):,} rows of {width:,} inputs in {label}. "
            f"Take fewer rows or columns."
        )
