import pytest
import torch
from torch import Tensor, nn

from predictors.batches import Future, Prefix
from predictors.fitting import Network
from predictors.paths import Paths
from predictors.stretch import stretch, stretch_factor

T = torch.arange(11.0, 31.0)


class Claims(Network):
    """Forecasts 0 with a spread that it claims: half of the variance between its paths, half around them."""

    def __init__(self, claimed: float) -> None:
        super().__init__()
        self.claimed = claimed
        self.unused = nn.Parameter(torch.zeros(1))

    def loss(self, prefix: Prefix, future: Future, beta: float, generator: torch.Generator) -> Tensor:
        raise NotImplementedError

    def forecast(self, prefix: Prefix, t: Tensor, paths: int, generator: torch.Generator) -> Paths:
        part = self.claimed / 2**0.5
        signs = torch.tensor([part, -part])[None, :, None].expand(len(prefix), 2, len(t))
        return Paths(signs, torch.full((len(prefix), 2, len(t)), part))


def held_out(n: int, true: float) -> list[tuple[Prefix, Future]]:
    nothing = torch.zeros(n, 0, 1)
    y = true * torch.randn(n, len(T), generator=torch.Generator().manual_seed(0))
    mask = torch.ones(n, len(T))
    mask[0, 3:] = 0
    return [(Prefix(torch.zeros(0), nothing, nothing, torch.zeros(n, 0), None), Future(T, y, mask))]


@pytest.mark.parametrize("true", [0.6, 1.0, 2.5])
def test_finds_the_ratio_of_true_to_claimed_spread(true: float) -> None:
    assert stretch_factor(Claims(1.0), held_out(400, true), 2, 0) == pytest.approx(true, rel=0.05)


def test_is_bounded_and_needs_ten_curves() -> None:
    assert stretch_factor(Claims(1e-3), held_out(50, 1.0), 2, 0) == 4.0
    assert stretch_factor(Claims(1e3), held_out(50, 1.0), 2, 0) == 0.5
    assert stretch_factor(Claims(1e-3), held_out(9, 1.0), 2, 0) == 1.0
    assert stretch_factor(Claims(1.0), [], 2, 0) == 1.0


def test_a_stretched_forecast_keeps_its_mean_and_scales_its_spread() -> None:
    g = torch.Generator().manual_seed(0)
    paths = Paths(torch.randn(3, 8, 5, generator=g), torch.rand(3, 8, 5, generator=g))
    wide = stretch(paths, 2.0)
    torch.testing.assert_close(wide.mean.mean(1), paths.mean.mean(1))
    torch.testing.assert_close(wide.mean.std(1), 2 * paths.mean.std(1))
    torch.testing.assert_close(wide.scale, 2 * paths.scale)
