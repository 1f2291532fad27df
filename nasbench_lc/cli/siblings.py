"""The four packages travel together; a folder of the user's own with one of these names must not stand in for ours."""

import importlib.util
from pathlib import Path

import nasbench_lc
from nasbench_lc.errors import ConfigError

__all__ = ["check_siblings"]


def check_siblings() -> None:
    """See that `generators`, `predictors` and `evaluation` are the ones beside this package.

    Raises:
        ConfigError: If Python would import another, such as a folder `evaluation` in the current directory.
    """
    home = Path(nasbench_lc.__file__).resolve().parent.parent
    for name in ("generators", "predictors", "evaluation"):
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).resolve().parent.parent if spec is not None and spec.origin is not None else None
        if found != home:
            where = "nowhere" if found is None else str(found / name)
            raise ConfigError(
                f"The package {name} must lie beside nasbench_lc in {home}; got {where}. Run from another folder, or rename yours."
            )
