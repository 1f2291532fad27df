from dataclasses import replace

import numpy as np
import pytest

from evaluation.backtest import evaluate
from evaluation.report import markdown_report
from evaluation.report_html import html_report
from evaluation.sections import consistency_sections, interval_caveats, prefix_sections, variant_sections
from nasbench_lc.architecture import Architecture, Node
from nasbench_lc.curves import Floats, Observed
from nasbench_lc.forecast import Forecast
from tests.evaluation.toys import Last, ToyConfig, toy_curves


def test_one_column_for_every_prefix() -> None:
    models = {"last": lambda seed: Last(ToyConfig()), "last[offset=1]": lambda seed: Last(ToyConfig(offset=1.0))}
    results = evaluate(models, toy_curves(), observe=[0, 3, 6], horizons=[8, 12])
    error, tau = prefix_sections(results.summary)
    assert error[1] == ["model", "0", "3", "6"]
    assert [row[0] for row in error[2]] == ["last", "last[offset=1]"]
    assert error[2][0][1] == "-"
    assert tau[2][0][2] != "-"
    assert prefix_sections(tuple(e for e in results.summary if e["observe"] == 3)) == []


def test_a_variant_stands_beside_its_base() -> None:
    offsets = {"a": 0.0, "a[x=1]": 1.0, "a[x=1,y=2]": 2.0, "b[x=1]": 0.0}
    models = {name: (lambda seed, o=o: Last(ToyConfig(offset=o))) for name, o in offsets.items()}
    found = variant_sections(evaluate(models, toy_curves(), observe=[3, 6], horizons=[12]).summary)
    assert [title for title, _, _ in found] == ["a against a[x=1]", "a[x=1] against a[x=1,y=2]"]
    assert [row[0] for row in found[0][2]] == ["3", "6"]
    assert all(float(row[3]) > 1 for row in found[0][2])


class BelowZeroWhereSmall(Last):
    """Impossible for the narrowest networks, and nowhere else."""

    def predict(self, observed: Observed, t: Floats) -> Forecast:
        forecast = super().predict(observed, t)
        return replace(forecast, mean=np.where(observed.n_params[:, None] <= np.quantile(observed.n_params, 0.2), -1.0, forecast.mean))


def test_jumps_and_what_cannot_be_at_the_edges_of_the_space() -> None:
    models = {
        "last": lambda seed: Last(),
        "below zero": lambda seed: BelowZeroWhereSmall(),
        "jumps": lambda seed: Last(ToyConfig(offset=2.0)),
    }
    curves = toy_curves(n=80)
    layers = [4 if i % 7 == 0 else 2 for i in range(len(curves))]
    deep = tuple(Architecture("mlp", (Node("linear"),) * (n + 1), tuple((j, j + 1) for j in range(n))) for n in layers)
    results = evaluate(models, replace(curves, architectures=deep), observe=[3, 6], horizons=[8, 12])
    ((title, head, rows),) = consistency_sections(results)
    assert title == "Jumps and impossible forecasts, from 6 epochs to 12"
    n_deep = sum(len(a.nodes) == 5 for a in results.figures.test.architectures)
    assert head == ["model", "excess jump", "impossible", "smallest and largest (4)", f"shallowest and deepest ({n_deep})"]
    found = {row[0]: row[1:] for row in rows}
    assert found["last"][1:] == ["0"] * 3
    assert (
        float(found["below zero"][2]) == 0.5 > float(found["below zero"][1]) > 0
    )  # the two smallest of the two smallest and the two largest
    assert float(found["jumps"][0]) > 1.5 > float(found["last"][0])
    for text in (markdown_report(results), html_report(results)):
        assert title in text
    nothing = evaluate({"last": models["last"]}, curves, observe=[0], horizons=[12])
    assert consistency_sections(nothing) == []


@pytest.mark.parametrize(("seeds", "share"), [(1, None), (3, 75), (5, 94), (6, None)])
def test_an_interval_over_few_seeds_says_what_it_is_worth(seeds: int, share: int | None) -> None:
    results = evaluate({"last": lambda seed: Last(ToyConfig())}, toy_curves(), observe=[3], horizons=[12], seeds=seeds)
    sentence = f"with {seeds}, read them as about {share} %, not 95 %."
    found = interval_caveats(results)
    assert len(found) == (share is not None)
    for text in (*found, markdown_report(results), html_report(results)):
        assert (sentence in text) == (share is not None)


def test_seeds_that_share_a_split_have_no_interval_to_speak_of() -> None:
    curves = toy_curves()
    results = evaluate({}, curves, observe=[3], horizons=[12], seeds=3, fitted={"last": Last().fit(curves)}, leave_out={curves.uid[0]})
    assert interval_caveats(results) == []
