import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.csv_table import read_table
from generators.table import Numbers
from generators.tasks import load_task
from nasbench_lc.errors import ConfigError, TaskUnavailable

GOOD = "size,colour,kind\n1,red,a\n2,blue,b\n3,red,a\n4,,b\n?,blue,a\n6,red,b\n7,red,a\n8,blue,b\n"


@pytest.fixture
def write(tmp_path):
    def _write(text, name="my.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return _write


def test_good_file(write):
    task = load_task(write(GOOD))
    assert task.name == "my"
    assert task.classes == ("a", "b")
    assert task.x["train"].shape == (6, 4)
    assert task.x["test"].shape == (2, 4)
    assert task.settings["digest"] == task.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.replace(",", ";"),
        lambda s: s.replace(",", "\t"),
        lambda s: s.replace("\n", "\r\n"),
        lambda s: "\ufeff" + s,
        lambda s: s.replace("red", '"red"').replace("kind", '"kind"'),
        lambda s: s.replace("\n", "\n\n"),
        lambda s: s.replace(",", ", "),
        lambda s: s.rstrip("\n"),
        lambda s: s.replace("?", "NaN"),
    ],
    ids=["semicolon", "tab", "crlf", "bom", "quotes", "blank lines", "spaces", "no last newline", "other gap"],
)
def test_dialects_give_the_same_task(write, change):
    assert load_task(write(change(GOOD))).digest == load_task(write(GOOD)).digest


def test_target_by_name_moves_the_column(write):
    moved = "\n".join(",".join([c, a, b]) for a, b, c in (line.split(",") for line in GOOD.strip().split("\n")))
    assert load_task(write(moved), target="kind").digest == load_task(write(GOOD)).digest


def test_decimal_commas():
    table = read_table("x;y;c\n1,5;1;a\n2,5;2;b\n,25;3;a\n-7;4;b\n", "t")
    assert isinstance(table.columns[0], Numbers)
    assert table.columns[0].values.tolist() == [1.5, 2.5, 0.25, -7.0]


def test_comma_within_quotes():
    table = read_table('x,c\n"a, b",p\nd,q\n"a, b",p\nd,q\n', "t")
    assert table.columns[0].levels == ("a, b", "d")


def test_classes_in_numeric_order():
    assert read_table("x,c\n" + "1,10\n2,9\n" * 3, "t").classes == ("9", "10")


def test_one_number_is_one_class_however_it_is_spelled():
    table = read_table("x,c\n" + "1,1\n2,1.0\n3,-0\n4,0\n5,01\n6,1e0\n", "t")
    assert (table.classes, table.labels.tolist()) == (("0", "1"), [1, 1, 0, 0, 1, 1])
    assert read_table("x,c\n" + "1,9007199254740993\n2,9007199254740992\n" * 3, "t").classes == ("9007199254740992", "9007199254740993")
    assert read_table("x,c\n" + "1,1\n2,1.0\n3,one\n" * 3, "t").classes == ("1", "1.0", "one")
    endless = "0" * 5000 + "1"
    assert read_table("x,c\n" + f"{endless},{endless}\n2,1\n3,2\n" * 3, "t").classes == ("1", "2")


def test_a_line_break_within_a_name():
    for delimiter in ",;\t":
        table = read_table(f'\n"a\nb"{delimiter}c\n' + f"1{delimiter}p\n2{delimiter}q\n" * 3, "t")
        assert (table.names, table.classes) == (("a\nb",), ("p", "q"))


def test_held_out_part(write):
    task = load_task(write(GOOD), val_fraction=0.3)
    assert [len(task.y[s]) for s in ("train", "val", "test")] == [4, 2, 2]
    assert np.array_equal(task.y["test"], load_task(write(GOOD)).y["test"])


WRONG = {
    "empty": ("", "empty file"),
    "only blanks": (" \n \n", "empty file"),
    "a quoted blank": ('" "', "empty file"),
    "one endless cell": ("x" * 200_000, "no cell over 131072"),
    "only a header": ("a,b\n", "got none in my.csv"),
    "one class": ("x,c\n1,a\n2,a\n3,a\n", "at least 2 classes"),
    "a class of one": ("x,c\n1,a\n2,a\n3,b\n4,a\n", "1 row of 'b'"),
    "regression": ("x,c\n" + "".join(f"{i},{i / 7}\n" for i in range(30)), "regression"),
    "whole-number regression": ("x,c\n" + "".join(f"{i},{i}\n" for i in range(30)), "regression"),
    "binned regression": ("x,c\n" + "".join(f"{i},{i % 25 / 7}\n" for i in range(100)), "regression"),
    "names as target": ("x,c\n" + "".join(f"{i},n{i}\n" for i in range(30)), "30 different values in 30 rows"),
    "no features": ("c\na\nb\na\nb\n", "at least one feature column"),
    "ragged": ("x,y,c\n1,2,a\n1,2,b,3\n", "got 4 in line 3"),
    "short": ("x,y,c\n1,2,a\n\n1,b\n", "got 2 in line 4"),
    "names twice": ("x,x,c\n1,2,a\n", "'x' twice"),
    "no name": (",x,c\n0,1,a\n", "column 1"),
    "no header": ("1,2,0\n1,2,1\n", "Add a header line"),
    "no class in a row": ("x,c\n1,a\n2,\n", "line 3"),
    "open quote": ('x,c\n"1,a\n2,b\n', "every quote closed.*line 2"),
    "free text": ("x,c\n" + "".join(f"t{i},{'ab'[i % 2]}\n" for i in range(40)), "free text"),
    "zero bytes": ("x,c\n1\0,a\n", "zero"),
    "utf-16": ("x,c\n1,a\n".encode("utf-16"), "UTF-8"),
    "latin-1": ("x,c\n1,\xe4\n".encode("latin-1"), "UTF-8"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_files_say_what_is_wrong_in_one_sentence(write, case):
    text, words = WRONG[case]
    with pytest.raises(ConfigError, match=words) as caught:
        load_task(write(text))
    message = str(caught.value)
    assert "; got " in message
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 400


def test_target_that_is_no_column(write):
    with pytest.raises(ConfigError, match="Did you mean 'kind'"):
        load_task(write(GOOD), target="kimd")
    with pytest.raises(ConfigError, match="Its columns are size, colour, kind"):
        load_task(write(GOOD), target="zzz")


def test_no_such_file(tmp_path):
    with pytest.raises(TaskUnavailable, match="does not exist"):
        load_task(str(tmp_path / "gone.csv"))


def test_too_large(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(101 * 2**20)
    with pytest.raises(ConfigError, match="at most 100 MiB; got 101 MiB"):
        load_task(str(path))


@given(st.text(alphabet='ab1,;\t"\n\r ?.-', max_size=80))
def test_no_text_breaks_the_reader(text):
    try:
        table = read_table(text, "t")
    except ConfigError:
        return
    assert len(table.labels) >= 4
    assert np.bincount(table.labels).min() >= 2


@given(st.integers(0, 2**32 - 1))
def test_reads_what_pandas_writes(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=12) * 10.0 ** rng.integers(-9, 9), "y": rng.integers(0, 5, 12), "c": ["p", "q"] * 6})
    frame.loc[rng.random(12) < 0.2, "x"] = np.nan
    table = read_table(frame.to_csv(index=False), "t")
    assert np.array_equal(table.columns[0].values, frame["x"].to_numpy(), equal_nan=True)
    assert np.array_equal(table.columns[1].values, frame["y"].to_numpy())
