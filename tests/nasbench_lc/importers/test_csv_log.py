"""A user's own log: what it becomes, and one sentence for everything that is wrong with it."""

from pathlib import Path

import numpy as np
import pytest

from nasbench_lc import store
from nasbench_lc.curves import Status
from nasbench_lc.errors import FormatError
from nasbench_lc.importers.csv_log import import_csv, read_log
from nasbench_lc.merging import merge
from nasbench_lc.table import texts
from nasbench_lc.validation import problems
from tests.nasbench_lc.cli.calls import call
from tests.nasbench_lc.importers.logs import write

LONG = """run,epoch,train_loss,val_acc,arch,lr,hp_beta,seconds,comment
a,1,2.5,0.1,64-128,0.1,0.9,3,x
b,1,2.4,0.2,64,0.2,0.8,4,y
a,2,2.0,0.3,64-128,0.1,0.9,3,x
a,3,1.5,0.4,64-128,0.1,0.9,3,x
b,2,1.9,0.5,64,0.2,0.8,4,y
b,3,1.8,0.6,64,0.2,0.8,4,y
"""


def test_long_log(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, LONG))
    assert log.runs == ("a", "b")
    assert log.metrics == ("train_loss", "val_acc")
    np.testing.assert_array_equal(log.curves["val_acc"], [[0.1, 0.3, 0.4], [0.2, 0.5, 0.6]])
    np.testing.assert_array_equal(log.curves["train_loss"], [[2.5, 2.0, 1.5], [2.4, 1.9, 1.8]])
    assert log.seconds is not None
    np.testing.assert_array_equal(log.seconds, [[3, 3, 3], [4, 4, 4]])
    assert {n: v.tolist() for n, v in log.hyperparameters.items()} == {"lr": [0.1, 0.2], "beta": [0.9, 0.8]}
    assert log.lr is None
    assert [a.widths for a in log.architectures] == [(64, 128), (64,)]
    assert len(log.notes) == 2
    assert log.notes[0].endswith("were dropped: comment.")
    assert "2 as hidden widths of perceptrons (such as 64-128)" in log.notes[1]


def test_wide_log_is_the_same_as_long(tmp_path: Path) -> None:
    wide = write(
        tmp_path,
        "run,arch,lr,hp_beta,train_loss_1,train_loss_2,train_loss_3,val_acc_1,val_acc_2,val_acc_3,seconds_1,seconds_2,seconds_3\n"
        "a,64-128,0.1,0.9,2.5,2.0,1.5,0.1,0.3,0.4,3,3,3\nb,64,0.2,0.8,2.4,1.9,1.8,0.2,0.5,0.6,4,4,4\n",
        "wide.csv",
    )
    first, second = import_csv(write(tmp_path, LONG)), import_csv(wide)
    assert first.uids == second.uids
    for name in set(first.columns) - {"run/recipe_hash"}:
        np.testing.assert_array_equal(first.columns[name], second.columns[name], err_msg=name)


def test_imported_table(tmp_path: Path) -> None:
    table = import_csv(write(tmp_path, LONG))
    assert problems(table) == []
    assert (len(table), table.epochs, table.metrics) == (2, 3, ("train_loss", "val_acc"))
    assert texts(table.columns["run/name"]) == ("a", "b")
    assert texts(table.columns["arch/group"]) == texts(table.columns["arch/key"])
    assert (table.attributes["space"], table.attributes["task"]) == ("mlp", "log")
    assert table.statuses == (Status.OK, Status.OK)
    assert table.curve_set().hyperparameter_names == ("beta", "lr")


def test_ids_depend_on_content_not_on_the_file(tmp_path: Path) -> None:
    first, other = import_csv(write(tmp_path, LONG)), import_csv(write(tmp_path, LONG, "other.csv"))
    changed = import_csv(write(tmp_path, LONG.replace("0.6", "0.61"), "third.csv"))
    assert first.uids == other.uids
    assert [a == b for a, b in zip(first.uids, changed.uids, strict=True)] == [True, False]


