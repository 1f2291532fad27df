"""Jobs to parts: from the cache where they were answered before, over processes where there are several."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np

from evaluation.cache import PartCache, config_of, curves_digest
from evaluation.part import Job, Part, run_part
from evaluation.source_code import code_digest
from nasbench_lc.config import digest
from nasbench_lc.errors import NasbenchError
from nasbench_lc.pool import WorkerLost, one_thread, spread

__all__ = ["answers"]


def answers(jobs: Sequence[Job], cache: PartCache | None, workers: int) -> Iterator[tuple[Job, Part]]:
    """Every job with its part, in the order in which they end.

    Raises:
        NasbenchError: If a worker process died.
    """
    try:
        for index, part in spread(_numbered, [(i, job, cache) for i, job in enumerate(jobs)], workers):
            yield jobs[index], part
    except WorkerLost as error:
        raise NasbenchError(f"Workers must survive their fits; got {error}. What was finished is kept: run the same command.") from error


def _numbered(item: tuple[int, Job, PartCache | None]) -> tuple[int, Part]:
    index, job, cache = item
    with one_thread():
        return index, _answer(job, cache)


def _answer(job: Job, cache: PartCache | None) -> Part:
    if cache is None:
        return run_part(job)
    predictor = job.fitted or job.make()
    state = {n: sha256(np.ascontiguousarray(a).tobytes()).hexdigest() for n, a in predictor.state().items()} if job.fitted else {}
    asked = {"model": job.model, "seed": job.seed, "pairs": job.pairs, "protocol": job.protocol.name, "state": state}
    data = [curves_digest(part) for part in (job.split.train, job.split.valid, job.split.test)]
    key = digest({**asked, "config": config_of(predictor), "data": data, "code": code_digest(predictor, __name__)})
    stored = cache.load(key)
    if stored is not None:
        return Part.restored(*stored)
    part = run_part(job)
    cache.store(key, *part.record())
    return part
