"""Hyperparameters that know what they may be: the fields of the frozen configurations of the predictors."""

from collections.abc import Iterable
from dataclasses import Field, dataclass, field, fields
from typing import Any

from nasbench_lc.errors import ConfigError

__all__ = ["Options", "choice", "number"]


def number(default: float, low: float, high: float) -> Any:
    """A field for a number in `low` .. `high`; an int where the annotation says so."""
    return field(default=default, metadata={"low": low, "high": high})


def choice(default: str, names: Iterable[str]) -> Any:
    """A field for one of several names."""
    return field(default=default, metadata={"names": tuple(names)})


@dataclass(frozen=True)
class Options:
    """The base of a frozen configuration: every field is checked when it is built.

    Raises:
        ConfigError: If a field has another type than its default, or a value that is not allowed.
    """

    def __post_init__(self) -> None:
        for item in fields(self):
            _check(item, getattr(self, item.name))


def _check(item: Field[Any], value: object) -> None:
    wanted = type(item.default)
    accepted: tuple[type, ...] = (int, float) if wanted is float else (wanted,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and wanted is not bool):
        raise ConfigError(f"The option {item.name} must be of type {wanted.__name__}; got {value!r}. Give it as {item.default!r}.")
    if "names" in item.metadata and value not in item.metadata["names"]:
        raise ConfigError(f"The option {item.name} must be one of {', '.join(item.metadata['names'])}; got {value}. Choose one of those.")
    if "low" in item.metadata and isinstance(value, int | float) and not item.metadata["low"] <= value <= item.metadata["high"]:
        low, high = item.metadata["low"], item.metadata["high"]
        raise ConfigError(f"The option {item.name} must lie in {low} .. {high}; got {value}. Choose a value inside.")
