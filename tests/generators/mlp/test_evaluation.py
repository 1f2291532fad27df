import pytest
import torch
from torch.nn.functional import cross_entropy

from generators.mlp.draws import Draws
from generators.mlp.evaluation import Evaluation
from generators.mlp.memory import Parameters
from generators.mlp.reference import build
from generators.mlp.spec import MLPSpec


@pytest.mark.parametrize("rows", [1, 23, 512, 513, 1200])
@pytest.mark.parametrize("widths", [(), (9,), (20, 33)])
def test_an_evaluation_is_that_of_the_plain_network(make_task, make_run, rows, widths):
    task = make_task(test=rows)
    spec = MLPSpec.of(make_run(widths, dropout=0.4), task)
    draws = Draws(spec, 60)
    parameters = Parameters(spec.layers, torch.float64)
    for layer in range(len(spec.layers)):
        parameters.load(layer, *draws.initial(layer))
    evaluation = Evaluation(parameters, spec, task, "test", torch.float64)
    net = build(spec, draws, torch.float64).eval()
    for _ in range(2):
        values = evaluation.measure()
        z, y = net(torch.from_numpy(task.x["test"]).double()), torch.from_numpy(task.y["test"])
        assert values["test_loss"] == pytest.approx(cross_entropy(z, y).item(), rel=1e-12)
        assert values["test_acc"] == (z.argmax(1) == y).double().mean().item()
