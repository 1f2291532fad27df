"""Training one run on one core of a CPU with the engine."""

import time

import torch

from generators.base import Task
from generators.nb201.batches import Batches
from generators.nb201.engine import Engine
from generators.nb201.spec import NB201Spec
from generators.record import Record
from generators.saves import Saves
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve

__all__ = ["train_fast"]

_EVALUATION_BATCH = 250
"""Small enough for the activations to stay in the cache."""


@torch.no_grad()
def train_fast(run: RunConfig, task: Task, dtype: torch.dtype = torch.float32, saves: Saves | None = None) -> Curve:
    """The curve of one run, as :func:`generators.nb201.reference.train_reference` defines it."""
    saves = saves or Saves(run)
    spec = NB201Spec.of(run, task)
    record, batches, engine = Record(run, task, spec, "processor"), Batches(task, dtype), Engine(spec, dtype)
    done = saves.resume(record, engine)
    for epoch, lr in enumerate(spec.lr[done:], start=done + 1):
        begin, values = time.thread_time(), {}
        loss, hits = 0.0, 0
        for x, y in batches.train(spec.stream, epoch, spec.batch_size):
            batch_loss, batch_hits = engine.train_batch(x, y, lr)
            loss, hits = loss + batch_loss, hits + batch_hits
        n = len(task.y["train"])
        values.update(train_loss=loss / n, train_acc=hits / n)
        engine.fold()
        for split in ("val", "test"):
            if split in task.x:
                scores = [engine.evaluate(x, y) for x, y in batches.plain(split, _EVALUATION_BATCH)]
                n = len(task.y[split])
                values.update({f"{split}_loss": sum(s[0] for s in scores) / n, f"{split}_acc": sum(s[1] for s in scores) / n})
        record.add(epoch, values, time.thread_time() - begin)
        if not record.alive:
            break
        saves.keep(record, engine, epoch)
    return record.curve()
