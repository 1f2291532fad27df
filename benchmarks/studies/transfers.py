"""From one dataset to another: zero-shot, with a few curves of the target, and with those few alone; and how many of these it takes."""

from collections.abc import Iterator, Sequence

from benchmarks.studies.base import Source, Study, Unavailable, error_and_tau, tables_by
from benchmarks.studies.fits import Fit
from evaluation.matching import beside
from evaluation.results import Row
from evaluation.sections import Section
from evaluation.split import Split, split
from evaluation.transfer import aligned, concatenate
from nasbench_lc.curves import CurveSet

PAIRS = (("mlp-car", "mlp-segment"), ("mlp-segment", "mlp-car"), ("nb201-cifar10-small", "nb201-cifar100-small"))
FEW = (20, 200)
MODELS = ("last-value", "mean-curve", "gaussian", "knn", "extra-trees", "lc-gode", "lc-gode-x")
OWN = (20, 50, 100, 200)
OWN_MODELS = ("extra-trees", "lc-gode-x")


def _pair(source: Source, a: str, b: str) -> tuple[CurveSet, CurveSet] | Unavailable:
    """The curves of both, those of the target aligned with the source's."""
    try:
        from_curves, to_curves = source.curves(a), source.curves(b)
    except Unavailable as missing:
        return Unavailable(f"{a} to {b}: {missing}")
    return from_curves, aligned(to_curves, from_curves)


def _some(goal: CurveSet, seed: int, whole: Split, counts: Sequence[int]) -> dict[int, Split]:
    """By count the first so many curves that may be learnt from, where there are as many."""
    return {n: split(goal, seed, n) for n in counts if n <= len(whole.train) + len(whole.valid)}


def _fits(source: Source, seeds: int) -> Iterator[Fit | Unavailable]:
    for a, b in PAIRS:
        found = _pair(source, a, b)
        if isinstance(found, Unavailable):
            yield found
            continue
        from_curves, goal = found
        pairs = ((10, goal.epochs),)
        for seed in range(seeds):
            base, whole = split(from_curves, seed), split(goal, seed)
            some = _some(goal, seed, whole, FEW)
            cases = {"zero-shot": base}
            for n, part in some.items():
                both = beside(base, part)
                if n == FEW[0]:
                    cases[f"with {n}, unmoved"] = Split(
                        concatenate(base.train, part.train), concatenate(base.valid, part.valid), whole.test
                    )
                cases[f"with {n} of the target"] = both
                cases[f"{n} of the target alone"] = part
            cases["all of the target"] = whole
            for case, parts in cases.items():
                for model in MODELS:
                    labels = {"learnt from": case, "transfer": f"{a} to {b}"}
                    yield Fit(model, seed, parts.train, parts.valid, {b: whole.test}, pairs, labels, parts.few)


def _sections(rows: Sequence[Row]) -> list[Section]:
    covered = {"coverage of the 80 % intervals": "coverage_80"}
    return error_and_tau(rows, "transfer", "learnt from") + tables_by(rows, "transfer", "learnt from", covered)


TRANSFER = Study(
    "Transfer",
    "10 epochs observed, scored on the test part of the target. The curves of the target that are known come from its train and valid parts. With "
    "them the source's are moved to their mean and spread, and beside few to where configurations that ran on both tasks lie "
    "(`evaluation/matching.py`), learnt from beside the target's, less those that do not carry over (`evaluation/carry_over.py`); these also set "
    "right what the source's alone teach, and from a hundred on are learnt from alone too (`predictors/few_shot.py`). In the column that says "
    "unmoved nothing is moved or set right. "
    "`nasbench-lc evaluate SOURCE.h5 --transfer-to TARGET.h5 --transfer-curves K` asks the same of any two files. "
    "A mean above 1 comes from single curves of which the forecast explodes.",
    _fits,
    _sections,
)


def _own_fits(source: Source, seeds: int) -> Iterator[Fit | Unavailable]:
    for a, b in PAIRS[:2]:  # of the third target the split leaves 112 curves and no 200 to compare with
        found = _pair(source, a, b)
        if isinstance(found, Unavailable):
            yield found
            continue
        from_curves, goal = found
        for seed in range(seeds):
            base, whole = split(from_curves, seed), split(goal, seed)
            for n, own in _some(goal, seed, whole, OWN).items():
                for case, part in {"with the source": beside(base, own), "alone": own}.items():
                    for model in OWN_MODELS:
                        labels = {"case": f"{model}, {case}", "curves": n, "transfer": f"{a} to {b}"}
                        yield Fit(model, seed, part.train, part.valid, {b: whole.test}, ((10, goal.epochs),), labels, part.few)


def _own_sections(rows: Sequence[Row]) -> list[Section]:
    return tables_by(rows, "transfer", "curves", {"MAPE": "mape"}, down="case")


OWN_CURVES = Study(
    "How many curves of one's own",
    "Transfer as above, by how many curves of the target are learnt from, beside the source's or alone.",
    _own_fits,
    _own_sections,
)
