"""The loop that people write: torchvision transforms on PIL images, a DataLoader, autograd, torch.optim, default layout and threads."""

import time
from typing import cast

import torch
from PIL import Image
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from generators.base import Task
from generators.nb201.network import CellNetwork
from generators.nb201.spec import NB201Spec
from generators.pixels import normalisation
from nasbench_lc.config import RunConfig

__all__ = ["train_plain"]


class Images(Dataset):
    """A split as torchvision's data sets hold it: one PIL image at a time through the transforms."""

    def __init__(self, task: Task, split: str, transform: transforms.Compose) -> None:
        self._x, self._y, self._transform = task.x[split], task.y[split], transform

    def __len__(self) -> int:
        return len(self._y)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return cast("torch.Tensor", self._transform(Image.fromarray(self._x[i]))), int(self._y[i])


def train_plain(run: RunConfig, task: Task, epochs: int) -> list[float]:
    """The seconds of each of the first epochs of a run, training and evaluation."""
    spec = NB201Spec.of(run, task)
    mean, std = normalisation(task)
    last = [transforms.ToTensor(), transforms.Normalize((mean / 255).tolist(), (std / 255).tolist())]
    augment = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.RandomCrop(spec.shape[0], padding=4), *last])
    train = DataLoader(Images(task, "train", augment), spec.batch_size, shuffle=True)
    held_out = [DataLoader(Images(task, s, transforms.Compose(last)), spec.batch_size) for s in task.x if s != "train"]
    torch.manual_seed(spec.seed)
    network = CellNetwork(spec.cell, spec.shape[2], spec.classes, spec.channels, spec.cells)
    sgd = torch.optim.SGD(network.parameters(), spec.lr[0], spec.momentum, weight_decay=spec.weight_decay, nesterov=True)
    seconds = []
    for lr in spec.lr[:epochs]:
        begin = time.perf_counter()
        sgd.param_groups[0]["lr"] = lr
        network.train()
        total = 0.0
        for x, y in train:
            loss = cross_entropy(network(x), y)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            total += loss.item()
        network.eval()
        with torch.no_grad():
            for loader in held_out:
                for x, y in loader:
                    total += cross_entropy(network(x), y).item()
        seconds.append(time.perf_counter() - begin)
    return seconds
