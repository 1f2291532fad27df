"""The protocol of the released LC-GODE code, for comparison with published numbers only: it is optimistic.

It splits contiguously (the first 75 % of the curves in file order train, the others test), fits models anew for every prefix, hands the *test* curves to
the fit as its valid part, so that models stop at their best test epoch, and drops the last epoch from every score. Its numbers are
labelled as optimistic wherever they are shown, with those of the strict protocol beside them. Being a leak by design, it is
exempt from the leak tests; everything optimistic is in this file.

References:
    Ding et al., AAAI 2025, arXiv:2412.15554, and its released code (``latent_de_graph.py``).
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from evaluation.protocol import Protocol
from evaluation.split import Split
from nasbench_lc.curves import CurveSet
from nasbench_lc.errors import ConfigError
from predictors.base import Predictor

__all__ = ["TRAIN_SHARE", "Paper"]

TRAIN_SHARE = 0.75
"""The share of the curves, in file order, that the released code trains on."""


@dataclass(frozen=True)
class Paper(Protocol):
    """The optimistic protocol."""

    name = "paper"

    def parts(self, curves: CurveSet, seed: int) -> Split:
        """A contiguous split whose valid part is its test part; the seed changes nothing.

        Raises:
            ConfigError: If there are fewer than 2 curves.
        """
        cut = int(TRAIN_SHARE * len(curves))
        if not 0 < cut < len(curves):
            raise ConfigError(f"The paper's protocol needs at least 2 curves; got {len(curves)}. Generate more runs.")
        test = curves.subset(np.arange(cut, len(curves)))
        return Split(curves.subset(np.arange(cut)), test, test)

    def last_epoch(self, horizon: int, epochs: int) -> int:
        """The horizon, but never the last epoch of the runs."""
        return min(horizon, epochs - 1)

    def prepared(self, predictor: Predictor, observe: int) -> Predictor:
        """The predictor told to expect that prefix, where its config has a field ``prefix``."""
        if any(field.name == "prefix" for field in fields(predictor.config)):
            return type(predictor)(replace(predictor.config, prefix=observe))  # pyright: ignore[reportCallIssue]
        return predictor
