"""What the numbers say, in sentences."""

from evaluation.drawing import metric_name
from evaluation.results import Results, Row
from evaluation.speedup import cheapest
from evaluation.summary import HEADLINE, best_two
from evaluation.table import number

__all__ = ["caveats", "main_entries", "verdict"]

_SILENT = {"no interval": "fewer than 3 seeds", "initialisations only": "seeds that all score the same curves"}
"""What cannot tell a difference from noise, by the kind of interval."""


def main_entries(results: Results) -> list[Row]:
    """The summary entries that a report is about: the main prefix, the last horizon, all curves."""
    at = [e for e in results.summary if e["observe"] == results.figures.observe and e["subset"] == "all"]
    last = max((e["horizon"] for e in at), default=0)
    return [e for e in at if e["horizon"] == last]


def verdict(results: Results) -> list[str]:
    """Three sentences: who forecasts best, how well it ranks and how honest its intervals are, what it saves."""
    entries = main_entries(results)
    first, second = best_two(entries)
    if first is None:
        return ["No model gave a forecast that can be scored."]
    return [_accuracy(first, second, results.figures.observe), _ranking(first, entries), _saving(first, results)]


def _accuracy(first: Row, second: Row | None, observe: int) -> str:
    text = f"From {observe} observed {'epoch' if observe == 1 else 'epochs'}, "
    text += f"{first['model']} forecasts {metric_name(first['metric'])} up to epoch {first['horizon']} best"
    text += f", with a mean error of {_percent(first[HEADLINE])} (MAPE)"
    if second is None:
        return text + "; nothing was compared with it."
    text += f", against {_percent(second[HEADLINE])} for {second['model']}"
    p = second["p_value"]
    if p is None:
        return (
            text
            + f"; {_SILENT.get(first['interval'], 'seeds that all show the same difference')} cannot tell whether the difference is more than noise."
        )
    certain = "is more than noise" if first["best"] else "is within the noise"
    return text + f"; over {first['seeds']} seeds that difference {certain} (p = {number(p, 2)})."


def _ranking(first: Row, entries: list[Row]) -> str:
    tau = first["kendall"]["mean"]
    coverage = first["coverage_80"]["mean"]
    ranked = [e for e in entries if e["kendall"]["mean"] is not None]
    top = max(ranked, key=lambda e: e["kendall"]["mean"], default=None)
    text = "It does not rank the architectures" if tau is None else f"It ranks the architectures with a Kendall tau of {number(tau, 2)}"
    if top is not None and top is not first and tau is not None:
        text += f" (the best here is {number(top['kendall']['mean'], 2)}, by {top['model']})"
    if coverage is None:
        return text + ", and says nothing of its uncertainty."
    honest = "about right" if abs(coverage - 0.8) <= 0.05 else "too narrow" if coverage < 0.8 else "too wide"
    return text + f", and its 80 % intervals hold {100 * coverage:.0f} % of the truths: {honest}."


def _saving(first: Row, results: Results) -> str:
    plain, equal, n = (first[key]["mean"] for key in ("speedup", "speedup_equal_regret", "break_even_n"))
    if plain is None:
        return "The curves carry no times, so nothing can be said of the speed-up."
    if equal is None:
        return "As it does not rank the architectures on every seed, it saves nothing in choosing one."
    text = f"Choosing with it takes {number(plain, 3)} times less time than full training"
    if n is not None:
        text += f" (from {n:,.0f} architectures on, if its training curves are counted)"
    return f"{text}; {_rival(first, results)}."


def _rival(first: Row, results: Results) -> str:
    points = results.figures.strategies
    own = next(p for p in points if p.is_model and (p.name, p.setting) == (first["model"], f"{first['observe']} epochs"))
    rival = cheapest((p for p in points if not p.is_model), own.regret)
    text = (
        f"without a predictor, {rival.name} ({rival.setting}) chooses as well (regret {number(rival.regret)} against {number(own.regret)})"
    )
    text += f" in {number(rival.seconds)} s against its {number(own.seconds)} s"
    key = ("model", "observe", "horizon")
    factors = [row["speedup_equal_regret"] for row in results.rows if all(row[k] == first[k] for k in key)]
    if len(factors) < 2:
        return text
    return text + f"; seed by seed the cheapest such way takes {number(min(factors), 2)} to {number(max(factors), 2)} times as long as it"


def caveats(results: Results) -> list[str]:
    """Warnings that belong above any number."""
    found = []
    if results.protocol == "paper":
        found.append(
            "Optimistic: the paper's protocol lets models stop at their best epoch on the test curves, splits contiguously and drops the last "
            "epoch. Use it only to compare with published numbers; the strict results stand beside it."
        )
    entries = main_entries(results)
    if entries and entries[0]["interval"] == "no interval":
        found.append("Fewer than 3 seeds: no interval, and no difference here is shown to be more than noise. Use `--seeds 3` or more.")
    if entries and entries[0]["interval"] == "initialisations only":
        found.append("All seeds score the same curves: no interval, and no difference here is shown to be more than noise.")
    return found


def _percent(value: Row) -> str:
    return f"{100 * value['mean']:.3g} %"
