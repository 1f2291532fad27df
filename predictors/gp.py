"""A Gaussian process over curves and epochs."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.features import static_features, vocabulary
from predictors.kronecker import Posterior, condition_rows, likelihood_surrogate
from predictors.mean_curve import mean_curve
from predictors.options import Options, number
from predictors.packing import pack_json, unpack_json
from predictors.point import PointPredictor
from predictors.prefix import fill
from predictors.robust import limits
from predictors.scale import to_scale

__all__ = ["GP", "GPConfig"]

GRID = 24
"""At so many epochs, geometrically spaced, the marginal likelihood is taken: neighbours tell little new and make the fit too sure."""
START = torch.tensor([-0.5, -1.0, 0.0, -3.0, 0.0], dtype=torch.float64)
"""Prior means of the logarithms of signal, variance per curve, length in log t, noise and constant; all have standard deviation 1."""


@dataclass(frozen=True)
class GPConfig(Options):
    """Hyperparameters of the Gaussian process.

    Arguments:
        steps: Steps of Adam on the marginal likelihood.
        lr: Its learning rate.
        curves: At most so many training curves are used, the first ones: the cost grows with their cube.
    """

    steps: int = number(60, 0, 100_000)
    lr: float = number(0.1, 1e-7, 1.0)
    curves: int = number(400, 1, 10_000)


@final
class GP(PointPredictor):
    """A Gaussian process with covariance (k(x, x') + w [x = x']) k(t, t') plus noise, on the scale of comparison, around the mean curve.

    k(x, x') is Matern 5/2 with one length per feature (:mod:`predictors.features`), k(t, t') Matern 5/2 in log t plus a constant, and w is
    what features do not explain; all are fitted by marginal likelihood under log-normal priors. Every epoch is divided by its standard
    deviation over the training curves. These are made complete by holding the value before a gap, so that the plain Kronecker algebra of
    :mod:`predictors.kronecker` serves.

    The latent Kronecker GP conditions all curves on all prefixes at once; here each curve is conditioned on the training curves and its own
    prefix, so that no forecast depends on its companions.

    Source: Lin et al., "Scaling Gaussian processes for learning curve prediction via latent Kronecker structure", 2024, arXiv 2410.09239.
    """

    config: GPConfig

    def __init__(self, config: GPConfig | None = None) -> None:
        super().__init__(config or GPConfig())

    def _learn(self, train: CurveSet) -> State:
        c = self.config
        train = train.subset(np.flatnonzero(np.isfinite(train.target).any(1))[: c.curves])
        words = vocabulary(train)
        x = static_features(train, words)
        std = x.std(0)
        mean = mean_curve(train)
        bounds = limits(to_scale(train.target, train.metric))
        z = fill(np.clip(to_scale(train.target, train.metric), *bounds) - mean, np.zeros(train.epochs))
        unit = np.maximum(z.std(0), 0.3 * z.std() + 1e-3)
        known = {
            "words": pack_json(words),
            "centre": x.mean(0),
            "width": np.where(std > 1e-9, std, np.inf),
            "mean": mean,
            "unit": unit,
            "limits": bounds,
        }
        inputs, y = torch.from_numpy(_standardise(known, x)), torch.from_numpy(z / unit)
        some = np.unique(np.geomspace(1, train.epochs, GRID).round().astype(np.int64)) - 1
        log_t, part = torch.from_numpy(np.log(train.t[some])), torch.from_numpy((z / unit)[:, some])
        dims = max(int((std > 1e-9).sum()), 1)
        usual = 0.5 * float(np.log(dims)) + 1.0
        raw = torch.cat([START, torch.full((x.shape[1],), usual, dtype=torch.float64)]).requires_grad_()
        optimizer = torch.optim.Adam([raw], c.lr)
        for _ in range(c.steps):
            a, b, noise = _covariances(raw, inputs, inputs, log_t)
            prior = ((raw[5:] - usual) ** 2).sum() / 2 + ((raw[:5] - START) ** 2).sum() / 2
            optimizer.zero_grad()
            (likelihood_surrogate(a + raw[1].exp() * torch.eye(len(a)), b, noise, part) + prior).backward()
            optimizer.step()
        return known | {"raw": raw.detach().numpy(), "x": inputs.numpy(), "y": y.numpy()}

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        mean, unit = known["mean"], known["unit"]
        raw, train = torch.from_numpy(np.array(known["raw"])), torch.from_numpy(np.array(known["x"]))
        query = torch.from_numpy(_standardise(known, static_features(observed, unpack_json(known["words"]))))
        log_t = torch.from_numpy(np.log(np.arange(1.0, len(mean) + 1)))
        with torch.no_grad():
            a, b, noise = _covariances(raw, train, train, log_t)
            cross, _, _ = _covariances(raw, query, train, log_t)
            alone = float(raw[1].exp())
            signal = float(raw[0].exp())
        posterior = Posterior(a.numpy() + alone * np.eye(len(a)), b.numpy(), float(noise), np.asarray(known["y"]))
        row_mean, vectors, values = posterior.rows(cross.numpy(), np.full(len(query), signal + alone))
        k = len(observed.t)
        y = (np.clip(to_scale(observed.target, observed.metric), *known["limits"][:, :k]) - mean[:k]) / unit[:k]
        at = np.minimum(t.astype(np.int64), len(mean)) - 1
        z, variance = condition_rows(row_mean, vectors, values, float(noise), np.isfinite(y), y, at)
        return mean[at] + unit[at] * z, unit[at] * np.sqrt(variance)


def _standardise(known: State, x: Floats) -> Floats:
    return np.clip((x - known["centre"]) / known["width"], -5, 5)


def _covariances(raw: Tensor, a: Tensor, b: Tensor, log_t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """k(x, x') between the rows of `a` and `b`, k(t, t'), and the noise; `raw` holds the logarithms of their parameters.

    In order: signal variance, variance per curve, length in log t, noise, constant, lengths of the features.
    """
    lengths = raw[5:].exp()
    by_curve = raw[0].exp() * _matern(_distance(a / lengths, b / lengths))
    by_epoch = _matern((log_t[:, None] - log_t).abs() / raw[2].exp()) + raw[4].exp()
    return by_curve, by_epoch, raw[3].exp() + 1e-4


def _distance(a: Tensor, b: Tensor) -> Tensor:
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return (squares.clamp(min=0) + 1e-12).sqrt()


def _matern(r: Tensor) -> Tensor:
    """Matern 5/2 at a distance in lengths."""
    s = 5**0.5 * r
    return (1 + s + s**2 / 3) * torch.exp(-s)
