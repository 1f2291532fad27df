import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nasbench_lc import store
from nasbench_lc.curves import Status
from nasbench_lc.errors import FormatError, NasbenchError
from nasbench_lc.table import texts
from tests.nasbench_lc.files import IMAGE, TABLE, altered, refused, replaced
from tests.nasbench_lc.samples import curve, recipe, run, same, sample_table, table_of

ROOT = Path(__file__).parents[2]


def test_round_trip_and_equal_tables_give_equal_bytes(tmp_path: Path):
    path = tmp_path / "x.h5"
    store.write(path, TABLE)
    first = path.read_bytes()
    again = store.read(path)
    assert same(again, TABLE)
    assert {n: v for n, v in again.attributes.items() if n != "schedule"} == {n: v for n, v in TABLE.attributes.items() if n != "schedule"}
    np.testing.assert_array_equal(again.attributes["schedule"], TABLE.attributes["schedule"])
    store.write(path, again)
    assert path.read_bytes() == first == store.image(sample_table(3))
    assert store.read_attributes(path)["space"] == "mlp"


words = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30), min_size=1, max_size=4)
values = hnp.arrays(np.float64, 4, elements=st.one_of(st.just(np.nan), st.floats(0, 2.0**100, width=32), st.just(np.inf)))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words, st.sampled_from(["", "long " * 80, "☃", "\ud7ff"]), values)
def test_odd_text_and_missing_values_survive(tmp_path: Path, errors: list[str], last: str, numbers: np.ndarray):
    shared = recipe()
    curves = [curve(run(i, recipe=shared), Status.FAILED) for i in range(len(errors) + 1)]
    curves = [type(c)(**{**vars(c), "error": e, "seconds": numbers}) for c, e in zip(curves, [*errors, last], strict=True)]
    table = table_of(curves)
    store.write(tmp_path / "x.h5", table)
    again = store.read(tmp_path / "x.h5")
    assert same(again, table)
    assert texts(again.columns["run/error"]) == tuple(e[:500] for e in (*errors, last))


def test_a_table_without_runs_survives(tmp_path: Path):
    store.write(tmp_path / "x.h5", TABLE.take([]))
    assert len(store.read(tmp_path / "x.h5")) == 0


def test_h5py_alone_opens_it(tmp_path: Path):
    """As the page docs/format.md shows it, and nothing of this package imported."""
    path = tmp_path / "x.h5"
    store.write(path, TABLE)
    code = """
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    loss = f["curves/test_loss"][:]
    lr = f["hp/lr"][:]
    done = f["run/status"].asstr()[:] == "ok"
    assert f["curves/test_loss"].chunks is None and f["curves/test_loss"].compression is None
    assert f.attrs["space"] == "mlp" and list(f.attrs["metrics"])[0] == "train_loss"
assert not any(m.startswith("nasbench") for m in sys.modules)
print(loss.shape, loss.dtype, lr.tolist(), done.all())
"""
    shown = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert shown == "(3, 4) float32 [0.001, 0.002, 0.003] True\n"


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path):
    path = tmp_path / "x.h5"
    for length in {*range(0, len(IMAGE), len(IMAGE) // 50), 1, 511, 512, 513, len(IMAGE) - 1}:
        path.write_bytes(IMAGE[:length])
        refused(path)


def test_flipped_bits_are_refused_or_leave_all_but_the_curves_as_it_was(tmp_path: Path):
    path, rng = tmp_path / "x.h5", random.Random(0)
    for _ in range(400):
        content = bytearray(IMAGE)
        for _ in range(rng.choice([1, 1, 3, 40])):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
        try:
            found = store.read(path)
        except FormatError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017
            continue
        for name, column in TABLE.columns.items():
            if not name.startswith("curves/"):
                np.testing.assert_array_equal(found.columns[name], column)


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"run,epoch,loss\n1,1,0.5\n", b"\0" * 4096, b"PK\x03\x04", os.urandom(300)])
def test_what_is_no_hdf5_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "x.h5").write_bytes(content)
    refused(tmp_path / "x.h5")
    with pytest.raises(FormatError):
        store.read_attributes(tmp_path / "x.h5")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path):
    assert "no file" in refused(tmp_path / "none.h5")
    assert "folder" in refused(tmp_path)
    with pytest.raises(FormatError, match="no file"):
        store.read_attributes(tmp_path / "none.h5")


