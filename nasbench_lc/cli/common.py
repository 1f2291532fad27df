"""What several commands share: which file is meant, that it is new, key=value settings, progress, tables."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

import nasbench_lc
from nasbench_lc.errors import ConfigError
from nasbench_lc.files import at_work, lock
from nasbench_lc.shards import parts_folder

__all__ = ["QUICK", "echo_json", "find_dataset", "new_dataset", "numbers", "observed_epochs", "pairs", "progress_bar", "table"]

QUICK = Path("datasets/quick-mlp-car.h5")
_SHIPPED = Path("datasets/mlp-car.h5")
_OBSERVE = 10


def find_dataset(path: Path | None) -> Path:
    """The dataset that a command works on, and a line on stderr that names it.

    Without a path it is what bare `generate` makes, if present, else the shipped mlp-car.

    Raises:
        ConfigError: If there is none.
    """
    beside = Path(nasbench_lc.__file__).parent.parent / _SHIPPED
    candidates = [path] if path is not None else [QUICK, _SHIPPED, beside]
    for candidate in candidates:
        if candidate.exists() or parts_folder(candidate).exists() or at_work(candidate):
            click.echo(f"dataset: {candidate}", err=True)
            return candidate
    raise ConfigError(f"The dataset must exist; got no file at {candidates[0]}. Check the path, or run: nasbench-lc generate")


@contextlib.contextmanager
def new_dataset(path: Path) -> Iterator[None]:
    """Hold the lock of a dataset that is about to be written whole.

    Raises:
        ConfigError: If it exists, runs of an unfinished one lie in its parts folder, or another process writes it.
    """
    with lock(path):
        for found in (path, parts_folder(path)):
            if found.exists():
                raise ConfigError(f"The dataset must be new; got {found}, which exists. Choose another --out.")
        yield


def pairs(values: Sequence[str]) -> dict[str, str]:
    """``("latent=8", "lr=1e-3")`` as a dictionary.

    Raises:
        ConfigError: If one has no ``=``.
    """
    found: dict[str, str] = {}
    for value in values:
        name, equals, setting = value.partition("=")
        if not equals or not name:
            raise ConfigError(f"--set must have the form key=value; got {value!r}. Write for example --set seed=1.")
        found[name.strip()] = setting.strip()
    return found


def numbers(option: str, value: str | None) -> list[int] | None:
    """``"80,140,200"`` as integers, sorted and distinct; None stays None.

    Raises:
        ConfigError: If the text is no comma list of integers.
    """
    if value is None:
        return None
    try:
        return sorted({int(part) for part in value.split(",")})
    except ValueError as error:
        raise ConfigError(f"{option} must be integers between commas; got {value!r}. Write for example {option} 10,20.") from error


def observed_epochs(observe: int | None, epochs: int) -> int:
    """How many of `T` epochs to observe: as asked for, or else 10, and a quarter with a notice where that leaves none to forecast."""
    if observe is not None:
        return observe
    if epochs > _OBSERVE:
        return _OBSERVE
    fewer = min(max(1, epochs // 4), epochs - 1)
    click.echo(f"notice: the default --observe {_OBSERVE} leaves no epoch of {epochs} to forecast; observing {fewer}", err=True)
    return fewer


def echo_json(value: Any) -> None:
    """Print a value as JSON on stdout; NaN is not JSON, so it must not occur."""
    click.echo(json.dumps(value, indent=1, allow_nan=False))


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """Aligned plain text; the first column to the left, the others to the right."""
    cells = [list(head), *[list(r) for r in rows]]
    widths = [max(len(r[i]) for r in cells) for i in range(len(head))]
    lines = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths, strict=True))).rstrip() for r in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """A bar with the time left on stderr, where that is a terminal; hands out a function of (fraction, text)."""
    if not sys.stderr.isatty():
        yield lambda fraction, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=1.0, text="")
        yield lambda fraction, text: bar.update(task, completed=fraction, text=text)
