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
    assert caveats(results) == []


def test_one_seed_claims_no_difference() -> None:
    results = evaluate(BOTH, toy_curves(), observe=[4], horizons=[12])
    assert "fewer than 3 seeds cannot tell" in verdict(results)[0]
    assert "no interval" in caveats(results)[0]


def test_nothing_to_compare_and_nothing_to_score() -> None:
    alone = evaluate(LAST, toy_curves(), observe=[4], horizons=[12])
    assert "nothing was compared" in verdict(alone)[0]
    mute = evaluate(LAST, toy_curves(), observe=[0], horizons=[12])
    assert verdict(mute) == ["No model gave a forecast that can be scored."]


def test_the_papers_protocol_is_called_optimistic() -> None:
    assert "Optimistic" in caveats(evaluate(LAST, toy_curves(), observe=[4], horizons=[12], protocol="paper"))[0]
