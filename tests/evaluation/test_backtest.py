from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.backtest import evaluate, score
from evaluation.results import KEYS
from evaluation.split import split
from evaluation.transfer import concatenate
from nasbench_lc.curves import Status
from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import Forecast
from tests.evaluation.toys import Last, Mean, ToyConfig, toy_curves

MODELS = {"last": lambda seed: Last(ToyConfig(seed=seed)), "mean": lambda seed: Mean(ToyConfig(seed=seed))}
TIMED = ("fit_seconds", "predict_seconds", "speedup", "speedup_equal_regret", "speedup_equal_regret_sgd", "break_even_n")
ASKED = {"observe": [3, 6], "horizons": [8, 12]}


def test_one_row_for_every_model_prefix_horizon_and_seed() -> None:
    results = evaluate(MODELS, toy_curves(), **ASKED, seeds=2)
    keys = [(r["model"], r["observe"], r["horizon"], r["seed"]) for r in results.rows]
    assert sorted(keys) == sorted((m, k, h, s) for m in MODELS for k in (3, 6) for h in (8, 12) for s in (0, 1))
    assert all(tuple(row) == KEYS for row in results.rows)
    assert all(row["n_test"] == 6 and row["n_train"] == 15 and row["n_nonfinite"] == 0 for row in results.rows)
    assert len(results.summary) == 8
    assert results.beside is None


def test_scores_by_hand() -> None:
    curves = toy_curves()
    results = evaluate({"last": MODELS["last"]}, curves, observe=[4], horizons=[10])
    test = results.figures.test
    last, truth = test.target[:, 3:4], test.target[:, 4:10]
    (row,) = results.rows
    assert row["mape"] == pytest.approx(np.mean(np.abs(last - truth) / truth), rel=1e-12)
    assert row["rmse"] == pytest.approx(np.sqrt(np.mean((last - truth) ** 2)), rel=1e-12)
    assert row["mae_final"] == pytest.approx(np.mean(np.abs(last[:, 0] - truth[:, -1])), rel=1e-12)
    full, observed = test.seconds[:, :10].sum(), test.seconds[:, :4].sum()
    assert row["speedup"] == pytest.approx(full / (observed + row["predict_seconds"]), rel=1e-9)


def test_a_model_is_fitted_once_for_all_prefixes() -> None:
    made: list[Last] = []

    def make(seed: int) -> Last:
        made.append(Last(ToyConfig(seed=seed)))
        return made[-1]

    evaluate({"last": make}, toy_curves(), observe=[2, 3, 5], horizons=[9, 12], seeds=2)
    assert sorted(p.fits for p in made if p.fits) == [1, 1]
    made.clear()
    evaluate({"last": make}, toy_curves(), observe=[2, 3, 5], horizons=[9, 12], protocol="paper")
    assert sum(p.fits for p in made) == 1  # the strict fit; the paper's protocol fits copies that know their prefix


def test_horizons_inside_a_prefix_are_not_scored() -> None:
    rows = evaluate(MODELS, toy_curves(), observe=[3, 8], horizons=[6, 12]).rows
    assert {(r["observe"], r["horizon"]) for r in rows} == {(3, 6), (3, 12), (8, 12)}


def test_diverged_curves_are_scored_and_a_second_line_leaves_them_out() -> None:
    curves = toy_curves()
    y, status = curves.y.copy(), list(curves.status)
    for i in range(0, 24, 2):
        y[i, 6:] *= 1000.0
        status[i] = Status.DIVERGED
    for i in range(1, 24, 6):
        y[i, 8:] = np.nan
        status[i] = Status.DIVERGED
    results = evaluate(MODELS, replace(curves, y=y, status=tuple(status)), observe=[3], horizons=[12], seeds=3)
    for row, ok in zip(results.rows, results.rows_without_diverged, strict=True):
        assert row["n_test"] + row["n_nonfinite"] == 6
        assert ok["n_test"] == row["n_test"] - row["n_diverged"]
        assert ok["n_diverged"] == 0
        if row["model"] == "last" and row["n_diverged"]:
            assert row["rmse"] > 10 > ok["rmse"]
    assert sum(r["n_diverged"] for r in results.rows) > 0
    assert sum(r["n_nonfinite"] for r in results.rows) > 0
    assert {e["subset"] for e in results.summary} == {"all", "without_diverged"}


