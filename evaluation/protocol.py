"""The strict protocol, and what a protocol decides: who is trained on, how often is fitted, which epoch is the last that counts."""

import abc
from dataclasses import dataclass

from evaluation.split import Split, split
from evaluation.transfer import aligned, concatenate
from nasbench_lc.curves import CurveSet
from predictors.base import Predictor

__all__ = ["Protocol", "Strict"]


class Protocol(abc.ABC):
    """How models meet curves."""

    name: str

    @abc.abstractmethod
    def parts(self, curves: CurveSet, seed: int) -> Split:
        """What is trained on, handed over as valid, and scored."""

    @abc.abstractmethod
    def last_epoch(self, horizon: int, epochs: int) -> int:
        """The last epoch that is scored for a horizon of runs of `epochs` epochs."""

    @abc.abstractmethod
    def prepared(self, predictor: Predictor, observe: int) -> Predictor:
        """The predictor to fit for a number of observed epochs."""


@dataclass(frozen=True)
class Strict(Protocol):
    """The split by group, one fit for every prefix, the last epoch scored, test touched once.

    Arguments:
        train_size: How many runs train and valid hold together; None for all.
        transfer_to: The curves that are scored instead of those that are learnt from; None for the same.
        transfer_curves: How many runs of `transfer_to`, from its train and valid parts, the fit sees besides.
    """

    train_size: int | None = None
    transfer_to: CurveSet | None = None
    transfer_curves: int = 0
    name = "strict"

    def parts(self, curves: CurveSet, seed: int) -> Split:
        """See :func:`evaluation.split.split`."""
        source = split(curves, seed, self.train_size)
        if self.transfer_to is None:
            return source
        goal = aligned(self.transfer_to, curves)
        test = split(goal, seed).test
        if not self.transfer_curves:
            return Split(source.train, source.valid, test)
        few = split(goal, seed, self.transfer_curves)
        return Split(concatenate(source.train, few.train), concatenate(source.valid, few.valid), test)

    def last_epoch(self, horizon: int, epochs: int) -> int:
        """The horizon itself."""
        return horizon

    def prepared(self, predictor: Predictor, observe: int) -> Predictor:
        """The predictor itself."""
        return predictor
