import pytest

from evaluation.backtest import evaluate
from evaluation.report import markdown_report
from evaluation.report_html import html_report
from evaluation.sections import interval_caveats, prefix_sections, variant_sections
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


@pytest.mark.parametrize(("seeds", "share"), [(1, None), (3, 75), (5, 94), (6, None)])
def test_an_interval_over_few_seeds_says_what_it_is_worth(seeds: int, share: int | None) -> None:
    results = evaluate({"last": lambda seed: Last(ToyConfig())}, toy_curves(), observe=[3], horizons=[12], seeds=seeds)
    sentence = f"with {seeds}, read them as about {share} %, not 95 %."
    found = interval_caveats(results)
    assert len(found) == (share is not None)
    for text in (*found, markdown_report(results), html_report(results)):
        assert (sentence in text) == (share is not None)
