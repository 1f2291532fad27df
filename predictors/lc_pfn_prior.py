"""The curves that LC-PFN believes in before it sees any: weighted sums of three parametric families, with noise.

Source: Adriaensen et al., "Efficient Bayesian learning curve extrapolation using prior-data fitted networks", NeurIPS 2023,
arXiv 2310.20447, with the hyper-priors of the authors' code (their README says that the noise of the paper is misprinted).
"""

import numpy as np

from nasbench_lc.curves import Floats

__all__ = ["combination", "sample_prior"]

BATCH = 512


def combination(x: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Draws of the noiseless sum, before any is rejected, shape `(n, len(x))`; not finite where a family overflows.

    pow3: c - a x^-alpha with a ~ U(-0.6, 0.6), c ~ U(0, 1.25), log alpha ~ N(0, 2);
    ilog2: c - a / log(x + 1) with c ~ U(0, 1), a ~ U(-0.5, 0.5);
    Janoschek: a - (a - b) exp(-k x^d) with a ~ U(0, 1), b ~ U(0, 2), log k ~ N(-2, 1), log d ~ N(0, 0.5);
    each with a weight ~ U(0, 1), the weights not normalised (N by its standard deviation).

    Arguments:
        x: Steps on the axis 0 .. 100 of the prior, shape `(L,)`, positive.
        n: How many draws.
        rng: The source of randomness.
    """

    def uniform(low: float, high: float) -> Floats:
        return rng.uniform(low, high, (n, 1))

    def lognormal(mean: float, std: float) -> Floats:
        return rng.lognormal(mean, std, (n, 1))

    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        pow3 = uniform(0.0, 1.25) - uniform(-0.6, 0.6) * np.exp(-lognormal(0.0, 2.0) * np.log(x))
        ilog2 = uniform(0.0, 1.0) - uniform(-0.5, 0.5) / np.log(x + 1)
        top, bottom = uniform(0.0, 1.0), uniform(0.0, 2.0)
        janoschek = top - (top - bottom) * np.exp(-lognormal(-2.0, 1.0) * np.exp(lognormal(0.0, 0.5) * np.log(x)))
        return uniform(0.0, 1.0) * pow3 + uniform(0.0, 1.0) * ilog2 + uniform(0.0, 1.0) * janoschek


def sample_prior(x: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Noisy curves of the prior, shape `(n, len(x))`.

    A noiseless curve is kept if it stays within [0, 1] and ends above its start; then normal noise is added, its standard deviation drawn once per curve,
    log sigma ~ N(-4, 1), which may leave [0, 1].
    """
    kept: list[Floats] = []
    have = 0
    while have < n:
        y = combination(x, BATCH, rng)
        with np.errstate(invalid="ignore"):
            y = y[np.isfinite(y).all(1) & (y.min(1) >= 0) & (y.max(1) <= 1) & (y[:, -1] > y[:, 0])]
        kept.append(y)
        have += len(y)
    clean = np.concatenate(kept)[:n]
    return clean + rng.lognormal(-4.0, 1.0, (n, 1)) * rng.standard_normal(clean.shape)
