from benchmarks.flagship.pages import by_prefix, page, parts_table

PAIR = {"case": "one", "observe": 0, "seeds": 3, "error": 0.1, "baseline_error": 0.2, "reduction": 0.5, "interval": [0.2, 0.6]}
NOTHING = {
    "against": [],
    "plain": [],
    "all_cells": [],
    "ceilings": [],
    "graph": [],
    "field": {},
    "calibration": [],
    "fresh": [],
    "fetched": [],
}


def test_parts_have_a_table_for_each_case_and_a_column_for_each_prefix() -> None:
    later = {**PAIR, "observe": 10, "reduction": 0.0, "interval": [-0.25, 0.2]}
    text = page({**NOTHING, "parts": {"solver": [PAIR, later], "dropout": [{**PAIR, "case": "two"}], "constants": []}})
    one, two = text.split("### one")[1].split("### two")
    assert "| without | 0 observed | 10 observed |" in one
    assert "| solver | +100.0% [+25.0%, +150.0%] | +0.0% [-20.0%, +25.0%] |" in one
    assert "dropout" not in one
    assert "| dropout | +100.0% [+25.0%, +150.0%] |" in two
    assert "constants" not in text
    assert "Shares of examples" not in text


def test_worse_ranks_have_a_table_with_their_intervals_and_better_ones_none() -> None:
    ranks = {"kendall": 0.7, "baseline_kendall": 0.71, "kendall_interval": (-0.03, 0.01), "top10": 0.5, "baseline_top10": 0.4}
    row = {**PAIR, **ranks, "median": 0.1, "baseline_median": 0.1}
    text = page({**NOTHING, "against": [row], "parts": {}})
    assert "| one | 0 | 3 | tau | 0.700 | 0.710 | -0.010 [-0.030, +0.010] |" in text
    assert "| top 10 | 0.500 |" not in text
    assert "ranks worse" not in page({**NOTHING, "against": [{**row, "kendall": 0.8}], "parts": {}})


def test_what_shares_of_examples_do_to_ranks_has_a_table() -> None:
    ranked = {**PAIR, "kendall": 0.7, "baseline_kendall": 0.6}
    text = page({**NOTHING, "parts": {"counts": [ranked, {**ranked, "observe": 10, "kendall": 0.8}]}})
    assert "| one | 0.700 (0.600) | 0.800 (0.600) |" in text
    assert "### one" not in text


def test_fresh_and_fetched_curves_a_rival_told_less_and_two_rules_have_tables_where_they_were_asked() -> None:
    row = {**PAIR, "kendall": 0.7, "baseline_kendall": 0.6, "median": 0.1, "baseline_median": 0.2, "top10": 0.5, "baseline_top10": 0.4}
    rules = {"rest": [{**row, "case": "two"}], "collapse": [{**row, "case": "five"}]}
    text = page({**NOTHING, "plain": [{**row, "case": "three"}], "fresh": [row], "fetched": [{**row, "case": "four"}], "parts": rules})
    plain, rest = text.split("## Against extra-trees told hyperparameters one by one")[1].split("## On fresh tasks")
    fresh, fetched = rest.split("## On fetched curves")
    for name, table in (("three", plain), ("one", fresh), ("four", fetched)):
        assert f"| {name} | 0 | 3 | 0.100 | 0.200 | 50.0% [20.0%, 60.0%] | 0.100 | 0.200 | 0.700 | 0.600 | 0.500 | 0.400 |" in table
    at_rest, fallen = text.split("## Accuracies at rest")[1].split("## Accuracies that collapsed")
    for name, table in (("two", at_rest), ("five", fallen)):
        assert f"| {name} | 0 | 3 | 0.100 | 0.200 | 50.0% [20.0%, 60.0%] | 0.700 | 0.600 |" in table
    bare = page({**NOTHING, "parts": {}})
    assert "fresh" not in bare
    assert "fetched" not in bare
    assert "one by one" not in bare
    assert "at rest" not in bare
    assert "collapsed" not in bare


def test_the_summary_has_a_column_for_each_case_and_shows_what_was_not_measured() -> None:
    row = {"case": "one", "seeds": 3, "value": 0.031, "interval": [-0.01, 0.07]}
    head, _, solver, dropout = parts_table({"solver": [row], "dropout": []})
    assert head == "| part | taken away, that is | one, 3 splits |"
    assert solver.endswith("| +3.1% [-1.0%, +7.0%] |")
    assert dropout.endswith("| - |")


def test_reductions_by_prefix_have_a_row_for_each_case() -> None:
    pairs = [PAIR, {**PAIR, "observe": 10, "reduction": 0.031}, {**PAIR, "case": "two", "seeds": 5}]
    assert by_prefix(pairs) == [
        "| case | splits | 0 observed | 10 observed |",
        "|:--|--:|--:|--:|",
        "| one | 3 | 50% [20%, 60%] | 3% [20%, 60%] |",
        "| two | 5 | 50% [20%, 60%] | - |",
    ]
