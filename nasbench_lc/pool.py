"""Work over processes of this machine: one thread each, results as they come, deaf to Ctrl-C, which the parent answers."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

__all__ = ["WorkerLost", "deaf_children", "one_thread", "spread"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerLost(Exception):
    """A worker died; results that it had stored itself are kept, the rest is to be asked for again."""


def spread(function: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """`function` of every item, in the order in which the results come; within this process where one worker is enough.

    Raises:
        WorkerLost: If a worker died.
    """
    if min(workers, len(items)) <= 1:  # a second process would cost its imports and gain nothing
        yield from map(function, items)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    options: dict[str, Any] = {"backend": "loky", "return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": 2 * workers}
    parallel: Any = Parallel(n_jobs=workers, **options)  # joblib's annotations know the defaults only
    try:
        with deaf_children():
            results = parallel(delayed(function)(item) for item in items)
        yield from results
    except TerminatedWorkerError as error:
        raise WorkerLost(str(error).splitlines()[0]) from error
    finally:
        # joblib keeps its workers, with all that they have imported and loaded, for a next call that may have other modules at hand.
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


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
