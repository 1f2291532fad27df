from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.studies import fits
from benchmarks.studies.fits import KEPT, Fit, answer, means, true_ranks
from evaluation.cache import Cache
from evaluation.split import split
from tests.benchmarks.studies.sources import perceptrons

PARTS = split(perceptrons(), 0)
FIT = Fit("last-value", 0, PARTS.train, PARTS.valid, {"here": PARTS.test, "there": PARTS.valid}, ((0, 12), (4, 12)), {"case": "c"})


def test_an_answer_has_a_row_for_every_test_set_and_prefix(tmp_path: Path) -> None:
    rows = answer(FIT, Cache(tmp_path))
    assert [(row["on"], row["observe"]) for row in rows] == [("here", 0), ("here", 4), ("there", 0), ("there", 4)]
    assert all(row["case"] == "c" and row["n_train"] == len(PARTS.train) and set(KEPT) <= row.keys() for row in rows)
    truth = PARTS.test.target
    assert rows[1]["mape"] == pytest.approx(np.mean(np.abs(truth[:, 3:4] / truth[:, 4:] - 1)))
    order = np.argsort(truth[:, 3], kind="stable")[:10]
    assert rows[1]["true_ranks"] == (1 + (truth[:, -1] < truth[order, -1:]).sum(1)).tolist()
    assert "true_ranks" not in rows[0]  # only from the main prefix


def test_what_was_answered_is_not_asked_again_and_anything_else_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    first = answer(FIT, cache)

    def refuse(*_: object) -> None:
        raise AssertionError("fitted")

    monkeypatch.setattr(fits, "_scored", refuse)
    assert answer(FIT, cache) == first
    assert {row["case"] for row in answer(replace(FIT, labels={"case": "d"}), cache)} == {"d"}  # labels change no number
    others = {
        "model": replace(FIT, spec="mean-curve"),
        "option": replace(FIT, spec="knn[neighbours=3]"),
        "seed": replace(FIT, seed=1),
        "pairs": replace(FIT, pairs=((4, 12),)),
        "training curves": replace(FIT, train=PARTS.train.subset([0, 1, 2])),
        "test curves": replace(FIT, tests={"here": PARTS.valid, "there": PARTS.test}),
    }
    for what, other in others.items():
        with pytest.raises(AssertionError, match="fitted"):
            pytest.fail(f"{what}: {answer(other, cache)}")


def test_a_model_that_cannot_learn_has_rows_without_scores(tmp_path: Path) -> None:
    none = replace(FIT, spec="knn", train=PARTS.train.subset([]), valid=PARTS.valid.subset([]))
    rows = answer(none, Cache(tmp_path))
    assert [(row["on"], row["observe"]) for row in rows] == [("here", 0), ("here", 4), ("there", 0), ("there", 4)]
    assert all(row["why"] and row["model"] == "knn" and "mape" not in row for row in rows)
    assert means(rows, ("on", "observe"), "mape") == dict.fromkeys([("here", 0), ("here", 4), ("there", 0), ("there", 4)])


def test_means_are_over_seeds_and_missing_where_any_seed_is() -> None:
    rows = [
        {"model": m, "seed": s, "mape": v}
        for m, values in {"a": (1.0, 2.0, 6.0), "b": (1.0, None, 3.0)}.items()
        for s, v in enumerate(values)
    ]
    found = means([*rows, {"model": "c", "seed": 0}, {"model": "d", "mape": 2.0}], ("model",), "mape")
    assert found["a",] is not None
    mean, low, high = found["a",]
    assert mean == 3.0
    assert low is not None
    assert high is not None
    assert 1.0 <= low < 3.0 < high <= 6.0
    assert (found["b",], found["c",]) == (None, None)
    assert found["d",] == (2.0, None, None)  # no interval below three seeds


def test_true_ranks_of_the_best_forecasts() -> None:
    truth = np.array([0.5, 0.1, np.nan, 0.3, 0.3])
    assert true_ranks(np.array([1.0, 2.0, 0.0, 3.0, np.nan]), truth, "test_loss") == [3, 1, 2]
    assert true_ranks(np.array([1.0, 2.0, 0.0, 3.0, 0.5]), truth, "test_acc") == [2, 4, 1, 2]
    assert len(true_ranks(np.arange(30.0), np.arange(30.0), "test_loss")) == 10
