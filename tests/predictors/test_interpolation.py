import numpy as np
import torch

from predictors.interpolation import linear_weights


def test_linear_weights_equal_numpy() -> None:
    grid, t = torch.linspace(0.2, 1.0, 9), torch.linspace(0.2, 1.0, 31)
    values = torch.randn(9, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose((linear_weights(grid, t) @ values).numpy(), np.interp(t, grid, values), atol=1e-6)


def test_one_point_is_held() -> None:
    assert linear_weights(torch.tensor([3.0]), torch.tensor([3.0, 3.0])).tolist() == [[1.0], [1.0]]
