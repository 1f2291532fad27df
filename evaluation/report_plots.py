"""The figures of a report that are about models rather than curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from scipy.stats import rankdata

from evaluation.drawing import INK, PALETTE, blank, metric_label, styled
from evaluation.ranks import kendall
from evaluation.results import Profile, Row, StrategyPoint
from evaluation.summary import HEADLINE
from nasbench_lc.curves import CurveSet, Floats, higher_is_better
from nasbench_lc.forecast import Forecast

__all__ = ["plot_by_prefix", "plot_calibration", "plot_error_by_epoch", "plot_pit", "plot_ranks", "plot_regret", "plot_speedup"]


@styled
def plot_calibration(profiles: Mapping[str, Profile]) -> Figure:
    """The fraction of truths below each quantile against its level; the diagonal is calibrated."""
    figure, axes = blank(4.0, 3.3)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":", label="ideal")
    for j, (model, p) in enumerate(profiles.items()):
        axes.plot(p.levels, p.reliability, color=PALETTE[j % len(PALETTE)], label=model)
    axes.set(xlabel="quantile level", ylabel="truths below the quantile", xlim=(0, 1), ylim=(0, 1), title="Calibration")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


@styled
def plot_pit(model: str, profile: Profile) -> Figure:
    """The histogram of the probability integral transform; flat is calibrated, a bowl too narrow, a hump too wide."""
    figure, axes = blank()
    bins = len(profile.pit)
    axes.bar((np.arange(bins) + 0.5) / bins, profile.pit, width=0.92 / bins, color=PALETTE[0])
    axes.axhline(1 / bins, color=INK, linewidth=1, linestyle=":")
    axes.set(xlabel="probability integral transform", ylabel="share of truths", xlim=(0, 1), title=f"PIT of {model}")
    return figure


@styled
def plot_error_by_epoch(profiles: Mapping[str, Profile]) -> Figure:
    """The mean absolute relative error at every forecast epoch, logarithmic."""
    figure, axes = blank(4.9, 3.3)
    for j, (model, p) in enumerate(profiles.items()):
        axes.plot(p.epochs, 100 * p.error, color=PALETTE[j % len(PALETTE)], label=model)
    axes.set(xlabel="epoch", ylabel="mean relative error (%)", title="Error by epoch")
    if any((p.error > 0).any() for p in profiles.values()):
        _logarithmic(axes)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


@styled
def plot_ranks(model: str, test: CurveSet, forecast: Forecast, limit: int = 400) -> Figure:
    """Forecast against true rank at the last forecast epoch, 1 is best, one dot a curve, at most `limit`; both top 10 meet in the corner."""
    figure, axes = blank()
    truth, mean = test.target[:, int(forecast.t[-1]) - 1], forecast.mean[:, -1]
    keep = np.isfinite(truth) & np.isfinite(mean)
    sign = -1.0 if higher_is_better(test.metric) else 1.0
    x, y = rankdata(sign * truth[keep]), rankdata(sign * mean[keep])
    tau, n = kendall(mean[keep], truth[keep]), max(int(keep.sum()), 2)
    step = max(1, n // limit)
    axes.fill_between([0, 10.5], 0, 10.5, color=PALETTE[1], alpha=0.25, linewidth=0)
    axes.plot([1, n], [1, n], color=INK, linewidth=1, linestyle=":")
    axes.scatter(x[::step], y[::step], s=13, color=PALETTE[0], alpha=0.6, linewidth=0)
    title = model if np.isnan(tau) else f"{model}: Kendall tau {tau:.2f}"
    axes.set(xlabel=f"true rank at epoch {forecast.t[-1]:g}", ylabel="forecast rank", xlim=(0, n + 1), ylim=(0, n + 1), title=title)
    return figure


@styled
def plot_regret(points: Sequence[StrategyPoint], models: Sequence[str], metric: str) -> Figure:
    """Regret against spent time: strategies without a predictor as lines, models as marks, and the Pareto front of all.

    Arguments:
        points: All of them.
        models: Which models have a mark of their own; the others are dots of one kind.
        metric: What the regret is measured in.
    """
    figure, axes = blank(4.9, 5.4)
    names = dict.fromkeys(p.name for p in points if not p.is_model)
    spent = np.array([p.seconds for p in points])
    floor = max(float(spent[spent > 0].min()) if (spent > 0).any() else 1.0, 1e-3 * float(spent.max()))
    styles = ("-", "--", "-.", ":", (0, (1, 1)), (0, (4, 1, 1, 1)))
    for j, name in enumerate(names):
        line = sorted((p for p in points if p.name == name), key=lambda p: p.seconds)
        x, y = [max(p.seconds, floor) for p in line], [p.regret for p in line]
        if len(line) == 1:
            axes.plot(x, y, color=INK, marker="s", linestyle="", markersize=6, label=name)
        else:
            axes.plot(x, y, color=PALETTE[(j + 1) % len(PALETTE)], linestyle=styles[j % len(styles)], linewidth=1.2, label=name)
    marks = "oD^vP*X"
    for j, model in enumerate(models):
        own = [p for p in points if p.is_model and p.name == model]
        axes.plot(
            [max(p.seconds, floor) for p in own],
            [p.regret for p in own],
            color=PALETTE[j % 2],
            marker=marks[j % len(marks)],
            linestyle="",
            label=model,
        )
    others = [p for p in points if p.is_model and p.name not in models]
    if others:
        x, y = [max(p.seconds, floor) for p in others], [p.regret for p in others]
        axes.plot(x, y, color=INK, alpha=0.5, marker=".", linestyle="", label=f"{len({p.name for p in others})} other models")
    front = pareto(points)
    axes.step(
        [max(p.seconds, floor) for p in front],
        [p.regret for p in front],
        where="post",
        color=INK,
        alpha=0.25,
        linewidth=5,
        label="Pareto front",
    )
    axes.set_xscale("log")
    _regret_scale(axes, np.array([p.regret for p in points]))
    axes.set(xlabel="seconds spent on all test architectures", ylabel=f"regret in {metric_label(metric)}", title="Regret against time")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _regret_scale(axes: Axes, regret: Floats) -> None:
    """Logarithmic with 0 at the bottom: one choice of a diverged run must not flatten all others."""
    some = regret[regret > 0]
    if not some.size:
        return
    least = 10.0 ** np.floor(np.log10(max(float(some.min()), 1e-3 * float(np.median(some)))))
    axes.set_yscale("symlog", linthresh=least, linscale=0.4)
    axes.set_ylim(-0.1 * least, 1.5 * float(some.max()))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def pareto(points: Sequence[StrategyPoint]) -> list[StrategyPoint]:
    """The points that no other beats in both time and regret, by time."""
    front: list[StrategyPoint] = []
    for p in sorted(points, key=lambda p: (p.seconds, p.regret)):
        if not front or p.regret < front[-1].regret:
            front.append(p)
    return front


@styled
def plot_speedup(entries: Sequence[Row]) -> Figure:
    """The speed-up over full SGD as the paper counts it, and over the cheapest choice of equal regret without a predictor: two lines a model from 1."""
    shown = [e for e in entries if e["speedup"]["mean"] is not None][::-1]
    figure, axes = blank(4.9, 1.2 + 0.36 * max(len(shown), 1))
    y = np.arange(len(shown))
    for shift, key, label, color in (
        (0.2, "speedup", "the paper's formula", PALETTE[0]),
        (-0.2, "speedup_equal_regret", "at equal regret", PALETTE[1]),
    ):
        values = np.array([e[key]["mean"] or np.nan for e in shown])
        axes.hlines(y + shift, 1.0, values, color=color, linewidth=3)
        axes.plot(values, y + shift, "o", color=color, markersize=5, label=label)
    axes.axvline(1, color=INK, linewidth=1, linestyle=":")
    axes.set_xscale("log")  # at equal regret the times differ by orders of magnitude
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_yticks(y, [e["model"] for e in shown])
    axes.set(xlabel="times faster", title="Speed-up")
    figure.legend(loc="outside lower right", ncols=2)
    return figure


@styled
def plot_by_prefix(summary: Sequence[Row], models: Sequence[str], key: str, label: str) -> Figure:
    """A score at the last horizon against the number of observed epochs, with intervals where there are any."""
    figure, axes = blank(4.9, 3.3)
    last = max(e["horizon"] for e in summary)
    for j, model in enumerate(models):
        own = [e for e in summary if e["model"] == model and e["horizon"] == last and e["subset"] == "all" and e[key]["mean"] is not None]
        own.sort(key=lambda e: e["observe"])
        color = PALETTE[j % len(PALETTE)]
        x = [e["observe"] for e in own]
        axes.plot(x, [e[key]["mean"] for e in own], color=color, marker="o", markersize=3.5, label=model)
        if own and all(e[key]["low"] is not None for e in own):
            axes.fill_between(x, [e[key]["low"] for e in own], [e[key]["high"] for e in own], color=color, alpha=0.15, linewidth=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if key == HEADLINE:
        _logarithmic(axes)
    axes.set(xlabel="observed epochs", ylabel=label, title=f"{label}, forecast to epoch {last}")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _logarithmic(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
