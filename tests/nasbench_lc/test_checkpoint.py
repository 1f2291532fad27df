import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nasbench_lc.checkpoint import Checkpoint, load, save
from nasbench_lc.errors import ConfigError, FormatError, NasbenchError

STATE = {
    "weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "transposed": np.arange(6.0).reshape(2, 3).T,
    "scalar": np.array(2.5),
    "count": np.array([1, 2], dtype=np.int64),
    "empty": np.empty((0, 3)),
    "missing": np.array([np.nan, np.inf]),
}
CHECKPOINT = Checkpoint(
    "knn", {"k": 5, "name": "é"}, STATE, "test_loss", {"file": "x.h5"}, {"seed": 0}, ("a", "b"), ("g",), {"fit_seconds": 1.5}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "c" / "knn", CHECKPOINT)
    return tmp_path / "c" / "knn"


def test_round_trip(folder: Path):
    found = load(folder)
    for name in ("model", "config", "metric", "dataset", "split", "seen", "seen_groups"):
        assert getattr(found, name) == getattr(CHECKPOINT, name)
    assert found.state.keys() == STATE.keys()
    for name, value in STATE.items():
        np.testing.assert_array_equal(found.state[name], value)
        assert found.state[name].dtype == value.dtype
        assert found.state[name].shape == value.shape
    assert found.provenance["fit_seconds"] == 1.5
    assert found.provenance["numpy"] == np.__version__
    assert sorted(os.listdir(folder)) == ["predictor.json", "state.safetensors"]


def test_a_newer_checkpoint_replaces_the_older_whole(folder: Path):
    save(folder, Checkpoint("gp", {}, {"x": np.zeros(1)}, "val_acc", {}, {}, (), ()))
    assert load(folder).model == "gp"
    assert os.listdir(folder.parent) == ["knn"]


def test_a_folder_with_other_things_is_not_touched(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ConfigError, match="other files"):
        save(tmp_path, CHECKPOINT)
    assert os.listdir(tmp_path) == ["thesis.tex"]
    with pytest.raises(NasbenchError):
        save(tmp_path / "thesis.tex", CHECKPOINT)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_a_full_disk_keeps_the_old_checkpoint(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(NasbenchError, match="space left"):
            save(folder, Checkpoint("gp", {}, {}, "val_acc", {}, {}, (), ()))
    assert load(folder).model == "knn"
    assert os.listdir(folder.parent) == ["knn"]


def change(folder: Path, **values: Any) -> None:
    path = folder / "predictor.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def drop(folder: Path, name: str) -> None:
    path = folder / "predictor.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != name}))


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: shutil.rmtree(f),
        lambda f: (f / "predictor.json").unlink(),
        lambda f: (f / "state.safetensors").unlink(),
        lambda f: (f / "predictor.json").write_text(""),
        lambda f: (f / "predictor.json").write_bytes(b"\xff\xfe"),
        lambda f: (f / "predictor.json").write_text("[1, 2]"),
        lambda f: (f / "predictor.json").write_text("null"),
        lambda f: (f / "predictor.json").write_text("[" * 100_000),
        lambda f: (f / "state.safetensors").write_bytes((f / "state.safetensors").read_bytes()[:-1]),
        lambda f: (f / "state.safetensors").write_bytes(b""),
        lambda f: change(f, checkpoint_version="x"),
        lambda f: change(f, seen=5),
        lambda f: change(f, config=5),
        lambda f: change(f, config=None),
        lambda f: drop(f, "metric"),
        lambda f: drop(f, "state_sha256"),
    ],
)
def test_a_missing_or_damaged_checkpoint_is_one_sentence(folder: Path, damage: Any):
    damage(folder)
    with pytest.raises(FormatError) as caught:
        load(folder)
    assert len(str(caught.value).splitlines()) == 1


def test_altered_arrays_do_not_pass(folder: Path):
    path = folder / "state.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match="checksum"):
        load(folder)


def test_bytes_that_are_no_arrays_do_not_pass_even_with_their_checksum(folder: Path):
    import hashlib

    for content in (b"", b"\x80\x04K\x01.", b"\xff" * 64):
        (folder / "state.safetensors").write_bytes(content)
        change(folder, state_sha256=hashlib.sha256(content).hexdigest())
        with pytest.raises(FormatError):
            load(folder)


@pytest.mark.parametrize(("version", "remedy"), [(1, "Train the predictor again"), (99, "Install a newer nasbench-lc")])
def test_a_checkpoint_of_another_version_says_what_to_do(folder: Path, version: int, remedy: str):
    change(folder, checkpoint_version=version)
    with pytest.raises(FormatError, match=remedy):
        load(folder)
