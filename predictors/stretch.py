"""How much wider or narrower a network's forecasts should be, from validation curves.

A network fitted to a few hundred curves is sure of itself where it should not be. One factor widens everything that makes up its uncertainty,
the distances of its paths from their mean and the noise around each; it is chosen so that 80 % of the validation values fall in the 80 % interval.
"""

import torch
from torch import Tensor

from predictors.batches import Future, Prefix
from predictors.fitting import Network
from predictors.paths import Paths

__all__ = ["stretch", "stretch_factor"]

ENOUGH = 10
LEAST, MOST = 0.5, 4.0
NORMAL_90 = 1.2815515655446004


def stretch(paths: Paths, factor: float) -> Paths:
    """The paths with `factor` times the spread around the same mean."""
    centre = paths.mean.mean(1, keepdim=True)
    return Paths(centre + factor * (paths.mean - centre), factor * paths.scale)


@torch.no_grad()
def stretch_factor(network: Network, held_out: list[tuple[Prefix, Future]], paths: int, seed: int) -> float:
    """The factor that gives 80 % intervals 80 % of the known validation values; 1 where there are fewer than ten curves.

    Curves weigh alike: what counts is the 80 % quantile of standardised errors, each weighted by the inverse of how many values its curve has.
    """
    errors, weights = [], []
    for prefix, future in held_out:
        answer = network.forecast(prefix, future.t, paths, torch.Generator().manual_seed(seed))
        spread = (answer.scale.square().mean(1) + answer.mean.var(1, correction=0)).sqrt()
        known = future.mask > 0
        weight = future.mask / future.mask.sum(1, keepdim=True).clamp(min=1)
        errors.append(((future.y - answer.mean.mean(1)).abs() / spread)[known])
        weights.append(weight[known])
    if not held_out or len(held_out[0][0]) < ENOUGH:
        return 1.0
    return min(max(_weighted_quantile(torch.cat(errors), torch.cat(weights), 0.8) / NORMAL_90, LEAST), MOST)


def _weighted_quantile(values: Tensor, weights: Tensor, level: float) -> float:
    order = values.argsort()
    share = weights[order].cumsum(0) / weights.sum()
    return float(values[order][int(torch.searchsorted(share, level).clamp(max=len(values) - 1))])
