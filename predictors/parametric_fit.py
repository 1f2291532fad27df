"""Robust least squares for many curves at once: Levenberg-Marquardt from several starts, with Gaussian priors and Laplace's evidence."""

import itertools
from dataclasses import dataclass

import numpy as np

from nasbench_lc.curves import Floats
from predictors.parametric_families import Family

__all__ = ["Fit", "fit_family"]

HUBER = 1.345
"""Residuals beyond so many standard deviations count linearly."""
STARTS = (-1.0, 0.0, 1.0)
"""Where each shape parameter may start, in prior standard deviations."""


@dataclass(frozen=True, eq=False)
class Fit:
    """One family fitted to `N` curves.

    Arguments:
        family: The family.
        parameters: (c, a, phi ...), shape `(N, 2 + P)`.
        covariance: Laplace's approximation, shape `(N, 2 + P, 2 + P)`.
        evidence: The logarithm of the marginal likelihood in the same approximation, shape `(N,)`.
    """

    family: Family
    parameters: Floats
    covariance: Floats
    evidence: Floats

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Values at the epochs `x`, shape `(H,)`, and their variances from the uncertainty of the parameters: two arrays `(N, H)`."""
        value, slopes = _model(self.family, x, self.parameters)
        return value, np.maximum(np.einsum("nhi,nij,nhj->nh", slopes, self.covariance, slopes), 0.0)


def fit_family(family: Family, x: Floats, y: Floats, noise: Floats, mean: Floats, std: Floats, keep: int = 2, steps: int = 25) -> Fit:
    """Maximise Huber likelihood times prior for each curve.

    Arguments:
        family: What to fit.
        x: Epochs, shape `(K,)`.
        y: Values, shape `(N, K)`, NaN where missing.
        noise: Standard deviation of a value, shape `(N,)`.
        mean: Prior mean of the parameters (c, a, phi ...), shape `(N, 2 + P)`.
        std: Their prior standard deviations, likewise.
        keep: How many of the starts are followed, the best by their objective.
        steps: Levenberg-Marquardt steps.
    """
    there = np.isfinite(y)
    scaled = np.where(there, y, 0.0)
    offsets = np.array(list(itertools.product(STARTS, repeat=mean.shape[1] - 2)), dtype=np.float64)  # (starts, P)
    starts = []
    for offset in offsets:
        p = mean.copy()
        p[:, 2:] += offset * std[:, 2:]
        starts.append(_linear_part(family, x, scaled, there, noise, p, mean, std))
    costs = np.stack([_objective(family, x, scaled, there, noise, p, mean, std) for p in starts])
    order = np.argsort(costs, axis=0, kind="stable")[:keep]
    rows = np.arange(len(y))
    stacked = np.stack(starts)
    best = [_descend(family, x, scaled, there, noise, stacked[o, rows], mean, std, steps) for o in order]
    costs = np.stack([_objective(family, x, scaled, there, noise, p, mean, std) for p in best])
    winner = np.argmin(costs, axis=0)
    p = np.stack(best)[winner, rows]
    hessian, _ = _normal_equations(family, x, scaled, there, noise, p, mean, std)
    evidence = -costs[winner, rows] - 0.5 * np.linalg.slogdet(hessian)[1] - np.log(std).sum(1)
    return Fit(family, p, np.asarray(np.linalg.inv(hessian), dtype=np.float64), evidence)


def _model(family: Family, x: Floats, p: Floats) -> tuple[Floats, Floats]:
    """Values `(N, K)` and their derivatives by the parameters `(N, K, 2 + P)`."""
    h, by_phi = family.shape(x, p[:, 2:])
    a = p[:, 1:2]
    return p[:, :1] + a * h, np.stack([np.ones_like(h), h, *(a * d for d in by_phi)], axis=-1)


def _objective(family: Family, x: Floats, y: Floats, there: Floats, noise: Floats, p: Floats, mean: Floats, std: Floats) -> Floats:
    """Negative log posterior up to a constant, shape `(N,)`."""
    r = np.abs(np.where(there, _model(family, x, p)[0] - y, 0.0)) / noise[:, None]
    huber = np.where(r <= HUBER, 0.5 * r**2, HUBER * (r - HUBER / 2))
    return huber.sum(1) + 0.5 * (((p - mean) / std) ** 2).sum(1)


def _normal_equations(
    family: Family, x: Floats, y: Floats, there: Floats, noise: Floats, p: Floats, mean: Floats, std: Floats
) -> tuple[Floats, Floats]:
    """Gauss-Newton's Hessian and gradient of the objective, Huber's weights in place."""
    value, slopes = _model(family, x, p)
    r = np.where(there, value - y, 0.0) / noise[:, None]
    w = there * np.minimum(1.0, HUBER / np.maximum(np.abs(r), 1e-12))
    j = slopes / noise[:, None, None]
    weighted = (w[:, :, None] * j).transpose(0, 2, 1)
    precision = 1 / std**2
    hessian = weighted @ j + precision[:, :, None] * np.eye(p.shape[1])
    return hessian, (weighted @ r[:, :, None])[:, :, 0] + (p - mean) * precision


def _linear_part(family: Family, x: Floats, y: Floats, there: Floats, noise: Floats, p: Floats, mean: Floats, std: Floats) -> Floats:
    """The parameters with c and a at their best for the shape they have."""
    hessian, gradient = _normal_equations(family, x, y, there, noise, p, mean, std)
    out = p.copy()
    out[:, :2] -= np.linalg.solve(hessian[:, :2, :2], gradient[:, :2, None])[:, :, 0]
    return out


def _descend(
    family: Family, x: Floats, y: Floats, there: Floats, noise: Floats, p: Floats, mean: Floats, std: Floats, steps: int
) -> Floats:
    """Levenberg-Marquardt with one damping factor per curve; a step that does not help is not taken."""
    damping = np.full(len(p), 1e-2)
    cost = _objective(family, x, y, there, noise, p, mean, std)
    eye = np.eye(p.shape[1])
    for _ in range(steps):
        hessian, gradient = _normal_equations(family, x, y, there, noise, p, mean, std)
        diagonal = np.einsum("nii->ni", hessian)
        step = np.linalg.solve(hessian + damping[:, None, None] * diagonal[:, :, None] * eye, gradient[:, :, None])[:, :, 0]
        trial = np.clip(p - step, mean - 8 * std, mean + 8 * std)
        trial_cost = _objective(family, x, y, there, noise, trial, mean, std)
        better = trial_cost < cost
        p = np.where(better[:, None], trial, p)
        cost = np.where(better, trial_cost, cost)
        damping = np.clip(np.where(better, damping / 5, damping * 5), 1e-9, 1e9)
    return p