def test_short_and_missing_is_partial_and_nan(tmp_path: Path) -> None:
    table = import_csv(write(tmp_path, "run,epoch,val_acc,val_loss\na,1,.1,3\na,2,.2,2\na,3,,1\nb,1,.3,2\nc,1,.1,2\nc,2,.2,1\nc,3,.3,1\n"))
    assert problems(table) == []
    assert table.statuses == (Status.PARTIAL, Status.PARTIAL, Status.OK)
    np.testing.assert_array_equal(table.columns["curves/val_acc"], np.float32([[0.1, 0.2, np.nan], [0.3, np.nan, np.nan], [0.1, 0.2, 0.3]]))
    assert "2 of 3 runs lack epochs or values" in str(table.attributes["notes"])


def test_a_run_without_values_is_dropped_unless_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "run,epoch,val_acc\na,1,.1\nb,1,\nb,2,NA\na,2,.2\n")
    assert texts(import_csv(path).columns["run/name"]) == ("a",)
    assert "1 runs without any value were dropped." in str(import_csv(path).attributes["notes"])
    kept = import_csv(path, True)
    assert (len(kept), problems(kept)) == (2, [])


def test_a_wide_log_needs_no_loss(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "run,val_acc_1,val_acc_2\na,.1,.2\nb,.2,.3\nc,.3,.4\n"))
    assert log.exploded.tolist() == [False, False, False]
    table = import_csv(tmp_path / "log.csv")
    assert (len(table), problems(table)) == (3, [])


def test_diverged_in_a_wide_log_is_as_in_a_long_one(tmp_path: Path) -> None:
    rows = "a,2,nan,\nb,2,inf,1\nc,nan,1,1\nd,2,1,1\ne,2,1,1e39\nf,2,1,\n"
    table = import_csv(write(tmp_path, f"run,train_loss_1,train_loss_2,train_loss_3\n{rows}"))
    assert [s.label for s in table.statuses] == ["diverged", "diverged", "partial", "ok", "diverged", "partial"]
    assert problems(table) == []


def test_a_loss_that_explodes_counts_where_the_rate_is_logged_on(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "run,train_loss_1,train_loss_2,train_loss_3,lr_1,lr_2,lr_3\na,2,nan,,.3,.2,.1\n"))
    assert log.exploded.tolist() == [True]


def test_a_hyperparameter_may_be_called_like_a_loss(tmp_path: Path) -> None:
    assert import_csv(write(tmp_path, "run,epoch,train_loss,hp_val_loss\na,1,2,nan\na,2,1,nan\n")).statuses == (Status.OK,)


def test_diverged(tmp_path: Path) -> None:
    table = import_csv(
        write(tmp_path, "run,epoch,train_loss\na,1,2\na,2,nan\nb,1,2\nb,2,inf\nc,1,nan\nc,2,1\nd,1,2\nd,2,1\ne,1,1\ne,2,1e39\n")
    )
    assert [s.label for s in table.statuses] == ["diverged", "diverged", "partial", "ok", "diverged"]
    assert problems(table) == []


def test_percent_becomes_a_fraction_with_a_note(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "run,epoch,val_acc,train_acc\na,1,10,0.2\na,2,55.5,0.4\n"))
    np.testing.assert_allclose(log.curves["val_acc"], [[0.1, 0.555]])
    np.testing.assert_allclose(log.curves["train_acc"], [[0.2, 0.4]])
    assert log.notes == ("val_acc is in percent in the log; it was divided by 100.",)


def test_zero_based_epochs_are_shifted_with_a_note(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "epoch,val_loss\n0,3\n1,2\n2,1\n", "keras.csv"))
    np.testing.assert_array_equal(log.curves["val_loss"], [[3, 2, 1]])
    assert log.runs == ("keras",)
    assert "shifted" in log.notes[0]
    wide = read_log(write(tmp_path, "val_loss_0,val_loss_1\n3,2\n"))
    np.testing.assert_array_equal(wide.curves["val_loss"], [[3, 2]])