def test_a_model_that_cannot_answer_has_nulls_and_a_note() -> None:
    results = evaluate(MODELS, toy_curves(), observe=[0, 3], horizons=[12])
    (row,) = [r for r in results.rows if r["model"] == "last" and r["observe"] == 0]
    assert row["mape"] is None
    assert row["n_test"] == 6
    assert [n.model for n in results.notes if n.text.startswith("No forecast from 0 epochs")] == ["last"]
    assert "last" in results.figures.forecasts


def test_a_choice_is_paid_for_and_made_among_the_scored_curves_of_its_own_seed() -> None:
    curves = toy_curves()
    y = curves.y.copy()
    y[::4, 8:] = np.nan
    curves = replace(curves, y=y)
    results = evaluate(MODELS, curves, observe=[3], horizons=[12], seeds=2)
    tests = [split(curves, seed).test for seed in (0, 1)]
    spent = [t.seconds[np.isfinite(t.target).all(1), :3].sum() for t in tests]
    (last,) = (p for p in results.figures.strategies if p.name == "last")
    assert last.seconds == pytest.approx(np.mean(spent), rel=0.01)  # inference is next to nothing
    last_value = {p.setting: p for p in results.figures.strategies if p.name == "last value at k epochs"}
    assert last.seconds == pytest.approx(last_value["3 epochs"].seconds, rel=0.01)
    # The last value after as many epochs chooses what this model chooses, so that nothing is saved.
    assert all(0 < r["speedup_equal_regret"] < 1 for r in results.rows if r["model"] == "last")


def test_a_model_that_does_not_rank_has_no_speed_up_at_equal_regret() -> None:
    rows = evaluate(MODELS, toy_curves(), observe=[3], horizons=[12]).rows
    constant, ranking = (next(r for r in rows if r["model"] == m) for m in ("mean", "last"))
    assert constant["kendall"] is None
    for key in ("speedup_equal_regret", "speedup_equal_regret_sgd"):
        assert constant[key] is None
        assert ranking[key] > 0


def test_seeds_that_share_one_split_claim_nothing() -> None:
    results = evaluate(MODELS, toy_curves(), observe=[3], horizons=[12], seeds=3, protocol="paper")
    assert results.beside is not None
    for entry in results.summary:
        assert (entry["interval"], entry["mape"]["low"], entry["p_value"], entry["best"]) == ("initialisations only", None, None, False)
    assert {e["interval"] for e in results.beside.summary} == {"bootstrap 95 %"}


class Unfit(Last):
    def fit(self, train, valid=None):
        raise ConfigError("This model needs a graph; got none. Choose another file.")


def test_a_model_that_cannot_learn_has_nulls_and_a_note() -> None:
    results = evaluate({"unfit": lambda seed: Unfit(), **MODELS}, toy_curves(), **ASKED)
    assert all(r["mape"] is None and r["fit_seconds"] is None for r in results.rows if r["model"] == "unfit")
    assert "needs a graph" in results.notes[0].text
    assert "unfit" not in results.figures.forecasts


class Silent(Last):
    def predict(self, observed, t):
        mean = super().predict(observed, t).mean
        mean[0] = np.nan
        return Forecast.from_point(t, mean)


def test_a_forecast_that_is_not_finite_is_counted_and_spoils_its_scores() -> None:
    (row,) = evaluate({"silent": lambda seed: Silent()}, toy_curves(), observe=[3], horizons=[12]).rows
    assert row["n_nonfinite_forecasts"] == 1
    assert row["mape"] is None
    assert row["kendall"] is None


def test_the_papers_protocol_stands_beside_the_strict_one() -> None:
    curves = toy_curves()
    results = evaluate({"last": MODELS["last"]}, curves, observe=[4], horizons=[12], protocol="paper")
    assert (results.protocol, results.rows[0]["protocol"]) == ("paper", "paper")
    assert results.beside is not None
    (strict,) = evaluate({"last": MODELS["last"]}, curves, observe=[4], horizons=[12]).rows
    assert {k: v for k, v in results.beside.rows[0].items() if k not in TIMED} == {k: v for k, v in strict.items() if k not in TIMED}
    test = curves.subset(slice(18, 24))
    last, truth = test.target[:, 3:4], test.target[:, 4:11]  # the last epoch is dropped
    assert results.rows[0]["mape"] == pytest.approx(np.mean(np.abs(last - truth) / truth), rel=1e-12)
    assert results.rows[0]["horizon"] == 12


