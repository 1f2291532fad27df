"""Fits on disk: what has learnt the same curves before, with the same code and libraries, is not fitted again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from evaluation.cache import Cache, config_of, curves_digest
from evaluation.source_code import code_digest
from evaluation.split import Split
from evaluation.transfer import concatenate
from nasbench_lc.config import digest
from nasbench_lc.provenance import versions
from predictors.base import Predictor
from predictors.few_shot import ALONE, FewShot

__all__ = ["Fits"]

P = TypeVar("P", bound=Predictor)


@dataclass(frozen=True)
class Fits:
    """Fits predictors, or takes what an equal fit has learnt from the cache.

    Two fits are equal if the configuration, the curves of train and valid, the source code of the predictor and the versions of the libraries are.
    The seconds of the curves do not count: no predictor reads them.

    Arguments:
        cache: Where the states of fitted predictors are kept; None to fit always.
        variant: What tells predictors apart whose class and configuration are the same: the name of an ablation that replaces code.
    """

    cache: Cache | None = None
    variant: str = ""

    def fit(self, predictor: P, split: Split) -> tuple[P, float]:
        """The predictor, fitted to the train and valid parts, and the processor seconds that its fit took when it was made.

        A fit runs on one thread, and what else the machine does should not count.

        Raises:
            ConfigError: If the predictor cannot learn from these curves.
        """
        if self.cache is None:
            return _timed(predictor, split)
        data = [curves_digest(replace(part, seconds=np.zeros_like(part.seconds))) for part in (split.train, split.valid)]
        code = {"code": code_digest(predictor), "versions": versions(), "variant": self.variant}
        key = digest({"config": config_of(predictor), "data": data, **code})
        stored = self.cache.load(key)
        if stored is not None:
            return predictor.load_state(stored[1]), float(stored[0]["fit_seconds"])
        predictor, seconds = _timed(predictor, split)
        self.cache.store(key, {"fit_seconds": seconds}, predictor.state())
        return predictor, seconds

    def learn(self, make: Callable[[], Predictor], split: Split) -> tuple[Predictor, float]:
        """Whoever forecasts the split's test part, and the seconds as above: one predictor, or those of :mod:`predictors.few_shot`, configured for two
        tasks where they learn from another.

        Raises:
            ConfigError: If the predictor cannot learn from these curves.
        """
        if split.few is None:
            return self.fit(make(), split)
        few = concatenate(*split.few.own)
        predictor, seconds = self.fit(make().across_tasks(), split)
        without, more = self.fit(make().across_tasks(), Split(*split.few.others, split.test))
        if len(few) < ALONE:
            return FewShot(predictor, without, few), seconds + more
        alone, still_more = self.fit(make(), Split(*split.few.own, split.test))
        return FewShot(predictor, without, few, alone), seconds + more + still_more


def _timed(predictor: P, split: Split) -> tuple[P, float]:
    begin = time.process_time()
    predictor.fit(split.train, split.valid)
    return predictor, time.process_time() - begin
