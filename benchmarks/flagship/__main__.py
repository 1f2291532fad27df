"""lc-gode-x against the field.

    python -m benchmarks.flagship [--imports DIR] [--seeds 0-4] [--only TEXT] [--models NAMES] [--parts] [--tables] [--cache DIR]

Every model is fitted to every case (benchmarks/flagship/cases.py) under the strict split of every seed and forecasts from every prefix.
Answers are kept in the cache: the same call goes on after a kill, and several calls may share one. Cases whose files are missing are left out.
With --parts, variants of lc-gode-x that lack one part are fitted too. --tables reads what the cache has, fits nothing, and writes
docs/results/flagship.json and flagship.md, and the table of parts in docs/flagship.md.

The files of other people's curves are made by `nasbench-lc import KIND SOURCE --out DIR/KIND.h5`.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

from benchmarks.flagship.answers import Answer, Answers, answer
from benchmarks.flagship.cases import CASES, Case
from benchmarks.flagship.pages import write
from benchmarks.flagship.parts import PARTS, WHOLE
from evaluation.cache import Cache
from evaluation.fits import Fits
from evaluation.split import Split
from nasbench_lc.cli.specs import parse_spec, split_specs
from nasbench_lc.curves import CurveSet
from predictors.base import Predictor
from predictors.configure import make

MODELS = "lc-gode-x,extra-trees,last-value,mean-curve,gaussian,knn,arch-only,parametric,svr,lc-pfn"


def main() -> None:
    """Fit what is missing, or write the tables."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("--imports", type=Path, default=Path("reports/imports"))
    p.add_argument("--seeds", default="0-4")
    p.add_argument("--only", default="", help="cases whose name holds this text")
    p.add_argument("--models", default=MODELS)
    p.add_argument("--parts", action="store_true")
    p.add_argument("--tables", action="store_true")
    p.add_argument("--cache", type=Path, default=Path("reports/fits"))
    a = p.parse_args()
    first, _, last = a.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    models = split_specs(a.models) + (tuple(f"lc-gode-x/{part}" for part in PARTS) if a.parts else ())
    cache = Cache(a.cache)
    found: dict[Case, tuple[CurveSet, Answers]] = {}
    for case in CASES:
        curves = case.curves((Path("datasets"), a.imports)) if a.only in case.name else None
        if curves is None:
            continue
        answers: dict[str, dict[int, Mapping[int, Answer]]] = {}
        for seed in seeds:
            for model in models:
                kept = ask(case, curves, model, seed, cache, a.tables)
                if kept is not None:
                    answers.setdefault(model, {})[seed] = kept
                    if not a.tables:
                        print(f"{case.name}: {model}, seed {seed}", flush=True)
        found[case] = curves, answers
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
