"""The plain training loop: the definition of a curve of this space, the oracle of the fast path, and what runs on other devices.

1. The weights start as :mod:`generators.nb201.draws` says; batch normalisation has weight 1, bias 0, epsilon 1e-5, momentum 0.1.
2. Each epoch draws an order, crops and mirrorings of the training images and cuts the order into consecutive batches, a short last one kept.
3. A batch: mean cross-entropy, its gradient, one step of SGD with Nesterov momentum and weight decay on every parameter, as torch.optim.SGD.
4. The train loss and accuracy of an epoch are means over its images of what each batch showed before its step: augmented, in train mode.
5. Then the validation and test images are evaluated in eval mode.
6. The learning rate is constant within an epoch. A run ends after the first epoch with a loss that is not finite.
"""

import time
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from generators.base import Task
from generators.nb201.batches import Batches
from generators.nb201.network import CellNetwork, initialise
from generators.nb201.spec import NB201Spec
from generators.record import Record
from generators.saves import Saves
from nasbench_lc.config import RunConfig
from nasbench_lc.curves import Curve

__all__ = ["EVALUATION_BATCH", "build", "train_reference"]

EVALUATION_BATCH = 500


def build(spec: NB201Spec) -> CellNetwork:
    """The network of a run with its initial weights."""
    network = CellNetwork(spec.cell, spec.shape[2], spec.classes, spec.channels, spec.cells)
    initialise(network, spec.stream)
    return network


class _Plain:
    """Network and optimiser as one :class:`generators.saves.Resumable`."""

    def __init__(self, network: CellNetwork, sgd: torch.optim.SGD) -> None:
        self._network, self._sgd = network, sgd

    def state(self) -> dict[str, Tensor]:
        """The network's state, batch statistics included, and a momentum buffer for each parameter."""
        found = {f"network.{name}": value for name, value in self._network.state_dict().items()}
        for i, p in enumerate(self._network.parameters()):  # a buffer exists from the first step on
            found[f"momentum.{i}"] = self._sgd.state[p].get("momentum_buffer", torch.zeros_like(p))
        return found

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over what `state` gave."""
        self._network.load_state_dict({name: state[f"network.{name}"] for name in self._network.state_dict()})
        for i, p in enumerate(self._network.parameters()):
            self._sgd.state[p]["momentum_buffer"] = torch.empty_like(p).copy_(state[f"momentum.{i}"])


def train_reference(
    run: RunConfig, task: Task, device: str = "cpu", dtype: torch.dtype = torch.float32, saves: Saves | None = None
) -> Curve:
    """Train one run with autograd and torch.optim."""
    saves = saves or Saves(run)
    spec = NB201Spec.of(run, task)
    record, batches = Record(run, task, spec), Batches(task, dtype)
    network = build(spec).to(device, dtype, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    sgd = torch.optim.SGD(network.parameters(), spec.lr[0], spec.momentum, weight_decay=spec.weight_decay, nesterov=spec.momentum > 0)
    plain = _Plain(network, sgd)
    done = saves.resume(record, plain)
    for epoch, lr in enumerate(spec.lr[done:], start=done + 1):
        begin, values = time.perf_counter(), {}
        sgd.param_groups[0]["lr"] = lr
        network.train()
        loss_sum, hits, n = torch.zeros((), dtype=torch.float64, device=device), torch.zeros((), device=device), 0
        for x, y in batches.train(spec.stream, epoch, spec.batch_size):
            logits, y = network(x.permute(0, 3, 1, 2).to(device)), y.to(device)
            loss = cross_entropy(logits, y)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            loss_sum += loss.detach() * len(y)
            hits += (logits.argmax(1) == y).sum()
            n += len(y)
        values.update(train_loss=float(loss_sum) / n, train_acc=float(hits) / n)
        network.eval()
        for split in ("val", "test"):
            if split in task.x:
                values.update(_evaluate(network, batches, split, device))
        record.add(epoch, values, time.perf_counter() - begin)
        if not record.alive:
            break
        saves.keep(record, plain, epoch)
    return record.curve()


@torch.no_grad()
def _evaluate(network: CellNetwork, batches: Batches, split: str, device: str) -> dict[str, float]:
    loss, hits, n = 0.0, 0, 0
    for x, y in batches.plain(split, EVALUATION_BATCH):
        logits, y = network(x.permute(0, 3, 1, 2).to(device)), y.to(device)
        loss += float(cross_entropy(logits, y, reduction="sum"))
        hits += int((logits.argmax(1) == y).sum())
        n += len(y)
    return {f"{split}_loss": loss / n, f"{split}_acc": hits / n}
