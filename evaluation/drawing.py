"""A blank figure in the project's style, and a figure as SVG text. No pyplot, no global state."""

import functools
import io
import re
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["INK", "LINE", "PALETTE", "blank", "inline_svg", "metric_label", "metric_name", "styled"]

P = ParamSpec("P")
T = TypeVar("T")

# Colours that occur nowhere else, so that a page can replace them by its own for light and dark.
INK = "#1a1c1f"
LINE = "#d5d8dc"

PALETTE = ("#3b7dd8", "#e8862e", "#3f9f5f", "#cf4f5b", "#8a6fc9", "#2aa5a0", "#b8860b", "#d06fa8")
"""Colours that read on white and on near-black."""

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
}


def blank(width: float = 4.0, height: float = 2.9) -> tuple[Figure, Axes]:
    """An empty figure of that many inches, with its axes."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def metric_name(metric: str) -> str:
    """A curve metric in words: ``"val_acc"`` is the validation accuracy."""
    words = {"val": "validation", "acc": "accuracy"}
    return " ".join(words.get(part, part) for part in metric.split("_"))


def metric_label(metric: str) -> str:
    """How an axis names a curve metric, with its unit."""
    return metric_name(metric) + (" (nats)" if metric.endswith("_loss") else "")


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """A function that draws, drawing in the project's style."""

    @functools.wraps(draw)
    def drawing(*args: P.args, **kwargs: P.kwargs) -> T:
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawing


def inline_svg(figure: Figure, name: str, alt: str) -> str:
    """A figure as an SVG element that scales, and takes its colours from the page it stands on.

    Arguments:
        figure: The figure.
        name: Unique on the page; keeps the ids of several figures apart.
        alt: What the figure shows, for those who do not see it.
    """
    text = io.StringIO()
    with matplotlib.rc_context({**_STYLE, "svg.fonttype": "none", "svg.hashsalt": name, "svg.id": name}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}, transparent=True)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    box = re.search(r'viewBox="[^"]*"', svg)
    head = f'<svg role="img" {box.group() if box else ""}><title>{alt}</title>'
    svg = head + svg[svg.index(">") + 1 :]
    svg = re.sub(r' id="[A-Za-z.]+\d?[A-Za-z]*_\d+"', "", svg)
    return svg.replace(INK, "currentColor").replace(LINE, "var(--line)")
