"""Error against observed epochs, and what the architecture is worth at every prefix."""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.studies.base import Source, Study, Unavailable, cross_table, text
from benchmarks.studies.fits import Fit, means
from evaluation.results import Row
from evaluation.sections import Section
from evaluation.split import split
from evaluation.stats import bootstrap_interval

OBSERVE = (0, 1, 2, 5, 10, 20, 50)
TWINS = {
    "lc-gode": "lc-gode[use_graph=false]",
    "lc-gode[use_hyperparameters=false]": "lc-gode[use_graph=false,use_hyperparameters=false]",
    "lc-gode-paper": "node[centred=false,lr=0.001]",
    "lc-gode-x": "lc-gode-x[use_graph=false]",
}
"""Each graph model with the model that differs from it in the graph alone."""
SIMPLE = ("last-value", "mean-curve", "gaussian", "knn", "extra-trees", "svr", "parametric")
MODELS = (*SIMPLE, *(m for pair in TWINS.items() for m in pair))


def _fits(source: Source, seeds: int) -> Iterator[Fit | Unavailable]:
    curves = source.curves("mlp-car")
    pairs = tuple((k, curves.epochs) for k in OBSERVE if k < curves.epochs)
    for seed in range(seeds):
        parts = split(curves, seed)
        for model in MODELS:
            yield Fit(model, seed, parts.train, parts.valid, {"mlp-car": parts.test}, pairs)


def _worth(rows: Sequence[Row], graph: str, without: str) -> Section:
    both = {m: {(r["observe"], r["seed"]): r for r in rows if r["model"] == m} for m in (graph, without)}
    lines = []
    for k in sorted({k for k, _ in both[graph]}):
        pairs = [(row, both[without][at]) for at, row in both[graph].items() if at[0] == k and at in both[without]]
        if any(r["mape"] is None for pair in pairs for r in pair):
            continue
        change = np.array([100 * (a["mape"] / b["mape"] - 1) for a, b in pairs])
        error, tau = ({m: means([r for r in rows if r["observe"] == k and r["model"] == m], ("model",), key)[m,] for m in both}
                      for key in ("mape", "kendall"))  # fmt: skip
        interval = bootstrap_interval(change)
        shown = f"{change.mean():+.1f} %" + (f" [{interval[0]:+.1f}, {interval[1]:+.1f}]" if interval else "")
        lines.append([str(k), text(error[graph]), text(error[without]), shown, text(tau[graph]), text(tau[without])])
    head = ["observed", "MAPE with", "MAPE without", "change by the graph", "tau with", "tau without"]
    return f"What the graph is worth: {graph} against {without}", head, lines


def _sections(rows: Sequence[Row]) -> list[Section]:
    tables = [cross_table(f"{title} to the last epoch by observed epochs", rows, "model", "observe", key)
              for title, key in (("MAPE", "mape"), ("Kendall tau", "kendall"))]  # fmt: skip
    present = {row["model"] for row in rows}
    return tables + [_worth(rows, a, b) for a, b in TWINS.items() if {a, b} <= present]


PREFIXES = Study(
    "Observed epochs",
    "mlp-car, test loss: every model sees K epochs and forecasts the rest. A graph model and its twin without the graph are the same network but for "
    "the graph (and, where hyperparameters are read, the network's size, which is read with it).",
    _fits,
    _sections,
)


def _top_fits(source: Source, seeds: int) -> Iterator[Fit | Unavailable]:
    shown = (*SIMPLE, *TWINS)
    return (fit for fit in _fits(source, seeds) if isinstance(fit, Fit) and fit.spec in shown)


def _top_sections(rows: Sequence[Row]) -> list[Section]:
    rows = [row for row in rows if row["observe"] == 10]
    keys = ("top10_overlap", "precision_at_10", "regret_at_1", "regret_at_5")
    found = {key: means(rows, ("model",), key) for key in keys}
    models = sorted({row["model"] for row in rows}, key=lambda m: -(found["top10_overlap"][m,] or (0.0,))[0])
    head = ["model", "true among predicted 10", "predicted 10 in the best tenth", "regret of the best", "regret of the best of 5"]
    first = {row["model"]: row for row in rows if row["seed"] == 0}
    ranks = [[m, ", ".join(map(str, first[m].get("true_ranks") or ["-"]))] for m in models if m in first]
    return [
        ("Means over seeds", head, [[m, *(text(found[key][m,]) for key in keys)] for m in models]),
        ("True ranks after full training of the predicted top 10, best forecast first, first seed", ["model", "true ranks"], ranks),
    ]


TOP10 = Study(
    "Predicted against true top 10",
    "mlp-car: the ten test architectures with the best forecasts from 10 epochs, and where they end after all epochs of SGD.",
    _top_fits,
    _top_sections,
)
