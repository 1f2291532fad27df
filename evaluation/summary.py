"""Rows over seeds to means, intervals and a verdict on who is best."""

from collections.abc import Sequence

import numpy as np

from evaluation.metrics import CURVE_METRICS, SET_METRICS
from evaluation.results import KEYS, Row
from evaluation.stats import MIN_SEEDS, SIGNIFICANT, bootstrap_interval, corrected_t_test

__all__ = ["HEADLINE", "NOT_SCORES", "best_two", "counts", "summarize"]

HEADLINE = "mape"
"""The score that models are ordered by."""

NOT_SCORES = ("model", "metric", "observe", "horizon", "seed", "protocol")


def summarize(rows: Sequence[Row], subset: str = "all", one_split: bool = False) -> tuple[Row, ...]:
    """One entry per (model, metric, observe, horizon): for every score its mean and interval over seeds.

    A score is ``{"mean", "low", "high"}``; `low` and `high` are None where there is no interval and all three are None where any seed has no value.
    ``interval`` says which: ``"bootstrap 95 %"``, ``"no interval"`` below 3 seeds, or ``"initialisations only"`` where all seeds share one split: what
    then varies says nothing of other curves, so there is neither interval nor test. ``best`` is True for the model with the lowest mean MAPE of its
    (metric, observe, horizon) if the corrected paired test against the second gives p < 0.05, and False otherwise; ``p_value`` is that test's, for the
    first two.

    Arguments:
        rows: As in :class:`evaluation.results.Results`.
        subset: ``"all"`` or ``"without_diverged"``, kept in the entries.
        one_split: Whether all seeds were scored on the same curves.
    """
    groups: dict[tuple[str, str, int, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["model"], row["metric"], row["observe"], row["horizon"]), []).append(row)
    entries = [_entry(key, members, subset, one_split) for key, members in groups.items()]
    for cell in {key[1:] for key in groups}:
        inside = [e for e in entries if (e["metric"], e["observe"], e["horizon"]) == cell]
        first, second = best_two(inside)
        if first is None or second is None or one_split:
            continue
        p = _p_value(groups[(first["model"], *cell)], groups[(second["model"], *cell)])
        first["p_value"] = second["p_value"] = p
        first["best"] = p is not None and p < SIGNIFICANT
    return tuple(entries)


def best_two(entries: Sequence[Row]) -> tuple[Row | None, Row | None]:
    """The two entries with the lowest mean headline score; None where there are fewer."""
    scored = sorted((e for e in entries if e[HEADLINE]["mean"] is not None), key=lambda e: e[HEADLINE]["mean"])
    return (scored[0] if scored else None), (scored[1] if len(scored) > 1 else None)


def counts(entry: Row) -> str:
    """How many curves an entry stands for, in all its seeds together: a mean over seeds would hide a single diverged run."""
    tests, missing, diverged = (round(entry["seeds"] * entry[key]["mean"]) for key in ("n_test", "n_nonfinite", "n_diverged"))
    seeds = f" over {entry['seeds']} seeds" if entry["seeds"] > 1 else ""
    return f"{tests} test curves{seeds}, {missing} not finite, {diverged} diverged"


def _entry(key: tuple[str, str, int, int], rows: Sequence[Row], subset: str, one_split: bool) -> Row:
    model, metric, observe, horizon = key
    entry: Row = {"model": model, "metric": metric, "observe": observe, "horizon": horizon, "subset": subset, "seeds": len(rows)}
    entry["protocol"] = rows[0]["protocol"]
    alike = one_split and len(rows) > 1
    entry["interval"] = "initialisations only" if alike else "bootstrap 95 %" if len(rows) >= MIN_SEEDS else "no interval"
    entry |= {"best": False, "p_value": None}
    for name in dict.fromkeys([*KEYS, *CURVE_METRICS, *SET_METRICS]):
        if name not in NOT_SCORES:
            entry[name] = _statistic([row.get(name) for row in rows], not alike)
    return entry


def _statistic(values: Sequence[float | None], varied: bool) -> dict[str, float | None]:
    present = np.array([v for v in values if v is not None], dtype=np.float64)
    if len(present) < len(values):
        return {"mean": None, "low": None, "high": None}
    interval = bootstrap_interval(present) if varied else None
    low, high = interval if interval else (None, None)
    return {"mean": float(present.mean()), "low": low, "high": high}


def _p_value(a: Sequence[Row], b: Sequence[Row]) -> float | None:
    one, two = ({row["seed"]: row[HEADLINE] for row in rows} for rows in (a, b))
    seeds = sorted(set(one) & set(two))
    n_train, n_test = a[0]["n_train"] or b[0]["n_train"] or 0, a[0]["n_test"]
    return corrected_t_test(np.array([one[s] for s in seeds]), np.array([two[s] for s in seeds]), n_train, n_test)
