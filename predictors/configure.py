"""From names and words to predictors: what the command line and checkpoints need."""

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

from nasbench_lc.errors import ConfigError, FormatError
from predictors.base import Predictor
from predictors.registry import PREDICTORS

__all__ = ["make", "option_names", "restore"]


def make(name: str, settings: Mapping[str, str], seed: int) -> Predictor:
    """The predictor `name` with some options of its config set from words.

    Arguments:
        name: A name in `PREDICTORS`.
        settings: Option to value, as written on the command line.
        seed: The config's `seed`, where it has one and `settings` does not name it.

    Raises:
        ConfigError: If there is no such predictor or option, or the value is not of its type.
    """
    kind, names = _kind(name), option_names(name)
    config = kind().config
    changes: dict[str, Any] = {"seed": seed} if "seed" in names else {}
    for option, word in settings.items():
        if not names:
            raise ConfigError(f"The model {name} must be given no option, as it has none; got {option}. Leave the option out.")
        if option not in names:
            near = difflib.get_close_matches(option, names, 1)
            hint = f"Did you mean {near[0]}?" if near else "Choose one of those."
            raise ConfigError(f"An option of {name} must be one of {', '.join(names)}; got {option}. {hint}")
        changes[option] = _parse(option, word, getattr(config, option))
    return _build(kind, dataclasses.replace(config, **changes))


def restore(name: str, config: Mapping[str, Any]) -> Predictor:
    """The predictor `name` with a whole config, as a checkpoint holds it.

    Raises:
        FormatError: If the config has other options than this version knows.
    """
    kind = _kind(name)
    if sorted(config) != sorted(option_names(name)):
        raise FormatError(
            f"The config of {name} must have the options {', '.join(option_names(name))}; got {', '.join(config)}. Train it again."
        )
    return _build(kind, type(kind().config)(**config))


def option_names(name: str) -> tuple[str, ...]:
    """The options of a predictor's config."""
    return tuple(f.name for f in dataclasses.fields(_kind(name)().config))


def _kind(name: str) -> type[Predictor]:
    if name not in PREDICTORS:
        near = difflib.get_close_matches(name, PREDICTORS, 1)
        hint = f"Did you mean {near[0]}?" if near else "Choose one of those."
        raise ConfigError(f"A model must be one of {', '.join(PREDICTORS)}; got {name}. {hint}")
    return PREDICTORS[name]


def _build(kind: type[Predictor], config: object) -> Predictor:
    make_one: Any = kind  # the contract: a constructor takes the config alone
    return make_one(config)


def _parse(option: str, word: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False, "1": True, "0": False}[word.lower()]
        if isinstance(default, int):
            return int(word)
        if isinstance(default, float):
            return float(word)
    except (KeyError, ValueError) as error:
        kind = "true or false" if isinstance(default, bool) else f"of type {type(default).__name__}"
        raise ConfigError(f"The option {option} must be {kind}; got {word!r}. Write for example {option}={default}.") from error
    return word
