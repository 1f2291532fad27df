"""One question of the plan put to a model: with its case read, its part taken away, and nothing fitted that has been."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from unittest.mock import patch

from benchmarks.flagship.answers import Answer, answer
from benchmarks.flagship.cases import Case
from benchmarks.flagship.parts import PARTS, WHOLE
from evaluation.cache import Cache
from evaluation.fits import Fits
from evaluation.split import Split
from nasbench_lc.cli.specs import parse_spec
from nasbench_lc.curves import CurveSet
from nasbench_lc.dataset import CurveDataset
from predictors.base import Predictor
from predictors.configure import make

__all__ = ["ask", "fitted", "read"]


@cache
def read(path: Path, metric: str) -> CurveSet:
    """The curves of a file, read once by every process."""
    return CurveDataset(path).curves(metric)


def fitted(question: tuple[Case, Path, str, int], cache: Cache) -> str:
    """One question answered and kept, in words."""
    case, path, model, seed = question
    ask(case, read(path, case.metric), model, seed, cache, stored_only=False)
    return f"{case.name}: {model}, seed {seed}"


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
