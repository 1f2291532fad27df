"""What the columns of a user's log mean, by their names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nasbench_lc.errors import FormatError

__all__ = ["METRICS", "Role", "roles"]

METRICS = ("train_loss", "train_acc", "val_loss", "val_acc", "test_loss", "test_acc")
"""The curve metrics that a log may hold."""

_METRIC = re.compile(r"(train|training|val|valid|validation|test)_(loss|acc|accuracy)")
_PARTS = {"training": "train", "valid": "val", "validation": "val"}
_NUMBERED = re.compile(r"(.*?)_?(\d+)")
_SHORT = {"learning_rate": "lr", "wd": "weight_decay"}
_ALIASES = {
    "uid": "run",
    "run_id": "run",
    "architecture": "arch",
    "arch_string": "arch",
    "epoch_seconds": "seconds",
    "max_epochs": "epochs",
    "total_epochs": "epochs",
    "arch_n_params": "n_params",
    "params": "n_params",
    **_SHORT,
}
_FACTS = ("epochs", "n_params")
_HYPERPARAMETERS = ("batch_size", "momentum", "weight_decay", "dropout")
_PER_EPOCH = ("seconds", "lr")


@dataclass(frozen=True)
class Role:
    """What one column holds.

    Arguments:
        kind: ``run``, ``epoch``, ``arch``, ``curve`` (a metric, seconds or lr), ``value`` (a hyperparameter), ``fact`` (epochs or n_params, one number
            per run), or ``other``, which is not read.
        name: The metric's or value's own name; a hyperparameter that is written ``hp_NAME`` is NAME, whatever NAME means without the prefix.
        epoch: Which epoch it holds, as written, in a log of one row per run; None in one of a row per epoch.
    """

    kind: str
    name: str
    epoch: int | None = None


def roles(header: Sequence[str]) -> list[Role]:
    """The role of every column.

    Names are read without regard to case, and with ``_`` for blanks, dots, dashes and slashes; ``valid_`` and ``validation_`` are ``val_``,
    ``accuracy`` is ``acc``. A column ``uid`` or ``run_id`` names the runs only where there is no column ``run``.

    Raises:
        FormatError: If two columns mean the same.
    """
    names = [_plain(h) for h in header]
    long = "epoch" in names
    found = [Role("other", n) if "run" in names and _ALIASES.get(n) == "run" else _role(n, long) for n in names]
    seen: dict[Role, str] = {}
    for role, text in zip(found, header, strict=True):
        if role.kind != "other" and role in seen:
            raise FormatError(
                f"Every column must mean something else; got {seen[role]!r} and {text!r}, which are both {role.name}. Rename one."
            )
        seen[role] = text
    return found


def _role(name: str, long: bool) -> Role:
    if name.startswith("hp_") and (hyperparameter := name.removeprefix("hp_")):
        return Role("value", _SHORT.get(hyperparameter, hyperparameter))
    name = _ALIASES.get(name, name)
    if name in ("run", "arch") or (name == "epoch" and long):
        return Role(name, name)
    if name in _FACTS:
        return Role("fact", name)
    if name in _HYPERPARAMETERS:
        return Role("value", name)
    curve = _curve_name(name)
    if long and curve:
        return Role("curve", curve)
    if not long:
        match = _NUMBERED.fullmatch(name)
        numbered = match and _curve_name(_ALIASES.get(match[1], match[1]))
        if match and numbered and len(match[2]) < 10:
            return Role("curve", numbered, int(match[2]))
        if name == "lr":
            return Role("value", name)
    return Role("other", name)


def _curve_name(name: str) -> str:
    if name in _PER_EPOCH:
        return name
    match = _METRIC.fullmatch(name)
    return f"{_PARTS.get(match[1], match[1])}_{match[2].replace('accuracy', 'acc')}" if match else ""


def _plain(header: str) -> str:
    return re.sub(r"[\s./\-]+", "_", header.strip().lower())
