"""GCN against GAT, poolings, sequence encoders, the steps of the solver: one part of lc-gode exchanged at a time."""

from collections.abc import Iterator, Sequence

from benchmarks.studies.base import Source, Study, Unavailable, text
from benchmarks.studies.fits import Fit, means
from evaluation.results import Row
from evaluation.sections import Section
from evaluation.split import split

OPTIONS = ("convolution=gat", "pooling=mean", "pooling=max", "encoder=attention", "encoder=lstm", "steps=48", "clock=linear")
DEFAULTS = "convolution=gcn, pooling=attention, encoder=gru, steps=12, clock=log"


def _fits(source: Source, seeds: int) -> Iterator[Fit | Unavailable]:
    curves = source.curves("mlp-car")
    for seed in range(seeds):
        parts = split(curves, seed)
        for model in ("lc-gode", *(f"lc-gode[{option}]" for option in OPTIONS)):
            yield Fit(model, seed, parts.train, parts.valid, {"mlp-car": parts.test}, ((10, curves.epochs),))


def _sections(rows: Sequence[Row]) -> list[Section]:
    keys = ("mape", "mape_median", "kendall", "top10_overlap", "coverage_80")
    found = {key: means(rows, ("model",), key) for key in keys}
    models = list(dict.fromkeys(row["model"] for row in rows))
    head = ["model", "MAPE", "median", "tau", "top10", "cov80"]
    return [("10 epochs observed", head, [[m, *(text(found[key][m,]) for key in keys)] for m in models])]


PARTS = Study(
    "Parts of LC-GODE",
    f"mlp-car, test loss: one part of lc-gode exchanged at a time, the rest as it is ({DEFAULTS}); nothing is tuned anew.",
    _fits,
    _sections,
)
