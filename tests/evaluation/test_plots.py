from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from evaluation.drawing import INK, inline_svg, metric_label
from evaluation.plots import plot_curves, plot_dataset, plot_fan, typical_range
from evaluation.report_plots import pareto, plot_ranks
from evaluation.results import StrategyPoint
from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import Forecast
from tests.evaluation.toys import Last, toy_curves


def test_curves_are_drawn_as_they_are() -> None:
    curves = toy_curves()
    (axes,) = plot_curves(curves, [2, 5]).axes
    for line, row in zip(axes.lines, (2, 5), strict=True):
        np.testing.assert_array_equal(np.asarray(line.get_xydata())[:, 1], curves.target[row])
    with pytest.raises(ConfigError, match=r"0 \.\. 23; got 24"):
        plot_curves(curves, [24])


def test_a_dataset_shows_its_median() -> None:
    curves = toy_curves()
    (axes,) = plot_dataset(curves).axes
    np.testing.assert_allclose(np.asarray(axes.lines[-1].get_xydata())[:, 1], np.median(curves.target, 0))
    plot_dataset(replace(curves, y=np.full_like(curves.y, np.nan)))


@pytest.mark.parametrize("observe", [0, 4])
def test_a_fan_shows_truth_prefix_and_forecasts(observe: int) -> None:
    curves = toy_curves()
    t = curves.t[observe:]
    certain = Last().fit(curves).predict(curves.observe(4)[0], t)
    point = Forecast.from_point(t, certain.mean + 0.1)
    (axes,) = plot_fan(curves, 3, observe, {"certain": certain, "point": point}).axes
    labels = axes.get_legend_handles_labels()[1]
    assert [name for name in labels if "interval" not in name][:3] == ["certain", "point", "truth"]
    assert [name for name in labels if "interval" in name] == ["95% interval", "80% interval", "50% interval"]
    assert len(axes.collections) == 3
    assert axes.get_title(loc="left") == curves.architectures[3].string


def test_a_diverged_curve_does_not_flatten_the_rest() -> None:
    low, high = typical_range(np.append(np.linspace(0, 1, 200), 1e9))
    assert -0.2 < low < 0.1
    assert 0.9 < high < 1.2
    assert typical_range(np.full(3, np.nan)) == (0, 1)
    low, high = typical_range(np.ones(4))
    assert low < 1 < high


def test_ranks_put_the_best_in_the_corner() -> None:
    for metric in ("test_loss", "test_acc"):
        curves = toy_curves(metric=metric)
        (axes,) = plot_ranks("perfect", curves, Forecast.from_point(curves.t, curves.target)).axes
        x, y = np.asarray(axes.collections[-1].get_offsets()).T
        best = curves.target[:, -1].argmin() if metric == "test_loss" else curves.target[:, -1].argmax()
        np.testing.assert_array_equal(x, y)
        assert x[best] == 1


def test_the_pareto_front_is_what_nothing_beats() -> None:
    points = [StrategyPoint("s", str(i), s, r, False) for i, (s, r) in enumerate([(1, 5), (2, 5), (2, 3), (3, 4), (4, 0), (1, 6)])]
    assert [p.setting for p in pareto(points)] == ["0", "2", "4"]


def test_an_inline_figure_is_sound_xml_in_the_colours_of_the_page() -> None:
    svg = inline_svg(plot_curves(toy_curves(), [0]), "one", "One curve")
    other = inline_svg(plot_curves(toy_curves(), [0]), "two", "One curve")
    assert svg == inline_svg(plot_curves(toy_curves(), [0]), "one", "One curve")
    root = ElementTree.fromstring(svg.replace("xlink:href", "href"))
    assert root.tag == "svg"
    assert "width" not in root.attrib
    assert "currentColor" in svg
    assert INK not in svg
    ids = [{e.get("id") for e in ElementTree.fromstring(s.replace("xlink:href", "href")).iter() if e.get("id")} for s in (svg, other)]
    assert ids[0]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(("metric", "label"), [("val_acc", "validation accuracy"), ("test_loss", "test loss (nats)")])
def test_axes_name_the_metric_and_its_unit(metric: str, label: str) -> None:
    assert metric_label(metric) == label