def test_a_fitted_model_is_scored_on_what_it_has_not_seen() -> None:
    curves = toy_curves()
    predictor = Last().fit(curves.subset(slice(0, 10)))
    seen = frozenset((*curves.uid[:8], *curves.group[8:10]))
    results = evaluate({}, curves, **ASKED, fitted={"ours": predictor}, leave_out=seen)
    assert set(results.figures.test.uid) == set(curves.uid[10:])
    assert all(r["n_test"] == 14 and r["n_train"] is None and r["fit_seconds"] is None for r in results.rows)
    assert "10 of 24 curves" in results.notes[0].text
    assert predictor.fits == 1
    thrice = evaluate({}, curves, **ASKED, fitted={"ours": predictor}, leave_out=seen, seeds=3)
    assert {(e["interval"], e["mape"]["low"]) for e in thrice.summary} == {("initialisations only", None)}
    beside = evaluate({"mean": MODELS["mean"]}, curves, **ASKED, fitted={"ours": predictor}, leave_out=seen)
    whole = evaluate(MODELS, curves, **ASKED)
    assert set(beside.figures.test.uid) == set(whole.figures.test.uid) - set(curves.uid[:10])
    with pytest.raises(ConfigError, match="must remain"):
        evaluate({}, curves, **ASKED, fitted={"ours": predictor}, leave_out=frozenset(curves.uid))


def test_transfer_scores_the_other_curves() -> None:
    source, goal = toy_curves(seed=1), toy_curves(seed=2, n=40)
    zero = evaluate(MODELS, source, **ASKED, transfer_to=goal)
    some = evaluate(MODELS, source, **ASKED, transfer_to=goal, transfer_curves=20)
    assert zero.figures.test.uid == some.figures.test.uid
    assert set(zero.figures.test.uid) <= set(goal.uid)
    assert (zero.rows[0]["n_train"], some.rows[0]["n_train"]) == (15, 15 + 17)
    assert not any("runs of the target" in note.text for note in zero.notes)


def test_a_transfer_leaves_out_of_the_fit_what_it_scores_and_says_so() -> None:
    source, goal = toy_curves(seed=1), toy_curves(seed=2, n=40)
    overlapping = concatenate(source, goal.subset(slice(0, 20)))
    results = evaluate(MODELS, overlapping, **ASKED, transfer_to=goal)
    assert "20 of 44 curves to learn from are runs of the target too" in results.notes[0].text
    assert "44 of 44" in evaluate(MODELS, overlapping, **ASKED, transfer_to=goal, same_task=True).notes[0].text


def test_a_transfer_says_that_it_is_one() -> None:
    facts, target = {"file": "car.h5", "quick": True}, {"file": "segment.h5", "task": "segment"}
    asked = {**ASKED, "train_size": 12, "transfer_curves": 5}
    results = evaluate(MODELS, toy_curves(seed=1), **asked, transfer_to=toy_curves(seed=2), dataset=facts, target=target)
    assert results.name == "car.h5 to segment.h5"
    assert {"train_size": 12, "transfer_curves": 5, "quick": True}.items() <= results.dataset.items()
    assert {"file": "segment.h5", "task": "segment", "n_curves": 24}.items() <= results.dataset["transfer_to"].items()
    assert "moved to the mean and spread" in results.dataset["transfer_how"]
    plain = evaluate(MODELS, toy_curves(), **ASKED, dataset={"file": "car.h5"})
    assert plain.name == "car.h5"
    assert not {"train_size", "transfer_curves", "transfer_to", "transfer_how"} & plain.dataset.keys()


