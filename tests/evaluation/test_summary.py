import numpy as np
import pytest

from evaluation.results import KEYS, Row
from evaluation.summary import best_two, counts, summarize


def rows(model: str, values: list[float | None]) -> list[Row]:
    empty: Row = dict.fromkeys(KEYS)
    known = {"model": model, "metric": "test_loss", "observe": 10, "horizon": 40, "n_train": 100, "n_test": 33, "protocol": "strict"}
    return [{**empty, **known, "seed": s, "mape": v} for s, v in enumerate(values)]


def test_means_and_intervals_over_seeds() -> None:
    (entry,) = summarize(rows("a", [0.1, 0.2, 0.3, 0.6]))
    assert entry["mape"]["mean"] == pytest.approx(0.3)
    assert 0.1 <= entry["mape"]["low"] < 0.3 < entry["mape"]["high"] <= 0.6
    assert (entry["seeds"], entry["interval"], entry["best"]) == (4, "bootstrap 95 %", False)


def test_one_seed_has_no_interval() -> None:
    first, second = summarize(rows("a", [0.1]) + rows("b", [0.2]))
    assert first["interval"] == "no interval"
    assert first["mape"] == {"mean": 0.1, "low": None, "high": None}
    assert not first["best"]
    assert first["p_value"] is None
    assert second["p_value"] is None


def test_a_missing_seed_makes_the_mean_missing() -> None:
    (entry,) = summarize(rows("a", [0.1, None, 0.3]))
    assert entry["mape"] == {"mean": None, "low": None, "high": None}


def test_best_only_outside_the_noise() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(0.2, 0.02, 6)
    clear = summarize(rows("a", list(base)) + rows("b", list(base + 0.1 + rng.normal(0, 1e-3, 6))) + rows("c", list(base + 0.3)))
    noisy = summarize(rows("a", list(base)) + rows("b", list(base + rng.normal(0.001, 0.05, 6))))
    assert [e["best"] for e in clear] == [True, False, False]
    assert [e["p_value"] is None for e in clear] == [False, False, True]
    assert [e["best"] for e in noisy] == [False, False]


def test_the_best_two_have_scores() -> None:
    entries = summarize(rows("a", [None]) + rows("b", [0.3]) + rows("c", [0.2]))
    first, second = best_two(entries)
    assert first is not None
    assert second is not None
    assert (first["model"], second["model"]) == ("c", "b")
    assert best_two(entries[:1]) == (None, None)


def test_seeds_that_share_one_split_have_neither_interval_nor_winner() -> None:
    first, second = summarize(rows("a", [0.1, 0.11, 0.12]) + rows("b", [0.3, 0.32, 0.31]), one_split=True)
    assert first["interval"] == "initialisations only"
    assert first["mape"] == {"mean": pytest.approx(0.11), "low": None, "high": None}
    assert (first["best"], first["p_value"], second["p_value"]) == (False, None, None)
    assert summarize(rows("a", [0.1]), one_split=True)[0]["interval"] == "no interval"


def test_counts_are_totals_over_the_seeds() -> None:
    known = [{"n_test": 136 - n, "n_nonfinite": n, "n_diverged": d} for n, d in ((1, 1), (0, 2), (0, 0))]
    (three,) = summarize([{**row, **count} for row, count in zip(rows("a", [0.1, 0.2, 0.3]), known, strict=True)])
    assert counts(three) == "407 test curves over 3 seeds, 1 not finite, 3 diverged"
    (one,) = summarize([{**rows("a", [0.1])[0], **known[0]}])
    assert counts(one) == "135 test curves, 1 not finite, 1 diverged"