@pytest.mark.parametrize(
    ("header", "metric"),
    [
        ("valid_acc", "val_acc"),
        ("validation_accuracy", "val_acc"),
        ("Val Loss", "val_loss"),
        ("train/loss", "train_loss"),
        ("Test-Accuracy", "test_acc"),
        ("training.acc", "train_acc"),
    ],
)
def test_names_of_metrics(tmp_path: Path, header: str, metric: str) -> None:
    assert read_log(write(tmp_path, f"run,epoch,{header}\na,1,0.5\n")).metrics == (metric,)
    assert read_log(write(tmp_path, f"run,{header}_01\na,0.5\n")).metrics == (metric,)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_byte_order_mark(tmp_path: Path, separator: str) -> None:
    log = read_log(write(tmp_path, "\ufeff" + LONG.replace(",", separator).replace("\n", "\r\n")))
    np.testing.assert_array_equal(log.curves["val_acc"], [[0.1, 0.3, 0.4], [0.2, 0.5, 0.6]])


def test_quoted_architectures_may_hold_commas(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, 'run,epoch,arch,val_acc\na,1,"conv(3,64), pool",0.5\n'))
    assert log.architectures[0].string == "conv(3,64), pool"


def test_a_rate_that_changes_is_a_curve(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "run,epoch,val_acc,lr\na,1,.1,.1\na,2,.2,.05\nb,1,.1,.2\nb,2,.2,.2\n"))
    assert log.lr is not None
    np.testing.assert_array_equal(log.lr, [[0.1, 0.05], [0.2, 0.2]])
    assert log.hyperparameters["lr"].tolist() == [0.1, 0.2]


def test_a_rate_of_a_wide_log_is_that_of_a_long_one(tmp_path: Path) -> None:
    changing = read_log(write(tmp_path, "run,val_acc_1,val_acc_2,lr_1,lr_2\na,.1,.2,.1,.05\nb,.1,.2,.2,.2\n"))
    assert changing.lr is not None
    np.testing.assert_array_equal(changing.lr, [[0.1, 0.05], [0.2, 0.2]])
    assert changing.hyperparameters["lr"].tolist() == [0.1, 0.2]
    constant = read_log(write(tmp_path, "run,val_acc_1,val_acc_2,lr_1,lr_2\na,.1,.2,.1,.1\nb,.1,.2,.2,.2\n"))
    assert (constant.lr, constant.hyperparameters["lr"].tolist()) == (None, [0.1, 0.2])


def test_a_column_run_wins_over_its_aliases(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "uid,run,epoch,val_acc\nx,a,1,.1\ny,b,1,.2\n"))
    assert (log.runs, log.notes[0].split(": ")[-1]) == (("a", "b"), "uid.")
    assert read_log(write(tmp_path, "uid,epoch,val_acc\nx,1,.1\n")).runs == ("x",)
    with pytest.raises(FormatError, match="both run"):
        read_log(write(tmp_path, "uid,run_id,epoch,val_acc\nx,a,1,.1\n"))


def test_groups_without_an_architecture(tmp_path: Path) -> None:
    by_hp = import_csv(write(tmp_path, "run,epoch,val_acc,lr\na,1,.1,.1\nb,1,.2,.1\nc,1,.3,.2\n"))
    a, b, c = texts(by_hp.columns["arch/group"])
    assert a == b != c
    alone = import_csv(write(tmp_path, "run,epoch,val_acc\na,1,.1\nb,1,.2\n"))
    assert len(set(texts(alone.columns["arch/group"]))) == 2


def test_networks_of_other_sizes_are_other_groups_where_no_architecture_is_told(tmp_path: Path) -> None:
    sized = import_csv(write(tmp_path, "run,epoch,val_acc,lr,n_params\na,1,.1,.1,50\nb,1,.2,.1,60\nc,1,.3,.1,50\nd,1,.3,.1,\n"))
    a, b, c, d = texts(sized.columns["arch/group"])
    assert a == c
    assert len({a, b, d}) == 3
    alone = import_csv(write(tmp_path, "run,epoch,val_acc,n_params\na,1,.1,50\nb,1,.2,50\n"))
    assert len(set(texts(alone.columns["arch/group"]))) == 2


