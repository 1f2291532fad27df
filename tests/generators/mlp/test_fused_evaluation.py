import pytest
import torch
from torch.nn.functional import cross_entropy

from generators.mlp.cost import Shape
from generators.mlp.fused_evaluation import FusedEvaluation


@pytest.mark.parametrize("rows", [1, 100, 128, 129, 300])
def test_each_network_is_evaluated_on_every_row_once(make_task, rows):
    task = make_task(test=rows)
    shape = Shape(depth=2, columns=32, rows=16, inputs=5, classes=3, epochs=1, weighted=False)
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(4, n, 32, generator=generator, dtype=torch.float64) / 6 for n in (8, 32))
    for weight, bias in ((first, 5), (second, 31)):
        weight[:, :, 31] = 0.0
        weight[:, bias, 31] = 1.0  # the column of ones
    output = torch.randn(4, 3, 32, generator=generator, dtype=torch.float64)
    values = FusedEvaluation(task, "test", 4, shape, torch.float64).measure([first, second, output])
    x, y = torch.from_numpy(task.x["test"]).double(), torch.from_numpy(task.y["test"])
    for k, value in enumerate(values):
        h = torch.relu(x @ first[k, :5, :31] + first[k, 5, :31])
        h = torch.relu(h @ second[k, :31, :31] + second[k, 31, :31])
        z = h @ output[k, :, :31].t() + output[k, :, 31]
        assert value["test_loss"] == pytest.approx(cross_entropy(z, y).item(), rel=1e-12)
        assert value["test_acc"] == (z.argmax(1) == y).double().mean().item()