def test_a_newer_schema_asks_for_a_newer_program(tmp_path: Path):
    path = altered(tmp_path / "x.h5", lambda f: f.attrs.modify("schema_version", 2))
    assert "Install a newer nasbench-lc" in refused(path)


@pytest.mark.parametrize("name", ["schema_version", "space", "task", "epochs", "metrics", "recipe", "recipe_hash", "plan", "licence"])
def test_a_missing_attribute_is_named(tmp_path: Path, name: str):
    assert name in refused(altered(tmp_path / "x.h5", lambda f: f.attrs.__delitem__(name)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schema_version", "one"),
        ("schema_version", np.nan),
        ("schema_version", np.inf),
        ("schema_version", [1, 1]),
        ("epochs", "four"),
        ("epochs", 0),
        ("epochs", 4.5),
        ("metrics", 5),
        ("metrics", "test_loss"),
        ("metrics", [1.0, 2.0]),
        ("metrics", ["epoch_seconds"]),
        ("metrics", ["test_loss", "lr"]),
        ("licence", b"\xff\xfe bad"),
        ("space", 5),
        ("space", np.bytes_(b"\xff")),
        ("space", h5py.Empty("f")),
        ("recipe", "{"),
        ("recipe", "[" * 60_000),
        ("plan", ""),
        ("recipe_hash", [1]),
        ("schedule", [1.0]),
        ("schedule", "none"),
        ("created", np.array([b"a", b"b"])),
    ],
)
def test_an_attribute_of_another_kind_is_refused(tmp_path: Path, name: str, value: Any):
    def change(file: h5py.File) -> None:
        file.attrs[name] = value

    refused(altered(tmp_path / "x.h5", change))


@pytest.mark.parametrize("name", ["run/uid", "run/status", "run/sha256", "arch/json", "arch/key", "curves/test_loss"])
def test_a_missing_column_is_named(tmp_path: Path, name: str):
    assert name in refused(altered(tmp_path / "x.h5", lambda f: f.__delitem__(name)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("run/uid", np.array([1, 2, 3])),
        ("run/uid", np.array([[b"a"], [b"b"], [b"c"]])),
        ("run/seed", np.array([1.0, 2.0, 3.0])),
        ("run/seed", np.array([b"1", b"2", b"3"])),
        ("run/status", np.array([b"ok", b"ok", b"fine"])),
        ("run/status", np.array([b"ok", b"ok"])),
        ("arch/n_params", np.array([b"1", b"2", b"3"])),
        ("arch/widths", np.zeros(3, np.int32)),
        ("curves/test_loss", np.zeros((3, 5), np.float32)),
        ("curves/test_loss", np.zeros((2, 4), np.float32)),
        ("curves/test_loss", np.zeros(3, np.float32)),
        ("curves/test_loss", np.float32(1)),
        ("curves/test_loss", np.array([[b"1"] * 4] * 3)),
        ("curves/test_loss", np.zeros((3, 4), np.complex64)),
        ("hp/lr", np.zeros((3, 1))),
        ("hp/lr", np.array([True, False, True])),
        ("hp/lr", np.zeros(3, [("a", "f8"), ("b", "f8")])),
    ],
)
def test_a_column_of_another_kind_or_shape_is_refused(tmp_path: Path, name: str, value: Any):
    refused(altered(tmp_path / "x.h5", replaced(name, value)))


