import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from generators.mlp.logits import EpochLogits, score
from generators.mlp.spec import MLPSpec


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batch", [16, 20, 60, 7])
def test_steps_hold_the_gradient_and_the_epoch_its_measures(make_task, make_run, batch, weighted):
    task = make_task()
    spec = MLPSpec.of(make_run((), batch_size=float(batch), weighted=weighted), task)
    logits = EpochLogits(spec, task, torch.float64)
    order = np.random.default_rng(0).permutation(60)
    logits.shuffle(order)
    z = torch.randn(60, 3, dtype=torch.float64, requires_grad=True)
    y = torch.from_numpy(task.y["train"][order])
    counts = np.bincount(task.y["train"])
    weight = torch.from_numpy(60 / (3 * counts)) if weighted else None
    for start, step in zip(range(0, 60, batch), logits.steps, strict=True):
        part = slice(start, start + batch)
        step.z.copy_(z[part].detach().t())
        slope = (torch.softmax(step.z, 0).numpy() - step.target_np) * step.alpha
        if step.row_weights is not None:
            slope = slope * step.row_weights
        (gradient,) = torch.autograd.grad(cross_entropy(z[part], y[part], weight), z)
        np.testing.assert_allclose(slope.T, gradient[part].numpy(), atol=1e-14)
    values = logits.measure()
    assert values["train_loss"] == pytest.approx(cross_entropy(z, y).item(), rel=1e-12)
    assert values["train_acc"] == (z.argmax(1) == y).double().mean().item()


def test_scores_of_huge_logits_are_finite_and_nan_is_not_hidden():
    z = torch.tensor([[[1e5, 0.0], [0.0, np.nan]]])
    index, labels = np.array([2, 1]), np.array([1, 0])
    loss, hits = score(z[:, :, :1].contiguous(), torch.zeros(1, 2, 1), labels[:1], np.array([1]))
    assert (loss, hits) == (1e5, 0)
    assert np.isnan(score(z, torch.zeros_like(z), labels, index)[0])
