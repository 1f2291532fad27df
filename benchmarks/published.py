"""The figures that the paper's supplement gives for perceptrons: test loss, 10 epochs observed, MAPE up to epochs 80, 140 and 200.

Table 4 of the supplement of arXiv:2412.15554, by our names of the models. Of segment, the rows of VRNN, NSDE and LC-BNN are not in our sources.
"""

__all__ = ["HORIZONS", "PUBLISHED", "published_reduction"]

HORIZONS = (80, 140, 200)

PUBLISHED: dict[str, dict[str, tuple[float, float, float]]] = {
    "mlp-car": {
        "lc-gode-paper": (0.0644, 0.0722, 0.0765),
        "node": (0.2110, 0.2183, 0.2218),
        "nsde": (0.2039, 0.2141, 0.2183),
        "lstm": (0.1104, 0.1517, 0.1733),
        "vrnn": (0.2216, 0.2054, 0.2054),
        "lc-pfn": (0.0723, 0.0906, 0.0999),
        "lc-bnn": (0.4545, 0.3715, 0.3295),
    },
    "mlp-segment": {
        "lc-gode-paper": (0.0816, 0.0892, 0.0925),
        "node": (0.1665, 0.1662, 0.1670),
        "lstm": (0.0782, 0.0953, 0.1076),
        "lc-pfn": (0.0795, 0.0890, 0.0937),
    },
}


def published_reduction(dataset: str, horizon: int) -> float | None:
    """By which fraction LC-GODE, which reads the graph, lies under NODE, which does not; None for an unknown dataset."""
    rows = PUBLISHED.get(dataset)
    if rows is None:
        return None
    place = HORIZONS.index(horizon)
    return 1 - rows["lc-gode-paper"][place] / rows["node"][place]