def test_one_architecture_for_all_parts_runs_no_less_than_none(tmp_path: Path) -> None:
    tuned = import_csv(write(tmp_path, "run,epoch,val_acc,lr,arch\na,1,.1,.1,64\nb,1,.2,.2,64\n"))
    assert len(set(texts(tuned.columns["arch/group"]))) == 2
    both = import_csv(write(tmp_path, "run,epoch,val_acc,lr,arch\na,1,.1,.1,64\nb,1,.2,.2,64\nc,1,.2,.2,32\n"))
    assert len(set(texts(both.columns["arch/group"]))) == 2


def test_few_groups_for_many_runs_are_said(tmp_path: Path) -> None:
    rows = [(f"r{i}", f"{8 * (1 + i % 3)}", i / 10) for i in range(9)]
    few = import_csv(write(tmp_path, "run,epoch,val_acc,arch,lr\n" + "".join(f"{run},1,.1,{arch},{lr}\n" for run, arch, lr in rows)))
    assert "The 9 runs are of 3 architectures" in str(few.attributes["notes"])
    own = import_csv(write(tmp_path, "run,epoch,val_acc,lr\n" + "".join(f"{run},1,.1,.1\n" for run, _, _ in rows)))
    assert "The 9 runs are of 1 sets of hyperparameters" in str(own.attributes["notes"])
    assert "leave out the columns hp_NAME." in str(own.attributes["notes"])
    apart = import_csv(write(tmp_path, "run,epoch,val_acc,lr\n" + "".join(f"{run},1,.1,{lr}\n" for run, _, lr in rows)))
    assert "runs are of" not in str(apart.attributes["notes"])


def test_text_hyperparameters_are_dropped(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "run,epoch,val_acc,hp_optimizer,Batch Size\na,1,.1,adam,32\n"))
    assert {n: v.tolist() for n, v in log.hyperparameters.items()} == {"batch_size": [32.0]}
    assert "hp_optimizer" in log.notes[0]


@pytest.mark.parametrize("value", ["O.1", "inf", "-Infinity", "1e999"])
def test_one_bad_hyperparameter_is_refused_with_its_line(tmp_path: Path, value: str) -> None:
    with pytest.raises(FormatError, match=f"The column hp_wd must hold .*numbers; got '{value}' in line 4 of"):
        read_log(write(tmp_path, f"run,epoch,val_acc,hp_wd\na,1,.1,.1\na,2,.2,.1\nb,1,.1,{value}\nb,2,.2,{value}\n"))


def test_what_is_prefixed_is_a_hyperparameter(tmp_path: Path) -> None:
    path = write(
        tmp_path, "run,epoch,val_acc,hp_epochs,hp_max_epochs,hp_n_params,epochs,n_params\na,1,.1,10,11,12,5,7\nb,1,.2,20,21,22,5,8\n"
    )
    log = read_log(path)
    assert {n: v.tolist() for n, v in log.hyperparameters.items()} == {"epochs": [10, 20], "max_epochs": [11, 21], "n_params": [12, 22]}
    assert (log.planned, log.n_params.tolist()) == (5, [7, 8])
    table = import_csv(path)
    assert (table.epochs, table.columns["hp/epochs"].tolist(), problems(table)) == (5, [10, 20], [])


def test_negative_sizes_are_unknown_with_a_note(tmp_path: Path) -> None:
    table = import_csv(write(tmp_path, "run,epoch,val_acc,n_params\na,1,.1,-1\nb,1,.2,\nc,1,.2,5\n"))
    np.testing.assert_array_equal(table.columns["arch/n_params"], [np.nan, np.nan, 5])
    assert "n_params is negative in 1 runs; it was read as unknown there." in str(table.attributes["notes"])


