import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import joblib
import pytest
import torch

from nasbench_lc.errors import ConfigError
from nasbench_lc.files import lock
from nasbench_lc.pool import WorkerLost, answer_sigterm, cores, deaf_children, one_thread, spread, threads

ROOT = Path(__file__).parents[2]


def _square(x: int) -> tuple[int, int]:
    return x * x, os.getpid()


def _die(x: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return x


def test_one_worker_stays_in_this_process_and_in_order() -> None:
    assert list(spread(_square, range(4), 1)) == [(x * x, os.getpid()) for x in range(4)]
    assert list(spread(_square, [], 2)) == []


def test_two_workers_answer_every_item_elsewhere() -> None:
    results = list(spread(_square, range(6), 2))
    assert sorted(r for r, _ in results) == [x * x for x in range(6)]
    assert os.getpid() not in {pid for _, pid in results}


def _first_last(path: Path) -> str:
    """The item `a` waits for `b`'s file."""
    deadline = time.monotonic() + 60
    while path.name == "a" and not path.with_name("b").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    path.touch()
    return path.name


def test_results_come_in_order_where_that_is_asked_and_as_they_come_elsewhere(tmp_path: Path) -> None:
    items = [tmp_path / name for name in "ab"]
    assert list(spread(_first_last, items, 2)) == ["b", "a"]
    (tmp_path / "b").unlink()
    assert list(spread(_first_last, items, 2, ordered=True)) == ["a", "b"]


def test_there_are_never_more_workers_than_items(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Watched(joblib.Parallel):
        def __init__(self, **options: Any) -> None:
            asked.append(options["n_jobs"])
            super().__init__(**options)

    monkeypatch.setattr(joblib, "Parallel", Watched)
    assert sorted(r for r, _ in spread(_square, range(2), 6)) == [0, 1]
    assert asked == [2]


def test_a_worker_that_dies_is_said() -> None:
    with pytest.raises(WorkerLost):
        list(spread(_die, range(4), 2))


PARENT = """
import sys
from pathlib import Path
from nasbench_lc.pool import spread
from tests.nasbench_lc.test_pool import hold
list(spread(hold, [Path(sys.argv[1]) / name for name in "ab"], 2))
"""


def hold(path: Path) -> None:
    with lock(path):
        path.touch()
        time.sleep(600)


def held(path: Path) -> bool:
    """Whether a process lives that holds the lock: the kernel frees it when the process ends, whoever buries it."""
    try:
        with lock(path):
            return False
    except ConfigError:
        return True


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    paths, deadline = [tmp_path / name for name in "ab"], time.monotonic() + 60
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL)
    while time.monotonic() < deadline and not all(path.exists() for path in paths):
        time.sleep(0.02)
    assert all(map(held, paths))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    while time.monotonic() < deadline and any(map(held, paths)):
        time.sleep(0.02)
    assert not any(map(held, paths))


def test_sigterm_is_answered_like_ctrl_c_and_as_before_after() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), answer_sigterm():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_one_thread_within_and_as_before_after() -> None:
    before = torch.get_num_threads()
    assert threads() == before
    with one_thread():
        assert torch.get_num_threads() == threads() == 1
    assert torch.get_num_threads() == before


def test_children_are_deaf_and_the_parent_is_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    with deaf_children():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is before


def test_as_many_cores_as_this_process_may_run_on() -> None:
    allowed = os.sched_getaffinity(0)
    assert cores() == len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
