import dataclasses

import numpy as np
import torch
from torch import nn

from predictors.ensemble_ode import EnsembleODE, Question, Shape

SHAPE = Shape(members=3, static=4, told=0, prefix=5, latent=6, context=7, hidden=8, steps=5, dropout=0.0)


def question(shape: Shape, rows: int = 4) -> Question:
    draw = torch.Generator().manual_seed(1)
    size = (shape.members, rows)
    return Question(*(torch.randn(*size, *w, generator=draw).double() for w in ((shape.static,), (shape.prefix,), ())))


def network() -> EnsembleODE:
    torch.manual_seed(0)
    return EnsembleODE(SHAPE).double().eval()


def test_a_member_alone_gives_what_it_gives_among_others() -> None:
    net, asked, times = network(), question(SHAPE), torch.linspace(0.1, 1, 9).double()
    mean, scale = net(asked, times)
    assert mean.shape == scale.shape == (3, 4, 9)
    assert (scale > 0).all()
    for member in range(3):
        alone = EnsembleODE(dataclasses.replace(SHAPE, members=1)).double().eval()
        alone.load_state_dict({k: v[:, [member]] if k == "time" else v[[member]] for k, v in net.state_dict().items()})
        part = Question(asked.static[[member]], asked.prefix[[member]], asked.last[[member]])
        np.testing.assert_allclose(alone(part, times)[0][0].detach(), mean[member].detach(), rtol=1e-10)


def test_it_is_the_equations_of_its_docstring() -> None:
    net, asked = network(), question(SHAPE)
    torch.manual_seed(0)
    w = net.state_dict()
    gelu, m = nn.functional.gelu, 1

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ w[f"{name}.weight"][m] + w[f"{name}.bias"][m, 0]

    a = linear("static.1", gelu(linear("static.0", asked.static[m])))
    both = linear("prefix.1", gelu(linear("prefix.0", torch.cat([asked.prefix[m], a], -1))))
    z, u = both[:, :6], both[:, 6:] + a
    n = 400
    for i in range(n):  # the midpoint rule with small steps

        def f(s: float, z: torch.Tensor) -> torch.Tensor:
            inner = linear("state", z) + linear("share", u) + s * w["time"][0, m, 0] + s * s * w["time"][1, m, 0]
            return linear("out", gelu(inner))

        z = z + f((i + 0.5) / n, z + f(i / n, z) / (2 * n)) / n
    out = linear("decode", z)
    mean, scale = net(asked, torch.ones(1).double())
    move, gate, pace, width = out.T
    last = asked.last[m]
    expected = last + torch.exp(3 * pace.clamp(-3, 0.5)) * (move - torch.sigmoid(gate - 1) * last)
    np.testing.assert_allclose(mean[m, :, 0].detach(), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(scale[m, :, 0].detach(), nn.functional.softplus(width - 0.5) + 0.01, rtol=1e-3)


def test_a_training_step_leaves_out_what_describes_the_graph_and_no_hyperparameter() -> None:
    shape = dataclasses.replace(SHAPE, told=2, dropout=0.5)
    torch.manual_seed(0)
    net = EnsembleODE(shape).train()
    seen: list[torch.Tensor] = []
    net.static[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    asked = question(shape, rows=50)
    net(Question(asked.static.float(), asked.prefix.float(), asked.last.float()), torch.ones(1))
    np.testing.assert_array_equal(seen[0][..., :2], asked.static[..., :2].float())
    assert 0.3 < float((seen[0][..., 2:] == 0).float().mean()) < 0.7