def test_variable_length_text_and_references_are_refused(tmp_path: Path):
    for kind, value in (
        (h5py.string_dtype(), ["a", "b", "c"]),
        (h5py.vlen_dtype(np.int32), [np.arange(2), np.arange(1), np.arange(3)]),
    ):
        change = replaced("arch/string", np.array([*value, None], dtype=object)[:3], dtype=kind)
        assert "fixed-length" in refused(altered(tmp_path / "x.h5", change))

    def refer(file: h5py.File) -> None:
        del file["arch/string"]
        file.create_dataset("arch/string", (3,), dtype=h5py.ref_dtype)

    assert "fixed-length" in refused(altered(tmp_path / "x.h5", refer))


def test_a_column_in_another_file_is_never_followed(tmp_path: Path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["loss"] = np.zeros((3, 4), np.float32)
    (tmp_path / "raw").write_bytes(bytes(48))

    def virtual(file: h5py.File) -> None:
        del file["curves/test_loss"]
        layout = h5py.VirtualLayout((3, 4), np.float32)
        layout[:] = h5py.VirtualSource(str(secret), "loss", (3, 4))
        file.create_virtual_dataset("curves/test_loss", layout)

    def external(file: h5py.File) -> None:
        del file["curves/test_loss"]
        file.create_dataset("curves/test_loss", (3, 4), np.float32, external=[(str(tmp_path / "raw"), 0, 48)])

    def link(file: h5py.File) -> None:
        del file["curves/test_loss"]
        file["curves/test_loss"] = h5py.ExternalLink(str(secret), "loss")

    def soft(file: h5py.File) -> None:
        file["curves/x"] = file["curves/test_loss"]
        del file["curves/test_loss"]
        file["curves/test_loss"] = h5py.SoftLink("/curves/x")

    def group(file: h5py.File) -> None:
        file.move("curves", "elsewhere")
        file["curves"] = h5py.SoftLink("/elsewhere")

    for change in (virtual, external, link, soft, group):
        path = altered(tmp_path / "x.h5", change)
        refused(path)
        with pytest.raises(FormatError, match="must lie in the file itself"):
            store.read_curves(path, ("test_loss",))


@pytest.mark.parametrize("options", [{}, {"chunks": (1, 10**6)}, {"chunks": (1, 10**6), "compression": "gzip"}])
def test_a_giant_claim_never_reaches_the_memory(tmp_path: Path, options: dict[str, Any]):
    def change(file: h5py.File) -> None:
        del file["curves/test_loss"]
        file.create_dataset("curves/test_loss", (10**6, 10**6), np.float32, **options)

    assert "must hold what it claims" in refused(altered(tmp_path / "x.h5", change))


def test_small_files_never_become_large_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each column alone is believable, all together are more than a file may inflate to."""
    zeros = np.zeros((3, 4), np.float32)

    def change(file: h5py.File) -> None:
        for name in ("train_loss", "test_loss"):
            del file[f"curves/{name}"]
            file.create_dataset(f"curves/{name}", data=np.repeat(zeros, 1000, 1), chunks=(3, 4000), compression="gzip")

    path = altered(tmp_path / "x.h5", change)
    monkeypatch.setattr(store, "_MAX_INFLATED", 48_000)
    assert "must hold what it claims" in refused(path)
    with pytest.raises(FormatError, match="must hold what it claims"):
        store.read_curves(path, ("train_loss", "test_loss"))
    assert store.read_curves(path, ("test_loss",)).shape == (1, 3, 4000)


def test_a_pipe_is_never_waited_for(tmp_path: Path):
    path = tmp_path / "x.h5"
    os.mkfifo(path)
    assert "a pipe or a device" in refused(path)
    for read in (store.read_attributes, lambda path: store.read_curves(path, ("test_loss",))):
        with pytest.raises(FormatError, match="a pipe or a device"):
            read(path)


def test_compressed_and_chunked_columns_are_read_like_any(tmp_path: Path):
    values = TABLE.columns["curves/test_loss"].astype(">f8")
    path = altered(tmp_path / "x.h5", replaced("curves/test_loss", values, compression="gzip", chunks=(1, 4)))
    np.testing.assert_allclose(store.read(path).columns["curves/test_loss"], TABLE.columns["curves/test_loss"])


def test_attributes_that_the_format_does_not_know_are_kept(tmp_path: Path):
    def change(file: h5py.File) -> None:
        file.attrs.update({"mine": "x", "number": 2.5, "list": ["a", "é"], "array": np.arange(3), "none": h5py.Empty("f")})

    found = store.read(altered(tmp_path / "x.h5", change))
    store.write(tmp_path / "y.h5", found)
    again = store.read_attributes(tmp_path / "y.h5")
    assert (again["mine"], again["number"], again["list"], again["array"].tolist()) == ("x", 2.5, ["a", "é"], [0, 1, 2])
    assert "none" not in again


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path):
    def column(file: h5py.File) -> None:
        file["hp"].id.move(b"lr", b"\xff")

    def group(file: h5py.File) -> None:
        file.id.move(b"hp", b"\xff")

    def attribute(file: h5py.File) -> None:
        h5py.h5a.rename(file.id, b"licence", b"\xff")  # type: ignore[attr-defined]

    for change in (column, group, attribute):
        assert r"must be UTF-8; got b'\xff'" in refused(altered(tmp_path / "x.h5", change))


def test_groups_in_groups_are_never_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """HDF5 takes time that grows with the square of their depth."""

    def nest(file: h5py.File) -> None:
        group = file
        for _ in range(5):
            group = group.create_group("deeper")
        group["x"] = np.zeros(3)
        file["loop"] = file["/"]

    path = altered(tmp_path / "x.h5", nest)
    monkeypatch.delattr(h5py.Group, "visititems")
    assert same(store.read(path), TABLE)


def test_groups_that_the_format_does_not_know_must_still_have_one_row_per_run(tmp_path: Path):
    refused(altered(tmp_path / "x.h5", lambda f: f.create_dataset("more/x", data=np.zeros(2))))
    kept = store.read(altered(tmp_path / "x.h5", lambda f: f.create_dataset("more/x", data=np.zeros(3))))
    assert kept.columns["more/x"].tolist() == [0, 0, 0]


FULL = """
import resource, sys
from pathlib import Path
from nasbench_lc import shards, store
from nasbench_lc.errors import NasbenchError
from tests.nasbench_lc.files import IMAGE, TABLE, altered, refused, replaced
from tests.nasbench_lc.samples import sample_table
path, table = Path(sys.argv[1]), sample_table(30)
for limit in (0, 600, 5000, 20000, len(store.image(table)) - 1):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for act in (store.write, shards.write_shard):
        try:
            act(path, table)
        except NasbenchError as error:
            assert len(str(error).splitlines()) == 1 and "File too large" in str(error), error
        else:
            raise SystemExit(f"{limit} bytes were enough")
"""


def test_no_space_left_is_one_sentence_and_the_old_file_stays(tmp_path: Path):
    """A real limit of the system, in a process of its own: HDF5 itself crashes when a write fails under it."""
    path = tmp_path / "x.h5"
    store.write(path, TABLE)
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert path.read_bytes() == IMAGE
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["x.h5", "x.h5.parts"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file" / "x.h5", Path("/proc/nowhere/x.h5")):
        with pytest.raises(NasbenchError) as caught:
            store.write(path, TABLE)
        assert len(str(caught.value).splitlines()) == 1


def test_reading_never_writes(tmp_path: Path):
    path = tmp_path / "x.h5"
    store.write(path, TABLE)
    before = path.stat()
    store.read(path)
    store.read_attributes(path)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert os.listdir(tmp_path) == ["x.h5"]


def test_many_metrics_find_room_in_the_seal(tmp_path: Path):
    names = tuple(f"metric_{i}_loss" for i in range(40))
    table = table_of([curve(run(0), metrics=names)])
    store.write(tmp_path / "x.h5", table)
    assert same(store.read(tmp_path / "x.h5"), table)
