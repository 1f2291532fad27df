import os
import signal

import pytest
import torch

from nasbench_lc.pool import WorkerLost, deaf_children, one_thread, spread


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


def test_a_worker_that_dies_is_said() -> None:
    with pytest.raises(WorkerLost):
        list(spread(_die, range(4), 2))


def test_one_thread_within_and_as_before_after() -> None:
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_children_are_deaf_and_the_parent_is_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    with deaf_children():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is before
