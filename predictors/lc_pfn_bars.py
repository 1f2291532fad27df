"""The bar distribution: a density on the real line made of buckets and two half-normal tails.

Source: Müller et al., "Transformers can do Bayesian inference", ICLR 2022, arXiv 2112.10510, section 5, in the full-support form of LC-PFN's code.
"""

import math

import torch
from torch import Tensor

__all__ = ["Bars", "equal_mass_borders"]

HALF_NORMAL_MEDIAN = 0.6744897501960817
"""The median of the half-normal distribution of scale 1."""


def equal_mass_borders(values: Tensor, buckets: int) -> Tensor:
    """Borders `(buckets + 1,)` between which equally many of the values lie; buckets of no width are widened by a hair.

    Arguments:
        values: Any shape, finite.
        buckets: How many.
    """
    ordered = values.flatten().double().sort().values
    at = torch.linspace(0, len(ordered) - 1, buckets + 1, dtype=torch.float64).round().long()
    borders = ordered[at]
    least = 1e-6 * (borders[-1] - borders[0]) + 1e-9
    return torch.cumsum(torch.cat([borders[:1], (borders[1:] - borders[:-1]).clamp(min=least)]), 0)


class Bars:
    """The distribution that logits over the buckets stand for.

    Inner buckets are uniform. The first and the last are half-normals that point outwards from their inner border, half of whose mass lies within the
    width of the bucket.

    Arguments:
        borders: Increasing, shape `(B + 1,)`.
    """

    def __init__(self, borders: Tensor) -> None:
        self.borders = borders
        self.widths = borders[1:] - borders[:-1]
        self.left_scale = self.widths[0] / HALF_NORMAL_MEDIAN
        self.right_scale = self.widths[-1] / HALF_NORMAL_MEDIAN

    def log_density(self, logits: Tensor, y: Tensor) -> Tensor:
        """log p(y), the shape of `y`; logits of shape `(*y.shape, B)`."""
        b = len(self.widths)
        bucket = (torch.searchsorted(self.borders, y.contiguous()) - 1).clamp(0, b - 1)
        log_mass = torch.log_softmax(logits, -1).gather(-1, bucket[..., None])[..., 0]
        inner = -torch.log(self.widths)[bucket]
        left = _half_normal_log_density(self.borders[1] - y, self.left_scale)
        right = _half_normal_log_density(y - self.borders[-2], self.right_scale)
        return log_mass + torch.where(bucket == 0, left, torch.where(bucket == b - 1, right, inner))

    def mean(self, logits: Tensor) -> Tensor:
        """The mean, of shape `logits.shape[:-1]`."""
        middle = (self.borders[:-1] + self.borders[1:]) / 2
        out = math.sqrt(2 / math.pi)
        middle = torch.cat(
            [(self.borders[1] - out * self.left_scale)[None], middle[1:-1], (self.borders[-2] + out * self.right_scale)[None]]
        )
        return torch.softmax(logits, -1) @ middle

    def quantiles(self, logits: Tensor, levels: Tensor) -> Tensor:
        """The quantiles at `Q` levels, shape `(*logits.shape[:-1], Q)`: exact, non-decreasing."""
        mass = torch.softmax(logits, -1)
        above = torch.cumsum(mass, -1)
        level = levels.expand(*logits.shape[:-1], -1).contiguous()
        bucket = torch.searchsorted(above, level).clamp(max=len(self.widths) - 1)
        inside = mass.gather(-1, bucket).clamp(min=1e-12)
        part = ((level - above.gather(-1, bucket) + inside) / inside).clamp(0.0, 1.0)
        y = self.borders[bucket] + part * self.widths[bucket]
        left = self.borders[1] - self.left_scale * _half_normal_icdf(1 - part)
        right = self.borders[-2] + self.right_scale * _half_normal_icdf(part)
        y = torch.where(bucket == 0, left, torch.where(bucket == len(self.widths) - 1, right, y))
        return torch.cummax(y, -1).values


def _half_normal_log_density(distance: Tensor, scale: Tensor) -> Tensor:
    return -0.5 * (distance / scale) ** 2 - torch.log(scale) + 0.5 * math.log(2 / math.pi)


def _half_normal_icdf(p: Tensor) -> Tensor:
    return math.sqrt(2) * torch.erfinv(p.clamp(0.0, 1 - 1e-6))
