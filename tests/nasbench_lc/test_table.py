import hashlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbench_lc.curves import Status
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.table import ArchitectureFacts, Table, curve_digests, default_metric, texts
from tests.nasbench_lc.samples import METRICS, architecture, curve, recipe, run, same, sample_table, table_of


def test_columns_of_freshly_trained_runs():
    curves = [curve(run(3, 1)), curve(run(0), Status.DIVERGED), curve(run(1), Status.FAILED)]
    table = table_of(curves)
    assert len(table) == 3
    assert (table.epochs, table.metrics) == (4, METRICS)
    assert table.uids == tuple(c.run.run_id for c in curves)
    assert table.statuses == (Status.OK, Status.DIVERGED, Status.FAILED)
    assert table.columns["run/seed"].tolist() == [c.run.seed for c in curves]
    assert table.columns["arch/widths"].tolist() == [[19, 8], [16, 8], [17, 8]]
    assert table.columns["hp/lr"].tolist() == [0.004, 0.001, 0.002]
    assert texts(table.columns["run/error"]) == ("", "", "ValueError: no")
    for name in METRICS:
        np.testing.assert_array_equal(table.columns[f"curves/{name}"], np.stack([c.metrics[name] for c in curves]).astype(np.float32))
    assert np.isnan(table.columns["curves/test_loss"][2]).all()
    assert "arch/constant" not in table.columns


def test_constant_functions_are_marked_where_a_space_has_them():
    curves = [curve(run(i)) for i in range(3)]
    marks = (True, False, None)
    facts = {c.run.architecture.key: ArchitectureFacts("g", 1.0, 1.0, mark) for c, mark in zip(curves, marks, strict=True)}
    table = Table.of_curves(curves, sample_table(1).attributes, facts, host="", device="", versions="")
    np.testing.assert_array_equal(table.columns["arch/constant"], [1.0, 0.0, np.nan])
    both = Table.concat([sample_table(1, first=5), table])  # a file begun before there were marks
    np.testing.assert_array_equal(both.columns["arch/constant"], [np.nan, 1.0, 0.0, np.nan])


def test_a_checksum_is_over_the_curves_but_not_the_seconds():
    table = table_of([curve(run(0)), curve(run(1), Status.DIVERGED)])
    names = sorted(n for n in table.columns if n.startswith("curves/") and not n.endswith("seconds"))
    for row, stored in enumerate(texts(table.columns["run/sha256"])):
        raw = ",".join(n.removeprefix("curves/") for n in names).encode()
        for name in names:
            for value in table.columns[name][row].tolist():
                raw += b"\x00\x00\xc0\x7f" if np.isnan(value) else struct.pack("<f", value)
        assert stored == hashlib.sha256(raw).hexdigest()
    slower = dict(table.columns) | {"curves/epoch_seconds": table.columns["curves/epoch_seconds"] + 1}
    assert curve_digests(slower) == list(texts(table.columns["run/sha256"]))


def test_a_checksum_knows_one_nan():
    columns = dict(sample_table(1).columns)
    values = columns["curves/lr"].copy()
    values.view(np.uint32)[0, 0] = 0x7FC00000
    one = curve_digests(columns | {"curves/lr": values})
    values = values.copy()
    values.view(np.uint32)[0, 0] = 0xFFC00123
    assert np.isnan(values[0, 0])
    assert curve_digests(columns | {"curves/lr": values}) == one


pieces = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 1), st.sampled_from(["ok", "failed"])), min_size=1, max_size=6, unique=True)


def _table(piece: list[tuple[int, int, str]]) -> Table:
    return table_of([curve(run(i, r), Status[s.upper()]) for i, r, s in piece])


