"""How jobs are spread over processes and machines; each an existing engine. A new one is one function and one line in `ENGINES`.

Every engine takes jobs in order, runs :func:`generators.jobs.work` on each, and yields what it returns in any order. A worker that dies
may take its job with it: the shards that it had written stay, and the caller plans what is missing again.
"""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from generators.jobs import Done, Job, work
from nasbench_lc.errors import ConfigError

__all__ = ["ENGINES", "WorkerLost"]


class WorkerLost(Exception):
    """A worker died; what it had finished is stored, the rest is to be planned again."""


def _serial(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    for job in jobs:
        yield work(job)


def _joblib(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    if min(workers, len(jobs)) == 1:  # a second process would cost its imports and gain nothing
        yield from _serial(jobs, 1)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    options: dict[str, Any] = {"backend": "loky", "return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": 2 * workers}
    parallel: Any = Parallel(n_jobs=workers, **options)  # joblib's annotations know the defaults only
    try:
        with _deaf_children():
            results = parallel(delayed(work)(job) for job in jobs)
        yield from results
    except TerminatedWorkerError as error:
        raise WorkerLost(str(error).splitlines()[0]) from error


@contextlib.contextmanager
def _deaf_children() -> Iterator[None]:
    # A terminal sends Ctrl-C to workers too, which would each print a traceback; a process that is started while it is ignored ignores it.
    if threading.current_thread() is not threading.main_thread():  # where Python does not allow it
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _dask(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    try:
        import dask.config
        from distributed import Client, KilledWorker, LocalCluster, as_completed
    except ImportError as error:
        raise ConfigError("Dask must be installed for --engine dask; got no such package. Run: pip install 'nasbench-lc[dask]'") from error
    with contextlib.ExitStack() as stack:
        address = dask.config.get("scheduler-address", None)  # what DASK_SCHEDULER_ADDRESS or a Dask configuration file names
        if address is None:
            options: dict[str, Any] = {
                "n_workers": workers,
                "threads_per_worker": 1,
                "dashboard_address": None,
                "silence_logs": logging.ERROR,
            }
            with _deaf_children():
                address = stack.enter_context(LocalCluster(**options))
        client = stack.enter_context(Client(address))
        # A job whose worker dies is sent to another by the scheduler itself.
        futures = client.map(work, jobs, pure=False)
        for future in as_completed(futures):
            try:
                done = future.result()
            except KilledWorker as error:  # it killed one worker after the other
                raise WorkerLost("a job that killed all workers it was given to") from error
            yield done
            future.release()


ENGINES: dict[str, Callable[[Sequence[Job], int], Iterator[Done]]] = {
    "serial": _serial,
    "joblib": _joblib,
    "dask": _dask,
}