def test_numbers_as_architectures_are_widths_with_a_note(tmp_path: Path) -> None:
    notes = read_log(write(tmp_path, "run,epoch,val_acc,arch\na,1,.1,4587\nb,1,.1,17\nc,1,.1,resnet\nd,1,.1,resnet\n")).notes
    assert notes == (
        "Architectures were read by the form of their texts: 2 as hidden widths of perceptrons (such as 4587), 1 as unknown networks "
        "(such as resnet).",
        "Every width is a single number; where these are ids, write a letter in front (a4587).",
    )
    import_csv(tmp_path / "log.csv")


def test_rows_of_one_epoch_are_merged_where_they_fill_different_columns(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "epoch,step,train_loss,val_loss,hp_wd\n0,9,,.5,.1\n0,9,.4,,.1\n1,19,,nan,.1\n1,19,.3,,.1\n"))
    np.testing.assert_array_equal(log.curves["train_loss"], [[0.4, 0.3]])
    np.testing.assert_array_equal(log.curves["val_loss"], [[0.5, np.nan]])
    assert log.hyperparameters["weight_decay"].tolist() == [0.1]
    assert log.exploded.tolist() == [True]
    assert "Rows of one run and epoch that fill different columns were read as one row." in log.notes


@pytest.mark.parametrize("head", ["\n", " \n\n", "sep=;\r\n", "SEP=;\n\n", ";;;\n", ";;\nsep=;\n"])
def test_the_delimiter_is_that_of_the_header(tmp_path: Path, head: str) -> None:
    log = read_log(write(tmp_path, f"{head}run;epoch;val_acc\na;1;.1\na;2;.2\n"))
    np.testing.assert_array_equal(log.curves["val_acc"], [[0.1, 0.2]])
    with pytest.raises(FormatError, match=f"'x' in line {len((head + 'h').splitlines()) + 1} of"):
        read_log(write(tmp_path, f"{head}run;epoch;val_acc\na;1;x\n"))


def test_an_index_column_has_a_name_in_the_note(tmp_path: Path) -> None:
    (note,) = read_log(write(tmp_path, ",run,epoch,val_acc\n0,a,1,.1\n")).notes
    assert note.endswith("were dropped: (unnamed).")


