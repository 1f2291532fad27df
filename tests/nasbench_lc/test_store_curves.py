"""Curves alone: read from the places that the seal says, or through HDF5."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from nasbench_lc import store
from nasbench_lc.errors import FormatError, NasbenchError
from nasbench_lc.seal import verify
from tests.nasbench_lc.files import IMAGE, TABLE, altered, refused, replaced, resealed
from tests.nasbench_lc.samples import same


def test_curves_alone_come_in_one_array(tmp_path: Path):
    path = tmp_path / "x.h5"
    store.write(path, TABLE)
    values = store.read_curves(path, ("test_acc", "train_loss", "lr"))
    assert values.dtype == np.float32
    for i, name in enumerate(("test_acc", "train_loss", "lr")):
        np.testing.assert_array_equal(values[i], TABLE.columns[f"curves/{name}"])
    foreign = replaced("curves/test_loss", TABLE.columns["curves/test_loss"].astype(">f8"), compression="gzip", chunks=(1, 4))
    np.testing.assert_array_equal(store.read_curves(altered(path, foreign), ("test_loss",))[0], TABLE.columns["curves/test_loss"])


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", "<i4"])
def test_curves_alone_are_those_of_the_whole_file(tmp_path: Path, kind: str):
    """Those of our own kind are copied from their places; all others go through HDF5."""
    columns = {**TABLE.columns, "curves/test_loss": TABLE.columns["curves/test_loss"].astype(kind)}
    store.write(tmp_path / "x.h5", replace(TABLE, columns=columns))
    assert (verify(tmp_path / "x.h5") is not None) == (kind == "<f4")
    for metrics in (("test_loss",), ("train_loss", "test_loss", "train_loss")):
        values = store.read_curves(tmp_path / "x.h5", metrics)
        for name, value in zip(metrics, values, strict=True):
            np.testing.assert_array_equal(value, store.read(tmp_path / "x.h5").columns[f"curves/{name}"])


def test_a_seal_must_agree_with_the_file(tmp_path: Path):
    index = verify(resealed(tmp_path / "x.h5"))
    assert index is not None
    assert same(store.read(tmp_path / "x.h5"), TABLE)
    names = list(index.curves)
    for change in ({"names": names[::-1]}, {"names": [*names[1:], "strange"]}, {"shape": [4, 3]}):
        assert "The seal must say where each curve lies" in refused(resealed(tmp_path / "x.h5", **change))


@pytest.mark.parametrize("shape", [[3, 4, 1], [12], [], 12, None])
def test_curves_alone_have_two_axes(tmp_path: Path, shape: Any):
    with pytest.raises(FormatError, match="checksum"):
        store.read_curves(resealed(tmp_path / "x.h5", shape=shape), ("test_loss",))


def test_curves_alone_of_a_newer_schema_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nasbench_lc.store.SCHEMA_VERSION", 2)
    store.write(tmp_path / "x.h5", replace(TABLE, attributes={**TABLE.attributes, "schema_version": 2}))
    assert store.read_curves(tmp_path / "x.h5", ("test_loss",)).shape == (1, 3, 4)
    monkeypatch.undo()
    with pytest.raises(FormatError, match="version 1"):
        store.read_curves(tmp_path / "x.h5", ("test_loss",))


@pytest.mark.parametrize("metrics", [("val_loss",), ("test_loss", "nothing"), ("../run/uid",)])
def test_curves_that_are_not_there_are_named(tmp_path: Path, metrics: tuple[str, ...]):
    store.write(tmp_path / "x.h5", TABLE)
    with pytest.raises(NasbenchError) as caught:
        store.read_curves(tmp_path / "x.h5", metrics)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "change",
    [
        replaced("curves/test_loss", np.zeros((3, 5), np.float32)),
        replaced("curves/test_loss", np.array([[b"1"] * 4] * 3)),
        lambda f: f.attrs.modify("schema_version", 2),
        lambda f: (f.__delitem__("curves/test_loss"), f.create_dataset("curves/test_loss", (3, 10**12), np.float32)),
        lambda f: (f.__delitem__("curves/test_loss"), f.create_dataset("curves/test_loss", (3, 4), np.float32, external=[("raw", 0, 48)])),
    ],
)
def test_curves_of_a_damaged_file_are_refused(tmp_path: Path, change: Callable[[h5py.File], Any]):
    altered(tmp_path / "x.h5", change)
    with pytest.raises(FormatError):
        store.read_curves(tmp_path / "x.h5", ("train_loss", "test_loss"))
    for content in (IMAGE[: len(IMAGE) // 2], b"", b"text"):
        (tmp_path / "x.h5").write_bytes(content)
        with pytest.raises(FormatError):
            store.read_curves(tmp_path / "x.h5", ("train_loss",))