@settings(max_examples=40, deadline=None)
@given(st.lists(pieces, min_size=1, max_size=4), st.randoms())
def test_laws_of_concat(parts: list[list[tuple[int, int, str]]], random: object):
    """Every run once, the finished one before the failed one, and after ordering no matter who came first."""
    tables = [_table(p) for p in parts]
    whole = Table.concat(tables).ordered()
    everything = {run(i, r).run_id for p in parts for i, r, _ in p}
    fine = {run(i, r).run_id for p in parts for i, r, s in p if s == "ok"}
    assert set(whole.uids) == everything
    assert len(whole) == len(everything)
    assert {u for u, s in zip(whole.uids, whole.statuses, strict=True) if s is Status.OK} == fine
    keys = list(zip(whole.columns["run/index"].tolist(), whole.columns["run/repeat"].tolist(), whole.uids, strict=True))
    assert keys == sorted(keys)
    shuffled = tables[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert same(Table.concat(shuffled).ordered(), whole)
    assert same(Table.concat([whole, whole]), whole)
    assert same(Table.concat([Table.concat(tables[:1]), *tables[1:]]).ordered(), whole)


def test_concat_fills_what_only_some_tables_have():
    a = sample_table(2)
    b = sample_table(2, first=2)
    deep = run(9)
    c = table_of([curve(type(deep)(deep.recipe, architecture(5, 6, 7), (("lr", 1.0), ("momentum", 0.5)), 1, 9, 0))])
    whole = Table.concat([a, b, c])
    assert np.isnan(whole.columns["hp/momentum"][:4]).all()
    assert whole.columns["hp/momentum"][4] == 0.5
    assert np.isnan(whole.columns["hp/batch_size"][4])
    assert whole.columns["arch/widths"].tolist() == [[16, 8, 0], [17, 8, 0], [18, 8, 0], [19, 8, 0], [5, 6, 7]]
    bare = Table(a.attributes, {n: v for n, v in a.columns.items() if n not in ("arch/widths", "curves/lr")})
    both = Table.concat([bare, b])
    assert both.columns["arch/widths"][:2].tolist() == [[0, 0], [0, 0]]
    assert np.isnan(both.columns["curves/lr"][:2]).all()


def test_curve_set_leaves_out_failed_runs_only():
    table = table_of([curve(run(0)), curve(run(1), Status.FAILED), curve(run(2), Status.DIVERGED)])
    curves = table.curve_set()
    assert curves.metric == "test_loss"
    assert curves.uid == (run(0).run_id, run(2).run_id)
    assert curves.status == (Status.OK, Status.DIVERGED)
    assert curves.hyperparameter_names == ("batch_size", "lr")
    assert curves.hyperparameters.tolist() == [[32.0, 0.001], [32.0, 0.003]]
    assert curves.architectures == (run(0).architecture, run(2).architecture)
    assert curves.architectures[1].string == "18-8"
    np.testing.assert_array_equal(curves.y[1, :, 2], table.columns["curves/test_loss"][2].astype(float))
    assert curves.schedule is not None
    assert curves.n_params.tolist() == [100.0, 102.0]
    assert table.curve_set("train_acc").metric == "train_acc"
    with pytest.raises(ConfigError, match="train_loss, train_acc"):
        table.curve_set("val_loss")


def test_curve_set_of_a_sparse_table():
    table = sample_table(2)
    few = {n: v for n, v in table.columns.items() if not n.startswith("hp/") and n != "curves/epoch_seconds"}
    curves = Table({n: v for n, v in table.attributes.items() if n != "schedule"}, few).curve_set()
    assert curves.hyperparameters.shape == (2, 0)
    assert np.isnan(curves.seconds).all()
    assert curves.schedule is None
    empty = table.take([]).curve_set()
    assert empty.y.shape == (0, 4, 4)


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        (("val_acc", "test_loss"), "test_loss"),
        (("test_acc", "val_loss", "val_acc"), "val_acc"),
        (("test_acc", "val_loss"), "val_loss"),
        (("train_acc", "test_acc"), "test_acc"),
        (("error", "f1"), "error"),
    ],
)
def test_default_metric(metrics: tuple[str, ...], expected: str):
    assert default_metric(metrics) == expected


def test_text_that_is_not_utf8_is_refused():
    with pytest.raises(FormatError, match="UTF-8"):
        texts(np.array([b"\xff\xfe"]))


def test_a_loss_beyond_float32_becomes_infinite_without_a_warning():
    shared = recipe()
    big = curve(run(0, recipe=shared))
    big.metrics["test_loss"][:] = 1e300  # type: ignore[index]
    assert np.isinf(table_of([big]).columns["curves/test_loss"]).all()


def test_long_errors_are_cut_and_odd_ones_kept():
    failed = [curve(run(i), Status.FAILED) for i in range(2)]
    words = ["x" * 5000, "naïve ☃ \n"]
    curves = [type(c)(**{**vars(c), "error": w}) for c, w in zip(failed, words, strict=True)]
    assert texts(table_of(curves).columns["run/error"]) == ("x" * 500, words[1])
