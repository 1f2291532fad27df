"""How many training curves a predictor needs."""

from collections.abc import Iterator, Sequence

from benchmarks.studies.base import Source, Study, Unavailable, cross_table
from benchmarks.studies.fits import Fit
from evaluation.results import Row
from evaluation.sections import Section
from evaluation.split import split

SIZES = (25, 50, 100, 200)
MODELS = ("last-value", "mean-curve", "gaussian", "knn", "extra-trees", "svr", "gp", "lc-gode", "lc-gode-x")


def _fits(source: Source, seeds: int) -> Iterator[Fit | Unavailable]:
    curves = source.curves("mlp-car")
    for seed in range(seeds):
        whole = split(curves, seed)
        every = len(whole.train) + len(whole.valid)
        for size in (*(s for s in SIZES if s < every), every):
            parts = split(curves, seed, size)
            for model in MODELS:
                yield Fit(
                    model,
                    seed,
                    parts.train,
                    parts.valid,
                    {"mlp-car": parts.test},
                    ((10, curves.epochs),),
                    {"curves": size if size < every else "all"},
                )


def _sections(rows: Sequence[Row]) -> list[Section]:
    return [
        cross_table(f"{title} by number of curves (train and valid)", rows, "model", "curves", key)
        for title, key in (("MAPE", "mape"), ("Kendall tau", "kendall"))
    ]


SIZE = Study(
    "Training curves",
    "mlp-car, test loss, 10 epochs observed: every model learns from the first n runs of train and valid (85 and 15 %); the test curves stay the same.",
    _fits,
    _sections,
)
