"""The search spaces by name. A new space is one new file and one line in `SPACES`."""

import difflib
import inspect
from collections.abc import Callable

from generators.base import Space
from generators.spaces.lcbench import LCBenchMLPSpace
from generators.spaces.mlp import MLPSpace
from generators.spaces.nb201 import NB201Space
from nasbench_lc.architecture import Scalar
from nasbench_lc.errors import ConfigError

__all__ = ["SPACES", "make_space"]

SPACES: dict[str, Callable[..., Space]] = {
    "mlp": MLPSpace,
    "lcbench-mlp": LCBenchMLPSpace,
    "nb201": NB201Space,
}


def make_space(name: str, **options: Scalar | None) -> Space:
    """The space `name`; an option of None is left at the space's own default.

    Raises:
        ConfigError: If there is no such space, or the space has no such option or refuses its value.
    """
    if name not in SPACES:
        near = difflib.get_close_matches(name, SPACES, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Take one of these."
        raise ConfigError(f"A space must be one of {', '.join(sorted(SPACES))}; got {name!r}. {hint}")
    given = {option: value for option, value in options.items() if value is not None}
    known = [p.replace("_", "-") for p in inspect.signature(SPACES[name]).parameters]
    for option in given:
        if option.replace("_", "-") not in known:
            has = f"its options are {', '.join(known)}" if known else "it has none"
            raise ConfigError(f"An option of the space {name} must exist ({has}); got {option!r}. Leave it out.")
    return SPACES[name](**given)
