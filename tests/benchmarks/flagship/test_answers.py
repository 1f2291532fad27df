from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.flagship.answers import answer
from benchmarks.flagship.parts import PARTS
from evaluation.cache import Cache
from evaluation.split import split
from predictors.last_value import LastValue
from predictors.lc_gode_x import LCGODEX, LCGODEXOptions
from predictors.mean_curve import MeanCurve
from tests.predictors.toy_curves import power_curves

CURVES = power_curves(220, seed=2)


def test_every_test_curve_is_scored_and_no_other(tmp_path: Path) -> None:
    found = answer(CURVES, MeanCurve(), "", 3, None, (0, 4), Cache(tmp_path))
    assert found is not None
    assert list(found) == [0, 4]
    tested = {uid for uid, e in zip(CURVES.uid, found[4].error, strict=True) if np.isfinite(e)}
    assert tested == set(split(CURVES, 3).test.uid)
    np.testing.assert_allclose(found[4].truth[np.isfinite(found[4].truth)], CURVES.target[np.isfinite(found[4].truth), -1], rtol=1e-6)


def test_a_prefix_that_a_model_cannot_start_from_is_left_out(tmp_path: Path) -> None:
    found = answer(CURVES, LastValue(), "", 3, None, (0, 4), Cache(tmp_path))
    assert found is not None
    assert 4 in found


def test_answers_are_kept_by_curves_configuration_and_label(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert answer(CURVES, MeanCurve(), "", 0, None, (4,), cache, stored_only=True) is None
    first = answer(CURVES, MeanCurve(), "", 0, None, (4,), cache)
    again = answer(CURVES, MeanCurve(), "", 0, None, (4,), cache, stored_only=True)
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first[4].error, again[4].error)
    assert answer(CURVES, MeanCurve(), "other", 0, None, (4,), cache, stored_only=True) is None
    assert answer(replace(CURVES, y=CURVES.y + 1), MeanCurve(), "", 0, None, (4,), cache, stored_only=True) is None


def test_every_part_that_is_taken_away_changes_the_forecast_and_is_back_afterwards(tmp_path: Path) -> None:
    tested = set(split(CURVES, 0).test.uid)
    is_tested, even = np.array([uid in tested for uid in CURVES.uid]), np.arange(220) % 2 == 0
    strange, new = is_tested & even, is_tested & ~even
    rates = np.where(new[:, None], [100.0, 1.0], 1.0)
    curves = replace(CURVES, y=np.where(strange[:, None, None], 30 * CURVES.y, CURVES.y), hyperparameters=CURVES.hyperparameters * rates)

    def ask(part: str | None) -> np.ndarray:
        options = LCGODEXOptions(updates=30, hidden=16, members=2, dropout=0.3)
        if part is None:
            model, given = LCGODEX(options), curves
        else:
            words = {"members": 1, "steps": 1, "dropout": 0.0}
            model = LCGODEX(replace(options, **{name: words[name] for name in PARTS[part].options}))
            given = PARTS[part].curves(curves)
        found = answer(given, model, part or "", 0, None, (5,), Cache(tmp_path))
        assert found is not None
        return found[5].final

    whole = ask(None)
    for part in PARTS:
        with PARTS[part].away():
            changed = not np.array_equal(ask(part), whole, equal_nan=True)
        # no dead graph, one metric, and that one a loss: nothing to take away there
        assert changed or part in ("constants", "other metrics", "counts", "rest", "collapse"), part
    np.testing.assert_array_equal(ask(None), whole)
