"""How jobs are spread over processes and machines; each an existing engine. A new one is one function and one line in `ENGINES`.

Every engine takes jobs in order, runs :func:`generators.jobs.work` on each, and yields what it returns in any order. A worker that dies
may take its job with it: the shards that it had written stay, and the caller plans what is missing again.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from generators.jobs import Done, Job, work
from nasbench_lc.errors import ConfigError
from nasbench_lc.pool import WorkerLost, deaf_children, spread

__all__ = ["ENGINES"]


def _serial(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    for job in jobs:
        yield work(job)


def _joblib(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    yield from spread(work, jobs, workers)


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
                "n_workers": min(workers, len(jobs)),
                "threads_per_worker": 1,
                # No dashboard, and its HTTP server on any free port: a second cluster of this machine would warn that 8787 is taken.
                "scheduler_kwargs": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                "silence_logs": logging.CRITICAL,  # an error reaches us as an exception; on Ctrl-C its scheduler would print lines of its own
            }
            with deaf_children():
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