BAD = {
    "empty": ("", "empty file"),
    "only a header": ("run,epoch,val_acc\n", "only column names"),
    "only a wide header": ("run,val_acc_1\n", "only column names"),
    "no metric": ("run,epoch,f1\na,1,0.5\n", "at least one of the columns train_loss"),
    "no epoch": ("run,val_acc\na,0.5\n", "at least one of the columns train_loss"),
    "words": ("run,epoch,val_acc\na,1,good\n", "'good' in line 2"),
    "ragged": ("run,epoch,val_acc\na,1\n", "got 2 in line 2"),
    "duplicate": ("run,epoch,val_acc\na,1,.5\na,1,.6\n", "two of run 'a', epoch 1, in the column val_acc"),
    "two batch sizes of one epoch": ("run,epoch,val_acc,val_loss,hp_b\na,1,.5,,1\na,1,,.6,2\n", "several in run 'a'"),
    "several runs without a name": ("epoch,val_acc\n1,.5\n1,.6\n", "Add a column run"),
    "unnamed run": ("run,epoch,val_acc\na,1,.5\n,2,.6\n", "empty cell in row 2"),
    "unnamed run of a wide log": ("run,val_acc_1\na,.5\n,.6\n", "must name its run; got an empty cell in row 2"),
    "infinite seconds": ("run,epoch,val_acc,seconds\na,1,.5,inf\n", "seconds must hold finite numbers; got 'inf' in line 2"),
    "infinite rate": ("run,epoch,val_acc,lr\na,1,.5,inf\n", "lr must hold finite numbers; got 'inf' in line 2"),
    "columns of another table": ("a,b\n1,2\n", "at least one of the columns train_loss"),
    "half an epoch": ("run,epoch,val_acc\na,1.5,.5\n", "got 1.5"),
    "negative epoch": ("run,epoch,val_acc\na,-1,.5\n", "got -1"),
    "no epoch number": ("run,epoch,val_acc\na,,.5\n", "got nan"),
    "epoch of a billion": ("run,epoch,val_acc\na,1000000000,.5\n", "got 1e\\+09"),
    "mixed counting": ("run,epoch,val_acc\na,0,.5\nb,1,.5\n", "from the same number"),
    "too many values": ("run,epoch,val_acc\n" + "".join(f"{i},100000,.5\n" for i in range(600)), "at most 100000 epochs"),
    "too wide": ("run,val_acc_999999999\na,.5\n", "at most 100000 epochs"),
    "negative loss": ("run,epoch,val_loss\na,1,-2\n", "must not be negative; got -2"),
    "negative seconds": ("run,epoch,val_loss,seconds\na,1,2,-1\n", "must not be negative; got -1"),
    "accuracy beyond percent": ("run,epoch,val_acc\na,1,101\n", "got 101"),
    "infinite accuracy": ("run,epoch,val_acc\na,1,inf\n", "fractions or percent"),
    "percent here and fractions there": ("run,epoch,val_acc\na,1,.1\na,2,.2\na,3,30\n", "throughout; got 30"),
    "two architectures": ("run,epoch,val_acc,arch\na,1,.1,x\na,2,.2,y\n", "got 'x' and 'y'"),
    "two batch sizes": ("run,epoch,val_acc,batch_size\na,1,.1,16\na,2,.2,32\n", "several in run 'a'"),
    "same column twice": ("run,epoch,val_acc,valid_accuracy\na,1,.1,.1\n", "both val_acc"),
    "same run twice": ("run,val_acc_1\na,.1\na,.2\n", "got 'a' 2 times"),
    "planned for less": ("run,epoch,val_acc,epochs\na,1,.1,1\na,2,.1,1\n", "at least the last epoch, 2"),
    "planned for two lengths": ("run,epoch,val_acc,epochs\na,1,.1,5\nb,1,.1,6\n", "got 5 .. 6"),
    "endless cell": ("run,epoch,val_acc\na,1," + "1" * 200_000 + "\n", "comma-separated"),
    "nothing but missing values": ("run,epoch,val_acc\na,1,\n", "must hold runs"),
    "a dataset": ("\x89HDF\r\n\x1a\n\x00", "at least one of the columns train_loss"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_logs_get_one_sentence(tmp_path: Path, case: str) -> None:
    text, words = BAD[case]
    with pytest.raises(FormatError, match=words) as caught:
        import_csv(write(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_endless_texts_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"{i},1,.5,x\n" for i in range(3000))
    with pytest.raises(FormatError, match="must be short"):
        import_csv(write(tmp_path, f"run,epoch,val_acc,arch\nlong,1,.5,{'x' * 100_000}\n{rows}"))


def test_merged_imports_are_sound(tmp_path: Path) -> None:
    first = import_csv(write(tmp_path, "run,epoch,val_acc\na,1,.1\na,2,.2\nb,1,\nb,2,.3\n"))
    second = import_csv(write(tmp_path, "run,epoch,val_acc\nc,1,.1\nc,2,.2\nd,1,\nd,2,.3\n"))
    both = merge([first, second], [tmp_path, tmp_path])
    assert (len(both), problems(both)) == (4, [])
    again = merge([both, first, second], [tmp_path] * 3)
    assert (len(again), problems(again)) == (4, [])


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"run,epoch,val_acc\n\xff,1,.5\n")
    with pytest.raises(FormatError, match="UTF-8"):
        read_log(path)


def test_an_export_can_be_imported(tmp_path: Path) -> None:
    first = import_csv(write(tmp_path, LONG))
    store.write(tmp_path / "a.h5", first)
    assert call("export", str(tmp_path / "a.h5"), "--out", str(tmp_path / "a.csv")) == 0
    again = import_csv(tmp_path / "a.csv")
    assert again.uids == first.uids
    for name in (
        "run/name",
        "arch/group",
        "arch/json",
        "arch/string",
        "curves/val_acc",
        "curves/train_loss",
        "curves/epoch_seconds",
        "hp/lr",
        "hp/beta",
    ):
        np.testing.assert_array_equal(again.columns[name], first.columns[name])
