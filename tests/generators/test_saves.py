"""A long run that is killed between two epochs goes on to the byte; a saved state that is not whole and its own is not trusted."""

import itertools
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from generators import saves as module
from generators.base import Task
from generators.mlp.lean import train_lean
from generators.nb201.fast import train_fast
from generators.nb201.reference import train_reference
from generators.plan import Plan, resolve
from generators.record import Record
from generators.saves import Saves
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve
from nasbench_lc.errors import NasbenchError
from nasbench_lc.shards import parts_folder, state_file
from nasbench_lc.store import read
from tests.generators.nb201.test_fast import CELLS, image_task, parse, run_of
from tests.generators.test_kills import ROOT, same_curves

EPOCHS = 4


class Killed(BaseException):
    pass


@pytest.fixture(autouse=True)
def at_every_epoch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "LONG_SECONDS", 0.0)
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def killed_after(epoch: int, monkeypatch: pytest.MonkeyPatch, train: Callable[[], Curve]) -> None:
    """Train until the state of this epoch is saved."""
    keep = Saves.keep

    def dying(self: Saves, record: Record, kernel: module.Resumable, at: int) -> None:
        keep(self, record, kernel, at)
        if at == epoch:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Saves, "keep", dying)
        with pytest.raises(Killed):
            train()


def equal(a: Curve, b: Curve) -> bool:
    return all(a.metrics[m].tobytes() == b.metrics[m].tobytes() for m in a.metrics) and a.lr.tobytes() == b.lr.tobytes()


def cnn() -> tuple[RunConfig, Task]:
    task = image_task()
    return run_of(parse(CELLS[5]), task, epochs=EPOCHS), task


def perceptron() -> tuple[RunConfig, Task]:
    problem = resolve(Plan("mlp", "iris", 1, epochs=EPOCHS))
    return problem.runs()[0], problem.task


KERNELS = {"fast": (train_fast, cnn), "reference": (train_reference, cnn), "lean": (train_lean, perceptron)}


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("epoch", [1, 3])
def test_a_killed_run_goes_on_to_the_byte(kernel: str, epoch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, make = KERNELS[kernel]
    run, task = make()
    unbroken = train(run, task)
    killed_after(epoch, monkeypatch, lambda: train(run, task, saves=Saves(run, tmp_path, 1.0)))
    added: list[int] = []
    add = Record.add
    monkeypatch.setattr(Record, "add", lambda self, at, *rest: (added.append(at), add(self, at, *rest)))
    resumed = train(run, task, saves=Saves(run, tmp_path, 1.0))
    assert added == list(range(epoch + 1, EPOCHS + 1))
    assert equal(resumed, unbroken)
    assert np.isfinite(resumed.seconds).all()


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "bit":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    elif how == "text":
        path.write_bytes(b"hello")
    elif how == "huge":
        path.write_bytes((1 << 62).to_bytes(8, "little") + b"{}")
    elif how == "bare":
        save_file(load_file(path), path)  # without what it says of itself
    else:
        save_file({"kernel.value": np.zeros(3, np.float32)}, path, {"made": "x", "epoch": "2", "sha256": ""})


@pytest.mark.parametrize("how", ["cut", "bit", "text", "huge", "bare", "foreign"])
def test_a_bad_state_is_no_state(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    run, task = cnn()
    killed_after(2, monkeypatch, lambda: train_fast(run, task, saves=Saves(run, tmp_path, 1.0)))
    damage(state_file(tmp_path, run.run_id), how)
    assert equal(train_fast(run, task, saves=Saves(run, tmp_path, 1.0)), train_fast(run, task))
    assert [r.getMessage().count("starts anew") for r in caplog.records] == [1]


def test_a_state_of_another_version_is_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    run, task = cnn()
    killed_after(2, monkeypatch, lambda: train_fast(run, task, saves=Saves(run, tmp_path, 1.0)))
    here = module.machine()
    monkeypatch.setattr(module, "machine", lambda: {**here, "torch": "0.1"})
    assert equal(train_fast(run, task, saves=Saves(run, tmp_path, 1.0)), train_fast(run, task))
    assert "another run, machine or version" in caplog.text


def test_short_runs_keep_nothing_and_long_ones_only_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, task = cnn()
    monkeypatch.setattr(module, "LONG_SECONDS", 600.0)
    killed_after(2, monkeypatch, lambda: train_fast(run, task, saves=Saves(run, tmp_path, 600.0)))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(module, "EVERY_SECONDS", 180.0)
    killed_after(2, monkeypatch, lambda: train_fast(run, task, saves=Saves(run, tmp_path, 601.0)))
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_takes_longer_than_expected_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow or busy machine: two minutes an epoch where one in all was expected."""
    monkeypatch.setattr(module, "LONG_SECONDS", 150.0)
    clock = itertools.count(0.0, 120.0)
    monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: next(clock)))
    run, task = cnn()
    unbroken = train_fast(run, task)
    killed_after(1, monkeypatch, lambda: train_fast(run, task, saves=Saves(run, tmp_path, 60.0)))
    assert list(tmp_path.iterdir()) == []
    killed_after(2, monkeypatch, lambda: train_fast(run, task, saves=Saves(run, tmp_path, 60.0)))
    assert state_file(tmp_path, run.run_id).exists()
    assert equal(train_fast(run, task, saves=Saves(run, tmp_path, 60.0)), unbroken)


def test_a_full_disk_costs_the_state_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def full(path: Path) -> None:
        raise NasbenchError("There must be space left on the device; got none.")

    monkeypatch.setattr(module, "atomic", full)
    run, task = cnn()
    assert equal(train_fast(run, task, saves=Saves(run, tmp_path, 1.0)), train_fast(run, task))
    assert "space left" in caplog.text


GENERATE = """
import sys
from pathlib import Path
from generators import saves
from generators.generate import generate
from generators.plan import Plan
saves.LONG_SECONDS = saves.EVERY_SECONDS = 0.0
plan = Plan("nb201", "digits-image", 1, epochs=6, space_options=(("cells", 1), ("channels", 4)))
for path in sys.argv[1:]:
    generate(plan, Path(path), engine="serial", device="cpu")
"""


def test_sigkill_in_the_middle_of_a_run(tmp_path: Path) -> None:
    path, whole = tmp_path / "x.h5", tmp_path / "whole.h5"
    process = subprocess.Popen([sys.executable, "-c", GENERATE, str(path)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None and not list(parts_folder(path).glob("state-*")):
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not path.exists()
    (state,) = parts_folder(path).glob("state-*")
    assert np.isfinite(load_file(state)["record.test_loss"]).sum() >= 1
    subprocess.run([sys.executable, "-c", GENERATE, str(path), str(whole)], cwd=ROOT, check=True)
    assert same_curves(read(path), read(whole))
    assert sorted(os.listdir(tmp_path)) == ["whole.h5", "x.h5"]
