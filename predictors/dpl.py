"""Deep power laws: networks that read the parameters of a power law off the architecture and the hyperparameters."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nasbench_lc.curves import Bools, CurveSet, Floats, Observed
from predictors.base import State
from predictors.features import static_features, vocabulary
from predictors.options import Options, number
from predictors.packing import pack_json, unpack_json
from predictors.point import PointPredictor
from predictors.robust import limits
from predictors.scale import to_scale

__all__ = ["DPL", "DPLConfig"]

FLOOR = 0.05
"""Least standard deviation of a residual, in units of the training curves: power laws are no better than that."""


@dataclass(frozen=True)
class DPLConfig(Options):
    """Hyperparameters of the deep power laws.

    Arguments:
        members: Networks in the ensemble.
        hidden: Units of their two hidden layers.
        steps: Full-batch steps of Adam.
        lr: Its learning rate.
        weight_decay: Its decoupled weight decay.
        seed: Of weights and of the part of the curves that each member sees.
    """

    members: int = number(5, 1, 100)
    hidden: int = number(128, 1, 65536)
    steps: int = number(400, 1, 1_000_000)
    lr: float = number(1e-3, 1e-7, 1.0)
    weight_decay: float = number(1e-2, 0.0, 10.0)
    seed: int = number(0, 0, 2**62)


@final
class DPL(PointPredictor):
    """An ensemble of networks, each giving y(b) = alpha + silu(beta) b^-silu(gamma) with b = t / T, trained on absolute errors.

    The source conditions on a prefix by training on. Here each member sees a random four fifths of the curves; on the rest one learns how
    far alpha and the amplitude miss, and these two are then updated by Bayes' rule on the observed prefix, member by member, with gamma
    as it is: a linear regression in closed form. Curves are on the scale of comparison, standardised; T is the length of the training
    curves and b does not exceed 1.

    Source: Kadra et al., "Scaling laws for hyperparameter optimization", NeurIPS 2023, arXiv 2302.00441.
    """

    config: DPLConfig

    def __init__(self, config: DPLConfig | None = None) -> None:
        super().__init__(config or DPLConfig())

    def _learn(self, train: CurveSet) -> State:
        c = self.config
        train = train.subset(np.flatnonzero(np.isfinite(train.target).any(1)))
        words = vocabulary(train)
        x = static_features(train, words)
        bounds = limits(to_scale(train.target, train.metric))
        z = np.clip(to_scale(train.target, train.metric), *bounds)
        facts = np.array([float(np.nanmean(z)), max(float(np.nanstd(z)), 1e-3)])
        known = {"words": pack_json(words), "centre": x.mean(0), "width": np.where(x.std(0) > 1e-9, x.std(0), np.inf), "facts": facts}
        inputs = torch.from_numpy(_standardise(known, x)).float()
        y = torch.from_numpy((z - facts[0]) / facts[1]).float()
        there = torch.isfinite(y)
        log_b = torch.from_numpy(np.log(train.t / train.epochs)).float()
        random = torch.Generator().manual_seed(c.seed)
        mine = torch.rand((c.members, len(x)), generator=random) < 0.8
        mine |= ~mine.any(1, keepdim=True)
        sizes = ((inputs.shape[1], c.hidden), (c.hidden, c.hidden), (c.hidden, 3))
        weights = [torch.randn((c.members, a, b), generator=random) * (2 / max(a, 1)) ** 0.5 for a, b in sizes]
        weights[-1] *= 0.1
        biases = [torch.zeros(c.members, 1, b) for _, b in sizes]
        parameters = [p.requires_grad_() for p in (*weights, *biases)]
        optimizer = torch.optim.AdamW(parameters, c.lr, weight_decay=c.weight_decay)
        part = (mine[:, :, None] & there).float()
        for _ in range(c.steps):
            error = (_curves(_laws(inputs, weights, biases), log_b) - torch.nan_to_num(y)).abs() * part
            optimizer.zero_grad()
            (error.sum((1, 2)) / part.sum((1, 2)).clamp(min=1)).sum().backward()
            optimizer.step()
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            known |= {f"weight{i}": w.detach().numpy(), f"bias{i}": b.detach().numpy()}
        covariance, noise = _misses(self._law_arrays(known, x), y.double().numpy(), ~mine.numpy(), log_b.double().numpy())
        return known | {"covariance": covariance, "noise": np.array([noise]), "epochs": np.array([train.epochs]), "limits": bounds}

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        centre, width = known["facts"]
        epochs, covariance, noise = int(known["epochs"][0]), known["covariance"], float(known["noise"][0])
        laws = self._law_arrays(known, static_features(observed, unpack_json(known["words"])))  # (members, N, 3)
        log_b = np.log(np.minimum(np.concatenate([observed.t, t]), epochs) / epochs)
        h = np.exp(-laws[..., 2:] * log_b)
        value = laws[..., :1] + laws[..., 1:2] * h
        k = len(observed.t)
        y = (np.clip(to_scale(observed.target, observed.metric), *known["limits"][:, :k]) - centre) / width
        there = np.isfinite(y)
        basis = np.stack([np.ones_like(h), h], axis=-1)
        seen = basis[:, :, :k] * there[:, :, None] / noise
        precision = np.linalg.inv(covariance) + seen.swapaxes(-1, -2) @ seen
        residual = np.where(there, y - value[:, :, :k], 0.0)[..., None] / noise
        shift = np.linalg.solve(precision, seen.swapaxes(-1, -2) @ residual)
        ahead = basis[:, :, k:]
        forecast = value[:, :, k:] + (ahead @ shift)[..., 0]
        own = np.einsum("mnhi,mnij,mnhj->mnh", ahead, np.linalg.inv(precision), ahead).mean(0) + noise**2
        return centre + width * forecast.mean(0), width * np.sqrt(own + forecast.var(0))

    def _law_arrays(self, known: State, x: Floats) -> Floats:
        """(alpha, amplitude, exponent) of every member and curve, shape `(members, N, 3)`."""
        inputs = torch.from_numpy(_standardise(known, x)).float()
        weights = [torch.from_numpy(np.array(known[f"weight{i}"])) for i in range(3)]
        biases = [torch.from_numpy(np.array(known[f"bias{i}"])) for i in range(3)]
        return _laws(inputs, weights, biases).double().numpy()


def _standardise(known: State, x: Floats) -> Floats:
    """Standardised features, bounded, so that an unheard-of architecture asks for no wild extrapolation; constant ones are 0."""
    return np.clip((x - known["centre"]) / known["width"], -3, 3)


def _laws(inputs: Tensor, weights: list[Tensor], biases: list[Tensor]) -> Tensor:
    hidden = inputs.expand(len(weights[0]), -1, -1)
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        hidden = F.leaky_relu(hidden @ w + b)
    raw = hidden @ weights[-1] + biases[-1]
    return torch.stack([raw[..., 0], F.silu(raw[..., 1]), F.silu(raw[..., 2])], -1)


def _curves(laws: Tensor, log_b: Tensor) -> Tensor:
    """The power laws at log b, shape `(members, N, T)`."""
    return laws[..., :1] + laws[..., 1:2] * torch.exp(-laws[..., 2:] * log_b)


def _misses(laws: Floats, y: Floats, unseen: Bools, log_b: Floats) -> tuple[Floats, float]:
    """How (alpha, amplitude) miss on curves that a member did not see: covariance `(2, 2)`; and the standard deviation of what remains.

    What remains is correlated from epoch to epoch, so a prefix tells less than its length suggests: the deviation is that of white noise
    which would tell as much, sqrt((1 + r) / (1 - r)) times as large for a correlation r at lag 1.
    """
    misses, left, lagged = [], [], []
    for law, rows in zip(laws, unseen, strict=True):
        for i in np.flatnonzero(rows):
            there = np.isfinite(y[i])
            h = np.exp(-law[i, 2] * log_b[there])
            basis = np.stack([np.ones_like(h), h], axis=1)
            residual = y[i, there] - law[i, 0] - law[i, 1] * h
            miss = np.linalg.solve(basis.T @ basis + 1e-3 * np.eye(2), basis.T @ residual)
            misses.append(miss)
            rest = residual - basis @ miss
            left.append(np.sqrt(np.mean(rest**2)))
            lagged.append((rest[1:] @ rest[:-1], rest @ rest))
    if len(misses) < 3:
        return np.eye(2), 0.2
    m = np.stack(misses)
    cap = 5 * 1.4826 * np.median(np.abs(m), axis=0) + 1e-3
    m = np.clip(m, -cap, cap)
    pairs = np.array(lagged)
    r = float(np.clip(np.median(pairs[:, 0] / np.maximum(pairs[:, 1], 1e-12)), 0.0, 0.9))
    return m.T @ m / len(m) + 1e-4 * np.eye(2), max(float(np.median(left)), FLOOR) * ((1 + r) / (1 - r)) ** 0.5
