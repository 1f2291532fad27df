"""lc-gode-x against the field.

    python -m benchmarks.flagship [--imports DIR] [--only TEXT] [--models NAMES --seeds 0-4] [--tables] [--cache DIR]

Every model of the plan (benchmarks/flagship/plan.py), or those that are named, is fitted to its cases (benchmarks/flagship/cases.py) under the strict
split of every seed and forecasts from every prefix. Answers are kept in the cache: the same call goes on after a kill, and several calls may share
one. Cases whose files are missing are left out. --tables reads what the cache has of the plan, fits nothing, and writes
docs/results/flagship.json and flagship.md, and the three tables of docs/flagship.md.

The files of other people's curves are made by `nasbench-lc import KIND SOURCE --out DIR/KIND.h5`; `make flagship DATA=FOLDER` does all of it.
"""

import argparse
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from unittest.mock import patch

from benchmarks.flagship.answers import Answer, answer
from benchmarks.flagship.cases import Case
from benchmarks.flagship.pages import write
from benchmarks.flagship.parts import PARTS, WHOLE
from benchmarks.flagship.plan import PLAN, Stage, questions
from evaluation.cache import Cache
from evaluation.fits import Fits
from evaluation.split import Split
from nasbench_lc.cli.specs import parse_spec, split_specs
from nasbench_lc.curves import CurveSet
from predictors.base import Predictor
from predictors.configure import make


def main() -> None:
    """Fit what is missing, or write the tables."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("--imports", type=Path, default=Path("reports/imports"))
    p.add_argument("--only", default="", help="cases whose name holds this text")
    p.add_argument("--models", help="instead of the plan: these on all cases")
    p.add_argument("--seeds", default="0-4", help="of these models")
    p.add_argument("--tables", action="store_true")
    p.add_argument("--cache", type=Path, default=Path("reports/fits"))
    a = p.parse_args()
    first, _, last = a.seeds.partition("-")
    stages = PLAN if a.models is None else (Stage(split_specs(a.models), range(int(first), int(last or first) + 1)),)
    known = cache(lambda case: case.curves((Path("datasets"), a.imports)))
    found: dict[Case, tuple[CurveSet, dict[str, dict[int, Mapping[int, Answer]]]]] = {}
    for case, model, seed in questions(stages, a.only):
        curves = known(case)
        kept = None if curves is None else ask(case, curves, model, seed, Cache(a.cache), a.tables)
        if curves is not None and kept is not None:
            found.setdefault(case, (curves, {}))[1].setdefault(model, {})[seed] = kept
            if not a.tables:
                print(f"{case.name}: {model}, seed {seed}", flush=True)
    if a.tables:
        write(found, Path("docs/results"), Path("docs/flagship.md"))


def ask(case: Case, curves: CurveSet, model: str, seed: int, cache: Cache, stored_only: bool) -> Mapping[int, Answer] | None:
    """The answers of one model, or of lc-gode-x without a part: ``lc-gode-x/PART``."""
    spec, _, name = model.partition("/")
    part = PARTS[name] if name else WHOLE
    kind, options = parse_spec(spec)
    predictor = make(kind, {**options, **part.options}, seed)
    given = part.curves(curves), predictor, name, seed, case.train_size, case.observe(curves.epochs), cache, stored_only
    if part.learns or stored_only:
        with part.away():
            return answer(*given)
    ask(case, curves, spec, seed, cache, False)  # fitted before anything is replaced
    whole = make(kind, options, seed)

    def remember(train: CurveSet, valid: CurveSet) -> Predictor:
        return predictor.load_state(Fits(cache).fit(whole, Split(train, valid, valid))[0].state())

    with part.away(), patch.object(predictor, "fit", remember):
        return answer(*given)


if __name__ == "__main__":
    main()
