"""lc-gode-x against the field.

    python -m benchmarks.flagship [--imports DIR] [--only TEXT] [--models NAMES --seeds 0-4] [--tables] [--cache DIR] [--workers N]

Every model of the plan (benchmarks/flagship/plan.py), or those that are named, is fitted to its cases (benchmarks/flagship/cases.py) under the strict
split of every seed and forecasts from every prefix. Answers are kept in the cache: the same call goes on after a kill, and several calls may share
one. Cases whose files are missing are left out. --tables reads what the cache has of the plan, fits nothing, and writes
docs/results/flagship.json and flagship.md, and the tables of docs/flagship.md and docs/flagship-evidence.md.

The files of other people's curves are made by `nasbench-lc import KIND SOURCE --out DIR/KIND.h5`; `make flagship DATA=FOLDER` does all of it.
"""

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from benchmarks.flagship.answers import Answer
from benchmarks.flagship.asking import ask, fitted, read
from benchmarks.flagship.cases import Case
from benchmarks.flagship.pages import write
from benchmarks.flagship.plan import PLAN, Stage, questions
from evaluation.cache import Cache
from nasbench_lc.cli.specs import split_specs
from nasbench_lc.curves import CurveSet
from nasbench_lc.pool import cores, spread


def main() -> None:
    """Fit what is missing, or write the tables."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("--imports", type=Path, default=Path("reports/imports"))
    p.add_argument("--only", default="", help="cases whose name holds this text")
    p.add_argument("--models", help="instead of the plan: these on all cases")
    p.add_argument("--seeds", default="0-4", help="of these models")
    p.add_argument("--tables", action="store_true")
    p.add_argument("--cache", type=Path, default=Path("reports/fits"))
    p.add_argument("--workers", type=int, default=cores())
    a = p.parse_args()
    first, _, last = a.seeds.partition("-")
    stages = PLAN if a.models is None else (Stage(split_specs(a.models), range(int(first), int(last or first) + 1)),)
    folders = (Path("datasets"), a.imports)
    asked = [(case, path, model, seed) for case, model, seed in questions(stages, a.only) if (path := case.path(folders)) is not None]
    if not a.tables:
        for said in spread(partial(fitted, cache=Cache(a.cache)), asked, a.workers):
            print(said, flush=True)
        return
    found: dict[Case, tuple[CurveSet, dict[str, dict[int, Mapping[int, Answer]]]]] = {}
    for case, path, model, seed in asked:
        curves = read(path, case.metric)
        kept = ask(case, curves, model, seed, Cache(a.cache), stored_only=True)
        if kept is not None:
            found.setdefault(case, (curves, {}))[1].setdefault(model, {})[seed] = kept
    write(found, Path("docs/results"), Path("docs/flagship.md"), Path("docs/flagship-evidence.md"))


if __name__ == "__main__":
    main()
