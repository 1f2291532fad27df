"""The flagship against the simple model that is hardest to beat, on a frozen part of a dataset that ships."""

from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.accuracy import mape
from evaluation.ranks import kendall
from evaluation.scoring import scored_curves
from evaluation.split import split
from nasbench_lc.dataset import CurveDataset
from predictors.extra_trees import ExtraTrees
from predictors.lc_gode_x import LCGODEX, LCGODEXOptions

SHIPPED = Path(__file__).parents[2] / "datasets" / "mlp-segment.h5"


@pytest.mark.skipif(not SHIPPED.exists(), reason="an installed package has no datasets")
def test_it_is_not_behind_extra_trees() -> None:
    whole = CurveDataset(SHIPPED).curves("test_loss").subset(slice(0, 240))
    curves = replace(whole, y=whole.y[:, :50], seconds=whole.seconds[:, :50], schedule=None)
    parts = split(curves, 100)
    ours = LCGODEX(LCGODEXOptions(updates=400, members=2)).fit(parts.train, parts.valid)
    theirs = ExtraTrees().fit(parts.train, parts.valid)
    for k, margin in ((0, 0.7), (2, 0.95)):
        observed, target = parts.test.observe(k)
        ends = scored_curves(observed, target, curves.epochs)
        a, b = (model.predict(observed, target.t).mean[ends] for model in (ours, theirs))
        truth = target.y[ends]
        assert mape(a, truth).mean() < margin * mape(b, truth).mean()
        assert kendall(a[:, -1], truth[:, -1]) > kendall(b[:, -1], truth[:, -1])
