"""Ways to choose an architecture without any predictor: what each spends and how much it regrets.

All of them look at the same pool of curves and are judged by the same regret at the last epoch: how much worse the chosen
architecture ends than the best of the pool. Time is the measured seconds of SGD of every epoch that the strategy trains.
"""

from collections.abc import Callable, Iterable

import numpy as np

from evaluation.ranks import regret_at
from evaluation.results import StrategyPoint
from evaluation.speedup import sgd_seconds
from nasbench_lc.curves import CurveSet, Floats, higher_is_better

__all__ = ["asha", "epochs_to_try", "successive_halving", "tse", "tse_ema", "tse_recent", "without_predictor"]


def tse(train_loss: Floats) -> Floats:
    """Training speed: the negative sum of the train losses so far, higher is better; `(N, K)` to `(N,)`.

    References:
        Ru et al., "Speedy performance estimation for neural architecture search", NeurIPS 2021, arXiv:2006.04492.
    """
    return -train_loss.sum(1)


def tse_recent(train_loss: Floats, epochs: int = 1) -> Floats:
    """TSE-E: :func:`tse` of the last `epochs` epochs only, which leaves out the unstable start; `(N, K)` to `(N,)`."""
    return -train_loss[:, -epochs:].sum(1)


def tse_ema(train_loss: Floats, gamma: float = 0.9) -> Floats:
    """TSE-EMA: the sum of the train losses, that of epoch k weighted ``gamma^(K - k)``; `(N, K)` to `(N,)`, higher is better."""
    k = train_loss.shape[1]
    return -(train_loss * gamma ** np.arange(k - 1, -1, -1.0)).sum(1)


def successive_halving(values: Floats, seconds: Floats, start: int, eta: int, higher: bool) -> tuple[int, float]:
    """Train all for `start` epochs, keep the best 1 / `eta`, train those `eta` times as long, and so on to the last epoch.

    Arguments:
        values: The metric, shape `(N, T)`.
        seconds: Shape `(N, T)`.
        start: Epochs of the first rung.
        eta: The factor between rungs.
        higher: Whether higher is better.

    Returns:
        The index of the winner, and the seconds spent.

    References:
        Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016, arXiv:1502.07943.
    """
    quality = values if higher else -values
    alive, trained, spent = np.arange(len(values)), 0, 0.0
    for rung in _rungs(start, eta, values.shape[1]):
        spent += float(np.nansum(seconds[alive, trained:rung]))
        trained = rung
        order = alive[np.argsort(-quality[alive, rung - 1], kind="stable")]
        alive = order[: max(1, len(order) // eta)]
        if len(alive) == 1:
            break
    return int(alive[0]), spent


def asha(values: Floats, seconds: Floats, start: int, eta: int, higher: bool) -> tuple[int, float]:
    """Asynchronous successive halving with one worker, in its stopping form: curves come one by one, in the order given.

    At each rung a curve goes on if it is among the best 1 / `eta` (at least one) of those that reached the rung so far. The winner is the best
    at the highest rung that any curve reached.

    Arguments, Returns:
        As for :func:`successive_halving`.

    References:
        Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, arXiv:1810.05934; the stopping form is the
        ``SuccessiveHalvingPruner`` of Optuna and ``ASHA(type="stopping")`` of Syne Tune.
    """
    quality = values if higher else -values
    rungs = _rungs(start, eta, values.shape[1])
    seen: list[list[tuple[float, int]]] = [[] for _ in rungs]
    spent = 0.0
    for i in range(len(values)):
        trained = 0
        for rung, entries in zip(rungs, seen, strict=True):
            spent += float(np.nansum(seconds[i, trained:rung]))
            trained = rung
            entries.append((float(quality[i, rung - 1]), i))
            rank = sum(q > quality[i, rung - 1] for q, _ in entries)
            if rank >= max(1, len(entries) // eta):
                break
    top = next(entries for entries in reversed(seen) if entries)
    return max(top, key=lambda entry: (entry[0], -entry[1]))[1], spent


def epochs_to_try(epochs: int) -> list[int]:
    """Prefixes spread evenly over the logarithm, 1 and the last epoch included."""
    return sorted({int(e) for e in np.round(np.geomspace(1, epochs, 16))})


def without_predictor(curves: CurveSet, horizon: int) -> list[StrategyPoint]:
    """Every strategy of this module on the curves (all finite up to the horizon), each at several settings; none without measured times."""
    up, y, seconds = higher_is_better(curves.metric), curves.target[:, :horizon], curves.seconds
    if not np.isfinite(seconds[:, :horizon]).any():
        return []
    points = [StrategyPoint("full training", f"{horizon} epochs", sgd_seconds(seconds, horizon), 0.0, False)]

    def add(name: str, scores: Callable[[int], Floats], better: bool) -> None:
        for e in epochs_to_try(horizon):
            ends = y[:, -1] if better == up else -y[:, -1]
            regret = regret_at(scores(e), ends, 1, better)
            points.append(StrategyPoint(name, f"{e} epochs", sgd_seconds(seconds, e), regret, False))

    add("last value at k epochs", lambda e: y[:, e - 1], up)
    points += _finishing(y, seconds, up)
    if "train_loss" in curves.metrics:
        loss = curves.y[:, :horizon, curves.metrics.index("train_loss")]
        add("TSE", lambda e: tse(loss[:, :e]), True)
        add("TSE-E", lambda e: tse_recent(loss[:, :e]), True)
        add("TSE-EMA", lambda e: tse_ema(loss[:, :e]), True)
    best = y[:, -1].max() if up else y[:, -1].min()
    for name, rule in (("successive halving", successive_halving), ("ASHA", asha)):
        for start in _starts(horizon):
            winner, spent = rule(y, seconds[:, :horizon], start, 3, up)
            points.append(StrategyPoint(name, f"from {start} epochs", spent, float(abs(best - y[winner, -1])), False))
    return [p for p in points if np.isfinite([p.seconds, p.regret]).all()]


def _finishing(y: Floats, seconds: Floats, up: bool, finished: int = 5) -> list[StrategyPoint]:
    """Rank after k epochs, then train the best few to the end and keep the best of them."""
    points = []
    for e in epochs_to_try(y.shape[1]):
        best = np.argsort(-y[:, e - 1] if up else y[:, e - 1], kind="stable")[:finished]
        spent = sgd_seconds(seconds, e) + float(np.nansum(seconds[best, e : y.shape[1]]))
        regret = regret_at(y[:, e - 1], y[:, -1], finished, up)
        points.append(StrategyPoint(f"rank after k epochs, finish {finished}", f"{e} epochs", spent, regret, False))
    return points


def _rungs(start: int, eta: int, epochs: int) -> list[int]:
    rungs = [start]
    while rungs[-1] * eta < epochs:
        rungs.append(rungs[-1] * eta)
    return [*rungs, epochs] if rungs[-1] < epochs else rungs


def _starts(epochs: int) -> Iterable[int]:
    return (s for s in (1, 3, 9, 27, 81) if s < epochs)
