"""The loop that people write: DataLoader, autograd, torch.optim.SGD, default threads, one process; what generation is compared with."""

import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from generators.base import Task
from generators.mlp.spec import MLPSpec
from nasbench_lc.config import RunConfig

__all__ = ["train_plain"]


def train_plain(run: RunConfig, task: Task, epochs: int) -> dict[str, list[float]]:
    """Train the first epochs of a run with torch's own random numbers; the loss, accuracy and seconds of each epoch."""
    spec = MLPSpec.of(run, task)
    modules: list[nn.Module] = []
    for i, (fan_in, out) in enumerate(spec.layers):
        modules.append(nn.Linear(fan_in, out))
        if i < len(spec.widths):
            modules += [nn.ReLU(), nn.Dropout(spec.rates[i] / 65536)]
    net = nn.Sequential(*modules)
    parts = {s: TensorDataset(torch.from_numpy(task.x[s]), torch.from_numpy(task.y[s])) for s in task.x}
    train = DataLoader(parts.pop("train"), batch_size=spec.batch_size, shuffle=True, num_workers=0)
    others = {s: DataLoader(p, batch_size=spec.batch_size, num_workers=0) for s, p in parts.items()}
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=spec.lr[0], momentum=spec.momentum, weight_decay=spec.weight_decay)
    curve: dict[str, list[float]] = {"seconds": []}
    for epoch in range(epochs):
        begin = time.perf_counter()
        optimizer.param_groups[0]["lr"] = spec.lr[epoch]
        net.train()
        loss_sum, hits, seen = 0.0, 0, 0
        for x, y in train:
            optimizer.zero_grad()
            logits = net(x)
            loss = criterion(logits, y)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(y)
            hits += int((logits.argmax(1) == y).sum())
            seen += len(y)
        _append(curve, "train", loss_sum / seen, hits / seen)
        net.eval()
        with torch.no_grad():
            for split, loader in others.items():
                loss_sum, hits, seen = 0.0, 0, 0
                for x, y in loader:
                    logits = net(x)
                    loss_sum += criterion(logits, y).item() * len(y)
                    hits += int((logits.argmax(1) == y).sum())
                    seen += len(y)
                _append(curve, split, loss_sum / seen, hits / seen)
        curve["seconds"].append(time.perf_counter() - begin)
    return curve


def _append(curve: dict[str, list[float]], split: str, loss: float, acc: float) -> None:
    curve.setdefault(f"{split}_loss", []).append(loss)
    curve.setdefault(f"{split}_acc", []).append(acc)
