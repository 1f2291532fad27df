import re

from evaluation.backtest import evaluate
from evaluation.verdict import caveats, verdict
from tests.evaluation.toys import Last, Mean, ToyConfig, toy_curves

LAST = {"last": lambda seed: Last(ToyConfig(seed=seed))}
BOTH = {**LAST, "mean-curve": lambda seed: Mean(ToyConfig(seed=seed))}


def test_three_sentences_from_the_numbers() -> None:
    results = evaluate(BOTH, toy_curves(48), observe=[4], horizons=[12], seeds=3)
    first, second, third = verdict(results)
    entry = min(results.summary, key=lambda e: e["mape"]["mean"])
    assert f"{entry['model']} forecasts test loss up to epoch 12 best" in first
    assert f"{100 * entry['mape']['mean']:.3g} %" in first
    assert "over 3 seeds" in first
    assert ("more than noise" in first) == entry["best"]
    assert "Kendall tau" in second
    assert "times less time than full training" in third
    assert re.search(
        r"without a predictor, .+ \(.+\) chooses as well \(regret .+ against .+\) in .+ s against its .+ s; seed by seed", third
    )
    assert caveats(results) == []


def test_one_seed_claims_no_difference() -> None:
    results = evaluate(BOTH, toy_curves(), observe=[4], horizons=[12])
    assert "fewer than 3 seeds cannot tell" in verdict(results)[0]
    assert "no interval" in caveats(results)[0]


def test_seeds_that_score_the_same_curves_claim_no_difference() -> None:
    results = evaluate(BOTH, toy_curves(), observe=[4], horizons=[12], seeds=3, protocol="paper")
    assert "seeds that all score the same curves cannot tell" in verdict(results)[0]
    assert "All seeds score the same curves" in caveats(results)[1]
    same = evaluate({**LAST, "twin": LAST["last"]}, toy_curves(), observe=[4], horizons=[12], seeds=3)
    assert "seeds that all show the same difference cannot tell" in verdict(same)[0]


def test_who_does_not_rank_saves_nothing() -> None:
    constant = evaluate({"mean-curve": BOTH["mean-curve"]}, toy_curves(), observe=[4], horizons=[12], seeds=2)
    assert "it saves nothing" in verdict(constant)[2]


def test_nothing_to_compare_and_nothing_to_score() -> None:
    alone = evaluate(LAST, toy_curves(), observe=[4], horizons=[12])
    assert "nothing was compared" in verdict(alone)[0]
    mute = evaluate(LAST, toy_curves(), observe=[0], horizons=[12])
    assert verdict(mute) == ["No model gave a forecast that can be scored."]


def test_the_papers_protocol_is_called_optimistic() -> None:
    assert "Optimistic" in caveats(evaluate(LAST, toy_curves(), observe=[4], horizons=[12], protocol="paper"))[0]
