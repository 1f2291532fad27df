"""Curves, fans and datasets as figures."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaluation.drawing import INK, LINE, PALETTE, blank, metric_label, styled
from nasbench_lc.curves import CurveSet, Floats, Status
from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import Forecast

__all__ = ["draw_fan", "plot_curves", "plot_dataset", "plot_fan", "typical_range"]


def typical_range(values: Floats, share: float = 0.02, margin: float = 0.08) -> tuple[float, float]:
    """Axis limits that hold all but the outermost `share` of the finite values on either side: a diverged curve must not flatten the rest."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = np.quantile(finite, [share, 1 - share])
    pad = margin * (high - low) or 0.05 * max(abs(high), 1e-3)
    return float(low - pad), float(high + pad)


@styled
def plot_curves(curves: CurveSet, rows: Sequence[int]) -> Figure:
    """Single curves, all their metrics of the same kind as the forecast one.

    Arguments:
        curves: `N` curves.
        rows: Which of them.

    Raises:
        ConfigError: If a row does not exist.
    """
    for i in rows:
        if not -len(curves) <= i < len(curves):
            raise ConfigError(f"A curve must lie in 0 .. {len(curves) - 1}; got {i}. Choose another one.")
    figure, axes = blank(6.4, 4.0)
    for j, i in enumerate(rows):
        label = curves.architectures[i].string or curves.uid[i][:8]
        status = "" if curves.status[i] is Status.OK else f" ({curves.status[i].label})"
        axes.plot(curves.t, curves.target[i], color=PALETTE[j % len(PALETTE)], label=label[:40] + status)
    axes.set(xlabel="epoch", ylabel=metric_label(curves.metric), xlim=(1, max(curves.epochs, 2)))
    axes.set_ylim(*typical_range(curves.target[list(rows)], 0.0))
    if 0 < len(rows) <= 12:
        axes.legend()
    return figure


@styled
def plot_dataset(curves: CurveSet, limit: int = 150, size: tuple[float, float] = (6.4, 4.0)) -> Figure:
    """A whole dataset: up to `limit` curves, the median, and where 50 % and 90 % of all curves lie at each epoch."""
    figure, axes = blank(*size)
    y = curves.target
    shown = np.flatnonzero(np.isfinite(y).any(1))
    step = max(1, len(shown) // limit)
    for i in shown[::step]:
        axes.plot(curves.t, y[i], color=PALETTE[0], alpha=0.12, linewidth=0.7)
    some = np.isfinite(y).any(0)
    if some.any():
        t = curves.t[some]
        low, q1, mid, q3, high = np.nanquantile(y[:, some], [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
        axes.fill_between(t, low, high, color=PALETTE[0], alpha=0.15, linewidth=0, label="90 % of the curves")
        axes.fill_between(t, q1, q3, color=PALETTE[0], alpha=0.25, linewidth=0, label="50 % of the curves")
        axes.plot(t, mid, color=INK, label="median")
        axes.set_ylim(*typical_range(np.concatenate([low, high])))
        axes.legend(frameon=True, framealpha=0.9, edgecolor="none")
    axes.set(xlabel="epoch", ylabel=metric_label(curves.metric), xlim=(1, max(curves.epochs, 2)))
    axes.set_title(f"{len(curves)} learning curves")
    return figure


@styled
def plot_fan(curves: CurveSet, row: int, observe: int, forecasts: dict[str, Forecast], title: str = "") -> Figure:
    """The forecasts of one curve against the truth: the first model as a fan, the others as lines.

    Arguments:
        curves: `N` curves.
        row: Which of them.
        observe: `K`.
        forecasts: Model to a forecast of all `N` curves.
        title: Over the figure; the architecture where empty.
    """
    figure, axes = blank(4.0, 3.3)
    draw_fan(axes, curves, row, observe, forecasts)
    axes.set_title(title or curves.architectures[row].string)
    figure.legend(loc="outside lower center", ncols=3)  # within the axes it would cover curves
    return figure


@styled
def draw_fan(axes: Axes, curves: CurveSet, row: int, observe: int, forecasts: dict[str, Forecast]) -> None:
    """What :func:`plot_fan` shows, on given axes, but for the legend."""
    truth = curves.target[row]
    seen = [truth]
    for j, (model, forecast) in enumerate(forecasts.items()):
        color = PALETTE[j % len(PALETTE)]
        axes.plot(
            forecast.t, forecast.mean[row], color=color, label=model, linestyle="-" if j == 0 else "--", linewidth=1.8 if j == 0 else 1.2
        )
        seen.append(forecast.mean[row])
        if j == 0 and np.isfinite(forecast.quantiles[row]).all():
            for coverage, alpha in ((0.95, 0.12), (0.8, 0.14), (0.5, 0.18)):
                low, high = forecast.interval(coverage)
                axes.fill_between(forecast.t, low[row], high[row], color=color, alpha=alpha, linewidth=0, label=f"{coverage:.0%} interval")
            seen += [edge[row] for edge in forecast.interval(0.8)]
    axes.plot(curves.t, truth, color=INK, linewidth=1.2, label="truth")
    if observe:
        axes.plot(curves.t[:observe], truth[:observe], color=INK, linewidth=3, solid_capstyle="round", label=f"observed ({observe})")
        axes.axvline(observe, color=LINE, linewidth=1)
    axes.set(xlabel="epoch", ylabel=metric_label(curves.metric), xlim=(1, max(curves.epochs, 2)))
    axes.set_ylim(*typical_range(np.concatenate(seen), 0.002))
