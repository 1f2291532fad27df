"""Jobs to parts: over processes where there are several, fits from the cache where there are equal ones."""

from collections.abc import Iterator, Sequence

from evaluation.fits import Fits
from evaluation.part import Job, Part, run_part
from nasbench_lc.errors import NasbenchError
from nasbench_lc.pool import WorkerLost, one_thread, spread

__all__ = ["answers"]


def answers(jobs: Sequence[Job], fits: Fits, workers: int) -> Iterator[tuple[Job, Part]]:
    """Every job with its part, in the order in which they end.

    Raises:
        NasbenchError: If a worker process died.
    """
    try:
        for index, part in spread(_numbered, [(i, job, fits) for i, job in enumerate(jobs)], workers):
            yield jobs[index], part
    except WorkerLost as error:
        raise NasbenchError(f"Workers must survive their fits; got {error}. What was finished is kept: run the same command.") from error


def _numbered(item: tuple[int, Job, Fits]) -> tuple[int, Part]:
    index, job, fits = item
    with one_thread():
        return index, run_part(job, fits)
