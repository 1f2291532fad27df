"""Who answers what for docs/results/flagship.md."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.flagship.cases import ALL_CELLS, CASES, FETCHED, FRESH, Case
from benchmarks.flagship.parts import PARTS

__all__ = ["ASIDE", "BLIND", "COLLAPSE", "COUNTS", "OURS", "PLAIN", "PLAN", "REST", "RIVAL", "Stage", "questions"]

OURS, RIVAL, BLIND = "lc-gode-x", "extra-trees", "lc-gode-x[use_graph=false]"
FIELD = (OURS, RIVAL, "last-value", "mean-curve", "gaussian", "knn", "arch-only", "parametric", "svr", "lc-pfn")
ALL = tuple(case.name for case in CASES)
MAIN = ALL[:6]
SPIKENAS, LCBENCH, CAR, SEGMENT, BAKER, KLEIN = MAIN
SHARES = ("lcbench val_acc", "mlp-car test_acc", "mlp-segment test_acc")
"""Cases whose metric is a share of a few hundred examples."""
COUNTS, REST, COLLAPSE = ASIDE = "counts", "rest", "collapse"
"""Parts for accuracies alone, with tables of their own: one that changes ranks and hardly an error, one for runs that do not move, and one for those that
have collapsed, of which a prefix in the main cases shows none."""
SPEED = "training speed"
"""A part that shows only where several hyperparameters differ."""
PLAIN = f"{RIVAL}/{SPEED}"
"""The rival told hyperparameters one by one, as they are stored."""
EVERY_PART = [f"{OURS}/{name}" for name in PARTS if name not in (*ASIDE, SPEED)]
ONLY_FORECAST = [f"{OURS}/{name}" for name, part in PARTS.items() if name not in ASIDE and not part.learns]
"""Without these parts nothing is fitted anew, so that more cases are cheap."""
UNSURE = [f"{OURS}/{name}" for name in ("solver", "dropout", "relative loss")]
"""Parts whose worth is within the noise on the first two cases, and that are asked on a third."""


@dataclass(frozen=True)
class Stage:
    """Some models on some cases.

    Arguments:
        models: As the command line names them; ``lc-gode-x/PART`` is lc-gode-x without a part (benchmarks/flagship/parts.py).
        seeds: Of the split and the model.
        cases: Names.
    """

    models: Sequence[str]
    seeds: range
    cases: Sequence[str] = ALL


PLAN = (
    Stage(FIELD, range(5)),
    Stage((OURS, RIVAL), range(5, 10)),
    Stage((BLIND,), range(3), MAIN),
    Stage(EVERY_PART, range(3), (SPIKENAS,)),
    Stage(EVERY_PART, range(10), (SEGMENT,)),
    Stage(UNSURE, range(10), (LCBENCH,)),
    Stage(ONLY_FORECAST, range(10), (LCBENCH, KLEIN)),
    Stage(ONLY_FORECAST, range(3), (CAR, BAKER)),
    Stage((f"{OURS}/{SPEED}",), range(10), (LCBENCH, SEGMENT)),
    Stage((f"{OURS}/{SPEED}", f"{OURS}/dropout"), range(3), (CAR,)),
    Stage((PLAIN,), range(10), (LCBENCH, "lcbench val_acc", CAR, SEGMENT)),
    Stage((f"{OURS}/{COUNTS}",), range(5), SHARES),
    Stage((f"{OURS}/{REST}",), range(10), (*SHARES, KLEIN)),
    Stage((OURS, RIVAL), range(5), [case.name for case in (*FRESH, *FETCHED, ALL_CELLS)]),
    Stage((f"{OURS}/{COLLAPSE}",), range(5), [FETCHED[0].name]),
)
"""What is asked of whom: the field first, more splits of the two that matter most, then what the graph and the parts are worth."""


def questions(stages: Sequence[Stage], only: str = "") -> Iterator[tuple[Case, str, int]]:
    """Case, model and seed of everything that the stages ask, of cases whose name holds a text."""
    for stage in stages:
        for case in (*CASES, *FRESH, *FETCHED, ALL_CELLS):
            if case.name in stage.cases and only in case.name:
                yield from ((case, model, seed) for seed in stage.seeds for model in stage.models)
