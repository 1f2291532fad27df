"""The one loop that fits every neural sequence predictor: same data, same budget, same early stopping.

Each minibatch is cut after a random number of observed epochs, so that one model serves every prefix length, none included; or, where
the options name one, after that one length. The KL term is annealed; forecasts of validation curves, cut at fixed lengths, decide when
to stop and which weights to keep. They are scored by CRPS, not by likelihood: the likelihood of unseen curves worsens as soon as a
network is too sure of itself, long before its forecasts stop improving.
"""

import abc
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from predictors.batches import Future, Prefix, WholeCurves
from predictors.options import Options, number
from predictors.paths import Paths, normal_crps

__all__ = ["FitOptions", "Network", "cut_validation", "fit", "random_length", "validation_lengths"]

SCORED_PATHS = 8


@dataclass(frozen=True)
class FitOptions(Options):
    """The budget that all neural sequence predictors share.

    Arguments:
        seed: Keys initial weights, minibatches, prefixes and samples.
        epochs: Passes over the training curves, at most.
        batch_size: Curves per step.
        lr: The learning rate of AdamW at the start; a cosine takes it to 0 at the last epoch.
        weight_decay: Of AdamW.
        clip: The largest norm of a gradient.
        patience: Epochs without a better validation score before the fit stops.
        kl_epochs: Epochs over which the weight of the KL term rises linearly from 0 to 1.
        prefix: The number of observed epochs that is learnt from and stopped by; 0 for all numbers, so that one fit serves every prefix.
    """

    seed: int = number(0, 0, 2**62)
    epochs: int = number(200, 1, 100_000)
    batch_size: int = number(32, 1, 100_000)
    lr: float = number(3e-3, 1e-7, 1.0)
    weight_decay: float = number(1e-2, 0.0, 10.0)
    clip: float = number(1.0, 1e-6, 1e6)
    patience: int = number(50, 1, 100_000)
    kl_epochs: int = number(20, 0, 100_000)
    prefix: int = number(0, 0, 100_000)


class Network(nn.Module, abc.ABC):
    """What the loop can fit and :class:`predictors.neural.NeuralPredictor` can ask."""

    @abc.abstractmethod
    def loss(self, prefix: Prefix, future: Future, beta: float, generator: torch.Generator) -> Tensor:
        """The loss per future value, in nats: a scalar. `beta` weighs the KL term. What is sampled is drawn from the generator."""

    @abc.abstractmethod
    def forecast(self, prefix: Prefix, t: Tensor, paths: int, generator: torch.Generator) -> Paths:
        """`Z` = `paths` equally likely paths at the epochs `t`, increasing and after the prefix.

        Whatever is drawn from the generator is shared by all rows.
        """


def fit(network: Network, train: WholeCurves, valid: WholeCurves | None, options: FitOptions) -> list[float]:
    """Fit a network in place and return the validation score of every epoch (the training loss where there are no validation curves)."""
    generator = torch.Generator().manual_seed(options.seed)
    rows = train.informative
    held_out = cut_validation(valid, options.prefix) if valid is not None else []
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.lr, weight_decay=options.weight_decay, fused=True)
    batches = math.ceil(len(rows) / options.batch_size)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(options.epochs * batches, 1))
    history: list[float] = []
    best, best_epoch, kept = math.inf, 0, _snapshot(network)
    for epoch in range(options.epochs if batches else 0):
        beta = min(1.0, (epoch + 1) / max(options.kl_epochs, 1))
        total = 0.0
        for chunk in rows[torch.randperm(len(rows), generator=generator)].split(options.batch_size):
            length = min(options.prefix, len(train.epochs) - 1) or random_length(len(train.epochs), generator)
            prefix, future = train.cut(chunk, length)
            loss = network.loss(prefix, future, beta, generator)
            optimizer.zero_grad()
            loss.backward()
            norm = nn.utils.clip_grad_norm_(network.parameters(), options.clip)
            if bool(torch.isfinite(norm)):
                optimizer.step()
            decay.step()
            total += float(loss.detach()) / batches
        score = _score(network, held_out, options.seed) if held_out else total
        history.append(score)
        if held_out and score < best:
            best, best_epoch, kept = score, epoch, _snapshot(network)
        if held_out and epoch - best_epoch >= options.patience:
            break
    if held_out and math.isfinite(best):
        network.load_state_dict(kept)
    return history


def random_length(epochs: int, generator: torch.Generator) -> int:
    """How many epochs a minibatch shows: 0 once in 16 times, else log-uniform over 1 .. 0.8 `T`; always below `T`."""
    first, second = torch.rand(2, generator=generator).tolist()
    longest = max(1, int(0.8 * epochs))
    length = 0 if first < 1 / 16 else round(math.exp(second * math.log(longest + 0.5)))
    return min(length, epochs - 1)


def validation_lengths(epochs: int) -> list[int]:
    """The prefix lengths at which validation curves are cut: a spread over 1 .. `T` / 2."""
    return sorted({min(max(1, round(epochs * f)), epochs - 1) for f in (0.02, 0.05, 0.1, 0.2, 0.4)})


def cut_validation(valid: WholeCurves, prefix: int = 0) -> list[tuple[Prefix, Future]]:
    """The validation curves that have values, cut after `prefix` epochs, or at every length of :func:`validation_lengths` where that is 0."""
    rows, epochs = valid.informative, len(valid.epochs)
    lengths = [min(prefix, epochs - 1)] if prefix else validation_lengths(epochs)
    return [valid.cut(rows, k) for k in lengths] if len(rows) else []


@torch.no_grad()
def _score(network: Network, held_out: list[tuple[Prefix, Future]], seed: int) -> float:
    scores = []
    for prefix, future in held_out:
        paths = network.forecast(prefix, future.t, SCORED_PATHS, torch.Generator().manual_seed(seed))
        scores.append(float(normal_crps(paths, future.y, future.mask)))
    score = sum(scores) / len(scores)
    return score if math.isfinite(score) else math.inf


def _snapshot(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
