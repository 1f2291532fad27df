"""From one dataset to another: zero-shot, with a few curves of the target, and with those few alone."""

from collections.abc import Iterator, Sequence

from benchmarks.studies.base import Source, Study, Unavailable, error_and_tau, tables_by
from benchmarks.studies.fits import Fit
from evaluation.matching import beside
from evaluation.results import Row
from evaluation.sections import Section
from evaluation.split import split
from evaluation.transfer import aligned, concatenate

PAIRS = (("mlp-car", "mlp-segment"), ("mlp-segment", "mlp-car"), ("nb201-cifar10-small", "nb201-cifar100-small"))
FEW = (20, 200)
MODELS = ("last-value", "mean-curve", "gaussian", "knn", "extra-trees", "lc-gode", "lc-gode-x")


def _fits(source: Source, seeds: int) -> Iterator[Fit | Unavailable]:
    for a, b in PAIRS:
        try:
            from_curves, to_curves = source.curves(a), source.curves(b)
        except Unavailable as missing:
            yield Unavailable(f"{a} to {b}: {missing}")
            continue
        goal = aligned(to_curves, from_curves)
        pairs = ((10, goal.epochs),)
        for seed in range(seeds):
            base, whole = split(from_curves, seed), split(goal, seed)
            available = [n for n in FEW if n <= len(whole.train) + len(whole.valid)]
            some = {n: split(goal, seed, n) for n in available}
            cases = {"zero-shot": (base.train, base.valid)}
            for n, part in some.items():
                both = beside(base, part)
                if n == FEW[0]:
                    cases[f"with {n}, unmoved"] = concatenate(base.train, part.train), concatenate(base.valid, part.valid)
                cases[f"with {n} of the target"] = both.train, both.valid
                cases[f"{n} of the target alone"] = part.train, part.valid
            cases["all of the target"] = whole.train, whole.valid
            for case, (train, valid) in cases.items():
                for model in MODELS:
                    yield Fit(model, seed, train, valid, {b: whole.test}, pairs, {"learnt from": case, "transfer": f"{a} to {b}"})


def _sections(rows: Sequence[Row]) -> list[Section]:
    covered = {"coverage of the 80 % intervals": "coverage_80"}
    return error_and_tau(rows, "transfer", "learnt from") + tables_by(rows, "transfer", "learnt from", covered)


TRANSFER = Study(
    "Transfer",
    "10 epochs observed, scored on the test part of the target. The curves of the target that are learnt from come from its train and valid parts; "
    "beside them the source's are moved to their mean and spread (`evaluation/matching.py`), but for the column that says unmoved; "
    "`nasbench-lc evaluate SOURCE.h5 --transfer-to TARGET.h5 --transfer-curves K` asks the same of any two files. "
    "A mean above 1 comes from single curves of which the forecast explodes.",
    _fits,
    _sections,
)
