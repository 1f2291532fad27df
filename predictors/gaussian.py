"""A normal distribution over whole curves, conditioned on whatever part of one was seen."""

from dataclasses import dataclass
from typing import final

import numpy as np

from nasbench_lc.curves import CurveSet, Floats, Observed
from predictors.base import State
from predictors.options import Options, number
from predictors.point import PointPredictor
from predictors.prefix import held, scaled_prefix
from predictors.robust import centre_and_reach
from predictors.scale import to_scale

__all__ = ["Gaussian", "GaussianConfig"]


@dataclass(frozen=True)
class GaussianConfig(Options):
    """Hyperparameters of the Gaussian baseline.

    Arguments:
        rank: The number of factors; curves of one task lie close to a space of 3 to 10 dimensions.
        all_metrics: Whether the prefixes of the other metrics are conditioned on too.
    """

    rank: int = number(10, 1, 10_000)
    all_metrics: bool = False


@final
class Gaussian(PointPredictor):
    """Shrunk Gaussian conditioning from prefix to future, in closed form and for any pattern of missing values.

    The values of all metrics and epochs are jointly normal with mean mu and covariance W W^T + Psi, a low rank plus a diagonal: the
    shrinkage. It is fitted by principal components of the robustly standardised training curves, Psi being what they leave. Given the
    observed entries o, the factors are normal with precision I + W_o^T Psi_o^-1 W_o, and the future is their image.

    Sources: Tipping and Bishop, "Probabilistic principal component analysis", JRSS B 1999; that learning curves of one task have low rank: Yan et al.,
    "NAS-Bench-x11", NeurIPS 2021, arXiv 2111.03602.
    """

    config: GaussianConfig

    def __init__(self, config: GaussianConfig | None = None) -> None:
        super().__init__(config or GaussianConfig())

    def _learn(self, train: CurveSet) -> State:
        z = np.stack([to_scale(train.y[:, :, j], m) for j, m in enumerate(train.metrics)], axis=-1)
        n, epochs, metrics = z.shape
        table = z.reshape(n, -1)
        centre, reach, width = centre_and_reach(table)
        x = np.clip(table - centre, -reach, reach) / width
        there = np.isfinite(x)
        mean = np.where(there, x, 0).sum(0) / np.maximum(there.sum(0), 1)
        x = np.where(there, x - mean, 0.0)
        rank = min(self.config.rank, n, x.shape[1])
        _, s, v = np.linalg.svd(x, full_matrices=False)
        noise = np.maximum(((x - (x @ v[:rank].T) @ v[:rank]) ** 2).mean(0), 1e-4)
        loadings = v[:rank].T * np.sqrt(np.maximum(s[:rank] ** 2 / max(n, 1) - noise.mean(), 0.0))
        # An epoch that no training curve has is like the one before.
        there = there.any(0).reshape(epochs, metrics)
        like = held(np.where(there, np.arange(float(epochs))[:, None], np.nan)).astype(np.int64)

        def at_like(values: Floats) -> Floats:
            return values.reshape(epochs, metrics, *values.shape[1:])[like, np.arange(metrics)]

        return {
            "mean": at_like(centre + mean * width),
            "loadings": at_like(loadings * width[:, None]),
            "noise": at_like(noise * width**2),
            "reach": at_like(reach),
        }

    def _point(self, known: State, observed: Observed, t: Floats) -> tuple[Floats, Floats]:
        mean, loadings, noise = known["mean"], known["loadings"], known["noise"]
        k, rank, column = len(observed.t), loadings.shape[-1], observed.metrics.index(observed.metric)
        z = np.clip(scaled_prefix(observed) - mean[:k], -known["reach"][:k], known["reach"][:k])
        seen = np.isfinite(z)
        if not self.config.all_metrics:
            seen &= np.arange(z.shape[-1]) == column
        seen = seen.reshape(len(z), -1)
        weighted = loadings[:k].reshape(-1, rank) / noise[:k].reshape(-1, 1)
        products = loadings[:k].reshape(-1, rank)[:, :, None] * weighted[:, None, :]
        precision = np.eye(rank) + np.einsum("ne,eij->nij", seen.astype(np.float64), products)
        right = np.where(seen, z.reshape(len(z), -1), 0.0) @ weighted
        factors = np.linalg.solve(precision, right[..., None])[..., 0]
        at = np.minimum(t.astype(np.int64), len(mean)) - 1
        future = loadings[at, column]
        spread = np.einsum("hi,nij,hj->nh", future, np.linalg.inv(precision), future) + noise[at, column]
        return mean[at, column] + factors @ future.T, np.sqrt(spread)
