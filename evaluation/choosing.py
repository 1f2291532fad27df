"""What a choice costs with a predictor and without one: among the same curves, by the same clock, judged by the same regret."""

import math
from dataclasses import dataclass

import numpy as np

from evaluation.results import Row, StrategyPoint
from evaluation.selection import without_predictor
from evaluation.speedup import sgd_seconds, speedup_equal_regret, speedup_equal_regret_sgd
from nasbench_lc.curves import Bools, CurveSet, higher_is_better

__all__ = ["Choice"]


@dataclass(frozen=True, eq=False)
class Choice:
    """A choice among the test curves that are scored at a horizon.

    Arguments:
        curves: Those that are scored.
        horizon: The epoch whose value counts.
        share: What part of the test curves they are; a predictor's inference was timed over all of them.
        without: What each strategy without a predictor spends and regrets; empty where the curves carry no times.
    """

    curves: CurveSet
    horizon: int
    share: float
    without: tuple[StrategyPoint, ...]

    @classmethod
    def among(cls, test: CurveSet, horizon: int, keep: Bools) -> "Choice":
        """The choice among the test curves that are finite up to the horizon and that `keep`, of shape `(N,)`, admits."""
        rows = np.flatnonzero(keep & np.isfinite(test.target[:, :horizon]).all(1))
        curves = test.subset(rows)
        return cls(curves, horizon, len(rows) / max(len(test), 1), tuple(without_predictor(curves, horizon)))

    def point(self, row: Row) -> StrategyPoint | None:
        """What the model of a row of scores spends, observed epochs and inference, and regrets; None where either is not known."""
        if row["regret_at_1"] is None or not self.without:
            return None
        seconds = sgd_seconds(self.curves.seconds, row["observe"]) + row["predict_seconds"] * self.share
        return (
            StrategyPoint(row["model"], f"{row['observe']} epochs", seconds, row["regret_at_1"], True) if math.isfinite(seconds) else None
        )

    def priced(self, row: Row) -> Row:
        """The row with its speed-ups at equal regret; a model whose forecasts do not rank chooses nothing and has none."""
        own = None if row["kendall"] is None else self.point(row)
        if own is None:
            return row
        truth, up = self.curves.target[:, : self.horizon], higher_is_better(self.curves.metric)
        found = {
            "speedup_equal_regret": speedup_equal_regret(self.without, own.regret, own.seconds),
            "speedup_equal_regret_sgd": speedup_equal_regret_sgd(truth, self.curves.seconds, own.regret, own.seconds, up),
        }
        return {**row, **{key: value for key, value in found.items() if math.isfinite(value)}}
