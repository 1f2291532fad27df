"""What source code a number depends on."""

import ast
import hashlib
import inspect
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from predictors.base import Predictor

__all__ = ["code_digest"]

PACKAGES = ("predictors", "evaluation", "nasbench_lc")


DATA_FILE = re.compile(r"[\w-]+\.[a-z]+")


def code_digest(predictor: Predictor, *askers: str) -> str:
    """The sha256 over the files of a predictor's class, of the modules that ask it, and of all that these import from this project, directly or not.

    Data files that lie in a folder beside a module and are named in it, such as weights, count too; comments, docstrings and layout do not.

    A file is read once in a process: what counts is the code that runs, not what an editor has made of it since.
    """
    todo, seen = [inspect.getfile(type(predictor)), *(file for asker in askers for file in _files(asker))], set[str]()
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo += _read(path)[1]
    sha = hashlib.sha256()
    for name, digest in sorted((Path(path).name, _read(path)[0]) for path in seen):
        sha.update(f"{name} {digest}".encode())
    return sha.hexdigest()


@cache
def _read(path: str) -> tuple[str, list[str]]:
    """The digest of a file, and the files of this project that it imports or names."""
    text = Path(path).read_bytes()
    if not path.endswith(".py"):
        return hashlib.sha256(text).hexdigest(), []
    names: list[str] = []
    data: list[str] = []
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and DATA_FILE.fullmatch(node.value):
            data += map(str, Path(path).parent.glob(f"*/{node.value}"))
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    inside = [name for name in names if name.split(".")[0] in PACKAGES]
    return hashlib.sha256(_what_runs(tree)).hexdigest(), [*data, *(file for name in inside for file in _files(name))]


def _what_runs(tree: ast.Module) -> bytes:
    """The code of a module as text that neither a comment nor a docstring changes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree).encode()


def _files(module: str) -> list[str]:
    """The file of a module; none where the name is not a module's."""
    top, *rest = module.split(".")
    spec = find_spec(top)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    places = [Path(folder, *rest) for folder in folders]
    found = [file for place in places for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()]
    return [str(file) for file in found[:1]]
