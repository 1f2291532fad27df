import numpy as np

from benchmarks.studies import transfers
from benchmarks.studies.base import Unavailable
from benchmarks.studies.fits import Fit
from evaluation.split import split
from tests.benchmarks.studies.sources import made, perceptrons

CAR, SEGMENT = perceptrons(48, seed=1), perceptrons(80, seed=2)
SOURCE = made(mlp_car=CAR, mlp_segment=SEGMENT)


def asked(pair: str, seed: int = 0) -> dict[str, Fit]:
    """The fit of the first model by case."""
    fits = (fit for fit in transfers.TRANSFER.fits(SOURCE, seed + 1) if isinstance(fit, Fit))
    return {
        fit.labels["learnt from"]: fit for fit in fits if (fit.labels["transfer"], fit.spec, fit.seed) == (pair, transfers.MODELS[0], seed)
    }


def learnt_from(fit: Fit) -> set[str]:
    return {*fit.train.uid, *fit.valid.uid}


def test_every_case_learns_from_what_its_name_says() -> None:
    fits = asked("mlp-car to mlp-segment")
    base, goal = split(CAR, 0), split(SEGMENT, 0)
    source, target = {*base.train.uid, *base.valid.uid}, {*goal.train.uid, *goal.valid.uid}
    few = learnt_from(fits["20 of the target alone"])
    assert len(few) == 20
    assert few < target
    assert learnt_from(fits["zero-shot"]) == source
    for case in ("with 20 of the target", "with 20, unmoved"):
        assert learnt_from(fits[case]) == source | few
    assert learnt_from(fits["all of the target"]) == target
    assert [case for case, fit in fits.items() if fit.few is not None] == ["with 20 of the target"]
    names = ["zero-shot", "with 20, unmoved", "with 20 of the target", "20 of the target alone", "all of the target"]
    assert list(fits) == names  # 200 are not there
    unmoved, moved = (fits[case].train for case in names[1:3])
    assert unmoved.uid == moved.uid
    assert np.array_equal(unmoved.y[: len(base.train)], base.train.y)
    assert not np.array_equal(moved.y, unmoved.y)


def test_every_case_is_scored_on_the_same_curves_of_the_target_that_none_has_seen() -> None:
    for seed in (0, 1):
        test = split(SEGMENT, seed).test
        for fit in asked("mlp-car to mlp-segment", seed).values():
            assert list(fit.tests) == ["mlp-segment"]
            assert fit.tests["mlp-segment"].uid == test.uid
            assert not {*fit.train.group, *fit.valid.group} & set(test.group)


def test_both_ways_are_asked_and_a_missing_file_is_said() -> None:
    answers = list(transfers.TRANSFER.fits(SOURCE, 1))
    (missing,) = (str(answer) for answer in answers if isinstance(answer, Unavailable))
    assert missing.startswith("nb201-cifar10-small to nb201-cifar100-small: ")
    assert len(asked("mlp-segment to mlp-car")) == 5
    assert {fit.spec for fit in answers if isinstance(fit, Fit)} == set(transfers.MODELS)


def test_more_curves_of_ones_own_hold_the_fewer_and_stand_beside_the_source_or_alone() -> None:
    fits = [
        fit for fit in transfers.OWN_CURVES.fits(SOURCE, 1) if isinstance(fit, Fit) and fit.labels["transfer"] == "mlp-car to mlp-segment"
    ]
    base, goal = split(CAR, 0), split(SEGMENT, 0)
    source = {*base.train.uid, *base.valid.uid}
    found = {(fit.labels["case"], fit.labels["curves"]): learnt_from(fit) for fit in fits}
    few, more = found["lc-gode-x, alone", 20], found["lc-gode-x, alone", 50]
    assert (len(few), len(more)) == (20, 50)
    assert few < more < {*goal.train.uid, *goal.valid.uid}
    assert found["lc-gode-x, with the source", 50] == source | more
    assert len(found) == len(fits) == 8  # two models, two cases, 20 and 50; there are no 100
    assert all(fit.tests["mlp-segment"].uid == goal.test.uid for fit in fits)
