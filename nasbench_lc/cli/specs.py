"""Models as the command line names them: ``lc-gode``, or ``lc-gode[use_graph=false]`` for one that differs in options of its own."""

import re

from nasbench_lc.cli.common import pairs
from nasbench_lc.errors import ConfigError

__all__ = ["parse_spec", "split_specs"]


def split_specs(text: str) -> tuple[str, ...]:
    """The models of a comma list, each once, in order; commas in brackets belong to their model."""
    parts = [part.strip() for part in re.split(r",(?![^\[\]]*\])", text)]
    return tuple(dict.fromkeys(part for part in parts if part))


def parse_spec(spec: str) -> tuple[str, dict[str, str]]:
    """The name of a model, and its own options.

    Raises:
        ConfigError: If the brackets do not close at the end, or hold something other than key=value between commas.
    """
    found = re.fullmatch(r"([^\[\]]+)(?:\[([^\[\]]*)\])?", spec)
    if found is None:
        raise ConfigError(f"A model must be a name, or a name with options; got {spec!r}. Write for example lc-gode[use_graph=false].")
    name, options = found.groups()
    return name.strip(), pairs([part for part in (options or "").split(",") if part.strip()])