def test_a_fitted_model_is_scored_on_the_target_of_a_transfer() -> None:
    source, goal = toy_curves(seed=1), toy_curves(seed=2, n=40)
    predictor = Last().fit(source)
    alone = {"fitted": {"ours": predictor}, "leave_out": frozenset((*source.uid, *goal.uid[:7])), "transfer_to": goal}
    results = evaluate({}, source, **ASKED, **alone)
    assert results.figures.test.uid == goal.uid[7:]
    assert "7 of 40 curves" in results.notes[0].text
    beside = evaluate(MODELS, source, **ASKED, **alone)
    assert set(beside.figures.test.uid) == set(split(goal, 0).test.uid) - set(goal.uid[:7])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"transfer_curves": 5}, "Add --transfer-to, or leave --transfer-curves out"),
        ({"transfer_curves": -4}, "got -4 of none"),
        ({"models": {}, "train_size": 5}, "got --train-size"),
        ({"models": {}, "transfer_to": toy_curves(seed=2), "transfer_curves": 5}, "got --transfer-curves"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(change: dict, message: str, tmp_path: Path) -> None:
    asked = {"models": MODELS, "fitted": {"ours": Last().fit(toy_curves(seed=1))}, **ASKED, "cache": tmp_path / "cache", **change}
    with pytest.raises(ConfigError, match=message):
        evaluate(curves=toy_curves(), **asked)
    assert not (tmp_path / "cache").exists()


class Interrupted(Exception):
    pass


def test_a_killed_evaluation_continues_where_it_was(tmp_path: Path) -> None:
    fits: list[str] = []

    def maker(name: str):
        class Counted(Last):
            def fit(self, train, valid=None):
                if name == "second" and fits == ["first"] and not resumed:
                    raise Interrupted
                fits.append(name)
                return super().fit(train, valid)

        return lambda seed: Counted(ToyConfig(offset=0.1 * (name == "second"), seed=seed))

    resumed = False
    models, curves = {name: maker(name) for name in ("first", "second")}, toy_curves()
    with pytest.raises(Interrupted):
        evaluate(models, curves, **ASKED, cache=tmp_path)
    resumed = True
    again = evaluate(models, curves, **ASKED, cache=tmp_path)
    assert fits == ["first", "second"]
    cached = evaluate(models, curves, **ASKED, cache=tmp_path)
    assert fits == ["first", "second"]
    timed = ("predict_seconds", *(name for name in KEYS if "speedup" in name or name == "break_even_n"))  # a forecast is made again
    assert [{**row, **dict.fromkeys(timed)} for row in again.rows] == [{**row, **dict.fromkeys(timed)} for row in cached.rows]
    np.testing.assert_allclose(again.figures.forecasts["first"].quantiles, cached.figures.forecasts["first"].quantiles, rtol=1e-6)
    evaluate(models, toy_curves(seed=9), **ASKED, cache=tmp_path)
    assert fits == ["first", "second"] * 2


def test_progress_counts_every_part() -> None:
    seen: list[tuple[int, int]] = []
    evaluate(MODELS, toy_curves(), **ASKED, seeds=2, protocol="paper", progress=lambda done, total, text: seen.append((done, total)))
    assert seen == [(i, 8) for i in range(9)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observe": [12]}, r"0 \.\. 11; got 12"),
        ({"observe": [-1]}, r"got -1"),
        ({"horizons": [13]}, r"1 \.\. 12; got 13"),
        ({"horizons": [2]}, "must lie after the observed epochs"),
        ({"seeds": 0}, "at least 1; got 0"),
        ({"protocol": "loose"}, "strict, paper; got loose"),
        ({"protocol": "paper", "train_size": 10}, "whole of one file"),
    ],
)
def test_what_cannot_be_asked_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        evaluate(MODELS, toy_curves(), **{**ASKED, **change})


def test_score_of_a_perfect_forecast() -> None:
    observed, target = toy_curves().observe(3)
    scores = score(Forecast.from_point(target.t, target.y), observed, target, 9)
    assert (scores["mape"], scores["rmse"], scores["kendall"], scores["regret_at_1"], scores["excess_jump"]) == (0, 0, 1, 0, 0)
    assert scores["n_test"] == 24
    assert score(Forecast.from_point(target.t, target.y), observed, target, 9, np.arange(24) < 5)["n_test"] == 5
