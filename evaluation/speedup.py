"""The speed-up, told straight: what the paper counts, and what it leaves out.

Seconds are those measured in the dataset, shape `(N, T)`, NaN where an epoch was not trained (it costs nothing).
"""

import math
from collections.abc import Iterable

import numpy as np

from evaluation.ranks import regret_at
from evaluation.results import StrategyPoint
from nasbench_lc.curves import Floats

__all__ = ["break_even_n", "cheapest", "sgd_seconds", "speedup", "speedup_equal_regret", "speedup_equal_regret_sgd"]


def sgd_seconds(seconds: Floats, epochs: int | None = None) -> float:
    """Seconds of SGD for all curves over their first `epochs` (None for all); NaN where no time was recorded."""
    spent = seconds[:, :epochs]
    if epochs == 0:
        return 0.0
    return float(np.nansum(spent)) if np.isfinite(spent).any() else float("nan")


def speedup(full: float, observed: float, inference: float) -> float:
    """The paper's formula: ``full SGD / (SGD of the observed epochs + inference)``, all in seconds for the same curves; a factor.

    Full SGD runs up to the horizon: a forecast of epoch 80 saves training to epoch 80, whatever the runs had planned. At the last epoch this is the
    formula of the paper as printed. It leaves out the cost of the training curves and of the fit (:func:`break_even_n`) and says nothing
    of how good the ranking is (:func:`speedup_equal_regret`).

    References:
        Ding et al., "Architecture-aware learning curve extrapolation via graph ordinary differential equation", AAAI 2025, arXiv:2412.15554.
    """
    spent = observed + inference
    return full / spent if spent > 0 else float("nan")


def cheapest(points: Iterable[StrategyPoint], regret: float) -> StrategyPoint:
    """Of some ways to choose, full training among them, the one of the fewest seconds that regrets at most `regret`."""
    return min((p for p in points if p.regret <= regret + 1e-12), key=lambda p: p.seconds)


def speedup_equal_regret(without: Iterable[StrategyPoint], regret: float, spent: float) -> float:
    """How many times longer the cheapest way without a predictor takes to choose as well; a factor, below 1 where that way is the cheaper one.

    The ways are those of :mod:`evaluation.selection` at every setting: full training, the last value, TSE and rank-then-finish after k epochs,
    successive halving, ASHA. The cheapest that regrets no more than the predictor is picked in hindsight, as if its setting had been
    known, so that luck speaks against the predictor. Training curves and fit are left out, as in :func:`speedup`.

    Arguments:
        without: What those ways spend and regret on the curves that the predictor chose among.
        regret: The predictor's regret at 1.
        spent: Seconds that the predictor cost: observed epochs and inference.
    """
    return cheapest(without, regret).seconds / spent if spent > 0 else float("nan")


def speedup_equal_regret_sgd(curves: Floats, seconds: Floats, regret: float, spent: float, higher: bool) -> float:
    """The same against one way alone, whose setting is not picked in hindsight: plain SGD for e epochs, and then the best value.

    Its time is that of the first e at which, and ever after which, the regret at the horizon is no larger than the predictor's.

    Arguments:
        curves: The true metric up to the horizon, shape `(N, H)`, epochs 1 to `H`.
        seconds: Shape `(N, T)` with `T` >= `H`.
        regret: The predictor's regret at 1.
        spent: Seconds that the predictor cost: observed epochs and inference.
        higher: Whether higher is better.
    """
    if not spent > 0:
        return float("nan")
    regrets = np.array([regret_at(curves[:, e], curves[:, -1], 1, higher) for e in range(curves.shape[1])])
    worse = np.flatnonzero(~(regrets <= regret + 1e-12))
    first = int(worse[-1]) + 2 if len(worse) else 1
    return sgd_seconds(seconds, min(first, curves.shape[1])) / spent


def break_even_n(training: float, fit: float, full: float, spent: float, n: int) -> float:
    """From how many architectures on the predictor saves time, the cost of its training curves and its fit included; NaN where it never does.

    Arguments:
        training: Seconds of SGD behind the curves that the fit used.
        fit: Seconds of the fit.
        full: Seconds of full SGD for `n` architectures.
        spent: Seconds of observed epochs and inference for the same `n`.
        n: How many architectures `full` and `spent` stand for.
    """
    saved = (full - spent) / n if n else float("nan")
    return float(math.ceil((training + fit) / saved)) if saved > 0 and math.isfinite(training + fit) else float("nan")
