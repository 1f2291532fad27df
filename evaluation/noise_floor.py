"""What no forecast can beat: the spread of runs that agree in everything that a forecast may know.

Of one configuration, `R` runs share a state (that after epoch `K`, or for `K` = 0 nothing but architecture and hyperparameters) and differ in
the random numbers that came after. Two estimates bracket what the best point forecast from that state can do. The forecast that suits all `R` runs
best, chosen with them in sight, errs less than any real forecast can expect to: that is the limit. The median of the other `R` - 1 runs, scored on
the one left out, is reached by a forecast that knows so many. For Kendall's tau likewise: no order agrees better than the one that puts every two
configurations as most of their runs do, and the medians of the other runs are an order that is reached. Both close in as `R` grows. Where runs of one
state explode in turn, what is reached can be arbitrarily bad while the limit stays.

Axes: `N` configurations, `R` runs of each, `H` epochs. A missing value is NaN; a run that is not complete is left out, and a configuration
with fewer than two complete runs. Losses are meant: accuracies tie, which the limit of
tau takes no account of. Weights undo a sample that was not drawn evenly.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evaluation.accuracy import FLOOR
from nasbench_lc.curves import CurveSet, Floats

__all__ = ["Bracket", "noise_floor", "repeated", "weighted_median"]

DRAWS = 1000
"""Resamples of the configurations behind an interval."""


@dataclass(frozen=True)
class Bracket:
    """How well the best forecast can do.

    Arguments:
        value: The limit: no forecast can expect to do better.
        reached: What the median of the other runs does.
        interval: The 95 % bootstrap interval of `value` over configurations.
    """

    value: float
    reached: float
    interval: tuple[float, float]


def noise_floor(values: Floats, weights: Floats | None = None) -> dict[str, Any]:
    """The floors of ``mape``, ``mape_median`` and ``mae_final``, and the ceiling of ``kendall``, as :class:`Bracket` ready for JSON.

    Arguments:
        values: The metric at the epochs `K` + 1 .. horizon, shape `(N, R, H)`.
        weights: Of the configurations, shape `(N,)`; None for equal ones.

    Returns:
        The brackets by name; ``kendall_of_two``, Kendall's tau between two runs; and ``n``, how many configurations have two complete runs.
    """
    complete = np.asarray(np.isfinite(values).all(2), dtype=np.bool_)
    keep = np.sum(complete, 1) >= 2
    y, complete = values[keep], complete[keep]
    w = np.ones(len(y)) if weights is None else weights[keep]
    relative = np.array([_errors(v[c], np.maximum(np.abs(v[c]), FLOOR)).mean(1) for v, c in zip(y, complete, strict=True)]).reshape(-1, 2)
    final = np.array([_errors(v[c, -1:], np.ones((c.sum(), 1))).mean(1) for v, c in zip(y, complete, strict=True)]).reshape(-1, 2)
    ends = np.where(complete, y[:, :, -1] if y.size else np.empty((0, 0)), np.nan)
    counts = np.random.default_rng(0).multinomial(len(y), np.full(len(y), 1 / max(len(y), 1)), DRAWS) if len(y) else np.ones((0, 0))
    draws = np.concatenate([w[None], counts * w])
    tau, of_two = _agreement(ends, draws)
    parts = {
        "mape": draws @ relative / draws.sum(1, keepdims=True),
        "mape_median": np.stack([weighted_median(np.broadcast_to(x, draws.shape).T, draws.T) for x in relative.T], -1),
        "mae_final": draws @ final / draws.sum(1, keepdims=True),
        "kendall": tau,
    }
    return {"n": len(y), "kendall_of_two": of_two, **{name: asdict(_bracket(part)) for name, part in parts.items()}}


def repeated(curves: CurveSet) -> Floats | None:
    """The runs of the configurations that were trained more than once: equal group, equal hyperparameters; shape `(N, R, T)`, None without any.

    For cells the group is the exact function class, so that different drawings of one function count as one configuration.
    """
    members: dict[tuple[Any, ...], list[int]] = {}
    for i, group in enumerate(curves.group):
        # NaN, an unknown hyperparameter, equals nothing; in a key it has to equal itself.
        known = (None if np.isnan(v) else v for v in curves.hyperparameters[i].tolist())
        members.setdefault((group, *known), []).append(i)
    several = [rows for rows in members.values() if len(rows) > 1]
    if not several:
        return None
    y = np.full((len(several), max(map(len, several)), curves.epochs), np.nan)
    for j, rows in enumerate(several):
        y[j, : len(rows)] = curves.target[rows]
    return y


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """The median along the first axis, both of shape `(R, H)`, result `(H,)`: the value with more than half of the weight, where one has it, else
    interpolated between the two middle values.
    """
    order = np.argsort(values, 0, kind="stable")
    v, w = np.take_along_axis(values, order, 0), np.take_along_axis(weights, order, 0)
    place = (np.cumsum(w, 0) - w / 2) / w.sum(0)
    upper = np.clip((place < 0.5).sum(0), 1, len(v) - 1)[None] if len(v) > 1 else np.zeros((1, v.shape[1]), np.int64)
    lower = np.maximum(upper - 1, 0)
    a, b = np.take_along_axis(place, lower, 0), np.take_along_axis(place, upper, 0)
    share = np.clip((0.5 - a) / np.where(b > a, b - a, 1.0), 0.0, 1.0)
    low, high = np.take_along_axis(v, lower, 0), np.take_along_axis(v, upper, 0)
    heaviest = np.take_along_axis(v, w.argmax(0)[None], 0)
    return np.where(2 * w.max(0) > w.sum(0), heaviest, low + share * (high - low))[0]


def _errors(y: Floats, scale: Floats) -> Floats:
    """The error of the best forecast in hindsight and of the median of the others, at each epoch: `(R, H)` twice to `(2, H)`."""
    cost = np.abs(y[:, None] - y[None]) / scale[None]  # of run f as the forecast of run r
    others = [np.delete(np.arange(len(y)), r) for r in range(len(y))]
    medians = np.stack([weighted_median(y[o], 1 / scale[o]) for o in others])
    return np.stack([cost.mean(1).min(0), (np.abs(medians - y) / scale).mean(0)])


def _agreement(ends: Floats, draws: Floats) -> tuple[Floats, float]:
    """Tau of each draw of weights, `(B, 2)`, limit and reached; and tau between two runs with the first weights. `ends` is `(N, R)`, NaN where missing."""
    n, runs = ends.shape
    if n < 2:
        return np.full((len(draws), 2), np.nan), float("nan")
    signs = np.stack([[np.sign(ends[:, r, None] - ends[None, :, s]) for s in range(runs)] for r in range(runs)])
    often = np.nanmean(signs.reshape(runs * runs, n, n), 0)  # how much more often i lies above j
    high = _ratio(np.abs(often), 1.0 - np.eye(n), draws)
    lows, pairs = [], []
    for r in range(runs):
        with np.errstate(invalid="ignore"):
            rest = np.nanmedian(np.delete(ends, r, 1), 1)
        lows.append(_tau(rest, ends[:, r], draws))
        pairs += [_tau(ends[:, s], ends[:, r], draws[:1])[0] for s in range(r)]
    return np.stack([high, np.mean(lows, 0)], -1), float(np.nanmean(pairs))


def _tau(x: Floats, y: Floats, draws: Floats) -> Floats:
    """Kendall's tau-b under each draw of weights, shape `(B,)`; configurations without both values are left out."""
    known = np.isfinite(x) & np.isfinite(y)
    a, b = (np.sign(v[known][:, None] - v[known][None]) for v in (x, y))
    w = draws[:, known]
    together, untied_a, untied_b = (((w @ m) * w).sum(1) for m in (a * b, np.abs(a), np.abs(b)))
    return together / np.where(untied_a * untied_b > 0, np.sqrt(untied_a * untied_b), np.nan)


def _ratio(part: Floats, whole: Floats, draws: Floats) -> Floats:
    total = ((draws @ whole) * draws).sum(1)
    return ((draws @ part) * draws).sum(1) / np.where(total > 0, total, np.nan)


def _bracket(part: Floats) -> Bracket:
    """From limits and what is reached, `(1 + draws, 2)`, the estimate first."""
    low, high = np.nanquantile(part[1:, 0], [0.025, 0.975]) if len(part) > 1 else (np.nan, np.nan)
    return Bracket(float(part[0, 0]), float(part[0, 1]), (float(low), float(high)))
