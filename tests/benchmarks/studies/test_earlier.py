from pathlib import Path

from benchmarks.studies.earlier import ages, answered, earlier
from benchmarks.studies.fits import Fit
from tests.benchmarks.studies.sources import perceptrons


def test_no_file_has_no_rows(tmp_path: Path) -> None:
    assert earlier(tmp_path / "sizes.json") == []


def test_rows_answer_the_fit_of_their_model_seed_and_labels() -> None:
    curves = perceptrons(8)
    fit = Fit("knn", 1, curves, curves, {"a": curves}, ((2, 4),), {"curves": 25})
    rows = [{"model": m, "seed": s, "curves": c, "on": "a"} for m in ("knn", "svr") for s in (0, 1) for c in (25, 50)]
    assert answered(fit, rows) == [{"model": "knn", "seed": 1, "curves": 25, "on": "a"}]


def test_ages_are_told_of_what_is_older_than_the_newest() -> None:
    rows = [
        {"model": model, "made": day} for model, day in (("a", "2026-01-02"), ("b", "2026-01-01"), ("c", "2026-01-01"), ("d", "2026-01-02"))
    ]
    assert ages(rows) == ["b, c: made on 2026-01-01, what else there is on 2026-01-02."]
    assert ages([*rows, {"model": "a", "made": "2025-12-31"}]) == [
        "a: made on 2025-12-31 and 2026-01-02, what else there is on 2026-01-02.",
        "b, c: made on 2026-01-01, what else there is on 2026-01-02.",
    ]
    assert ages(rows[:1]) == ages([]) == []
