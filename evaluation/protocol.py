"""The strict protocol, and what a protocol decides: who is trained on, how often is fitted, which epoch is the last that counts."""

import abc
from dataclasses import dataclass

from evaluation.matching import beside
from evaluation.split import Split, split
from evaluation.transfer import aligned, met
from nasbench_lc.curves import CurveSet
from nasbench_lc.errors import ConfigError
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
        transfer_curves: How many runs of `transfer_to`, from its train and valid parts, the fit sees besides; the source's are moved
            to where these lie, see :mod:`evaluation.matching`.
        same_task: Whether `transfer_to` is of the same task, so that not its runs alone but their groups must be new to the fit,
            see :func:`evaluation.transfer.met`.
    """

    train_size: int | None = None
    transfer_to: CurveSet | None = None
    transfer_curves: int = 0
    same_task: bool = False
    name = "strict"

    def parts(self, curves: CurveSet, seed: int) -> Split:
        """See :func:`evaluation.split.split`; in a transfer, without the curves of the source that the test part of the target has met.

        Raises:
            ConfigError: If either file cannot be split so, or the target has fewer curves to learn from than asked.
        """
        source = split(curves, seed, self.train_size)
        if self.transfer_to is None:
            return source
        goal = aligned(self.transfer_to, curves)
        whole = split(goal, seed)
        train, valid = (part.subset(~met(part, whole.test, self.same_task)) for part in (source.train, source.valid))
        if not self.transfer_curves:
            return Split(train, valid, whole.test)
        most = len(whole.train) + len(whole.valid)
        if not 1 <= self.transfer_curves <= most:
            raise ConfigError(
                f"The target curves to learn from must number 0 .. {most}; got {self.transfer_curves}. Choose another --transfer-curves."
            )
        return beside(Split(train, valid, whole.test), split(goal, seed, self.transfer_curves))

    def last_epoch(self, horizon: int, epochs: int) -> int:
        """The horizon itself."""
        return horizon

    def prepared(self, predictor: Predictor, observe: int) -> Predictor:
        """The predictor itself."""
        return predictor
