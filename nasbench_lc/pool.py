"""Work over processes of this machine: one thread each, results as they come, deaf to Ctrl-C, which the parent answers, and gone with it."""

import contextlib
import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

__all__ = ["WorkerLost", "answer_sigterm", "cores", "deaf_children", "one_thread", "spread", "threads"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerLost(Exception):
    """A worker died; results that it had stored itself are kept, the rest is to be asked for again."""


def spread(function: Callable[[Item], Result], items: Sequence[Item], workers: int, ordered: bool = False) -> Iterator[Result]:
    """`function` of every item, as the results come or in the order of the items; within this process where one worker is enough.

    Arguments:
        function: What to do; it and the items must be picklable.
        items: What to do it with.
        workers: How many processes at most; never more than there are items.
        ordered: Whether a result waits for those of the items before it.

    Raises:
        WorkerLost: If a worker died.
    """
    workers = min(workers, len(items))
    if workers <= 1:  # a second process would cost its imports and gain nothing
        yield from map(function, items)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    order = "generator" if ordered else "generator_unordered"
    options: dict[str, Any] = {"backend": "loky", "return_as": order, "batch_size": 1, "pre_dispatch": 2 * workers}
    parallel: Any = Parallel(n_jobs=workers, **options)  # joblib's annotations know the defaults only
    try:
        with deaf_children():
            results = parallel(delayed(_answer)(function, item, os.getpid()) for item in items)
        yield from results
    except TerminatedWorkerError as error:
        raise WorkerLost(str(error).splitlines()[0]) from error
    finally:
        # joblib keeps its workers, with all that they have imported and loaded, for a next call that may have other modules at hand.
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


def _answer(function: Callable[[Item], Result], item: Item, parent: int) -> Result:
    _end_with(parent)
    return function(item)


@functools.cache
def _end_with(parent: int) -> None:
    """From now on this worker ends within a second of its parent: work that nobody waits for would go on without the parent's locks."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def answer_sigterm() -> Iterator[None]:
    """SIGTERM within, which batch systems send some time before they kill, is answered like Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():  # where Python does not allow it
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started within ignore Ctrl-C: a terminal sends it to workers too, and each would print a traceback."""
    if threading.current_thread() is not threading.main_thread():  # where Python does not allow it
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One torch thread within, as before without: more would oversubscribe the cores, and could change the last bit of a sum."""
    torch = sys.modules.get("torch")  # whoever computes with torch has imported it by now
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """How many cores this process may run on: how many workers there are by default."""
    return len(os.sched_getaffinity(0))


def threads() -> int:
    """How many threads a computation of this process may use: as many as torch may, so one within :func:`one_thread`."""
    torch = sys.modules.get("torch")
    return 1 if torch is None else torch.get_num_threads()
