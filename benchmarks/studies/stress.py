"""Architectures unlike those that were learnt from: deep after shallow, wide after narrow, large after small, skip connections after none."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks.studies.base import Source, Study, Unavailable, error_and_tau
from benchmarks.studies.fits import Fit
from evaluation.results import Row
from evaluation.sections import Section
from evaluation.split import split
from nasbench_lc.curves import CurveSet, Floats
from nasbench_lc.importers import IMPORTERS

MODELS = (
    "last-value",
    "mean-curve",
    "gaussian",
    "knn",
    "extra-trees",
    "lc-gode",
    "lc-gode[use_graph=false]",
    "lc-gode-x",
    "lc-gode-x[use_graph=false]",
)
LIMIT = 550
"""Curves of a file that are used, the first ones: as many as a perceptron dataset has."""


def _depth(curves: CurveSet) -> Floats:
    return np.array([len(a.nodes) for a in curves.architectures], dtype=np.float64)


def _width(curves: CurveSet) -> Floats:
    return np.array([float(np.mean(a.widths)) for a in curves.architectures], dtype=np.float64)


def _size(curves: CurveSet) -> Floats:
    return curves.n_params


def _skips(curves: CurveSet) -> Floats:
    return np.array([sum(n.op in ("identity", "skip_connect") for n in a.nodes) for a in curves.architectures], dtype=np.float64)


CASES: dict[str, tuple[str, Callable[[CurveSet], Floats]]] = {
    "perceptrons, deep after shallow": ("mlp-car", _depth),
    "perceptrons, wide after narrow": ("mlp-car", _width),
    "perceptrons, large after small": ("mlp-car", _size),
    "cells, skip connections after none": ("spikenas:spikenas_cifar10_part.npz", _skips),
    "sequential CNNs of Baker et al., deep after shallow": ("baker:baker2018_metaqnn_cifar10.csv", _depth),
}
"""Case to (file, what orders the architectures)."""


def _curves(source: Source, name: str) -> CurveSet:
    kind, _, file = name.partition(":")
    curves = IMPORTERS[kind](source.other(file), False, None).curve_set(None) if file else source.curves(name)
    return curves.subset(np.arange(min(LIMIT, len(curves)), dtype=np.int64))


def _fits(source: Source, seeds: int) -> Iterator[Fit | Unavailable]:
    for case, (name, quantity) in CASES.items():
        try:
            curves = _curves(source, name)
        except Unavailable as missing:
            yield Unavailable(f"{case}: {missing}")
            continue
        values = quantity(curves)
        middle = 0.0 if quantity is _skips else float(np.median(values))
        within = values <= middle
        # Cells with a skip connection may compute what others compute without: those are no news to who has learnt from the others.
        known = {group for group, inner in zip(curves.group, within, strict=True) if inner}
        unlike = np.array([group not in known for group in curves.group])
        inside, outside = (curves.subset(np.flatnonzero(part)) for part in (within, unlike))
        observe = 10 if curves.epochs > 40 else 5
        for seed in range(seeds):
            parts = split(inside, seed)
            for model in MODELS:
                tests = {"in range": parts.test, "out of range": outside}
                yield Fit(model, seed, parts.train, parts.valid, tests, ((observe, curves.epochs),), {"case": case})


def _sections(rows: Sequence[Row]) -> list[Section]:
    return error_and_tau(rows, "case", "on")


STRESS = Study(
    "Architectures unlike the training ones",
    "Every model learns from the lower half of the space (for cells: from those without a skip connection) and is scored on held-out curves of that half "
    "and on the other half, but for cells that compute the same function as one of the first half. The halves differ in difficulty too: compare with "
    "last-value, which learns nothing of architectures. 10 epochs observed, 5 where curves are short. Cells are the first 550 curves of SpikeNAS-Bench; "
    "a mean far above the others' comes from cells that learn nothing.",
    _fits,
    _sections,
)
