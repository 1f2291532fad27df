"""What a long run keeps between its epochs: a kill then costs minutes, not the run.

A run that is expected to take over ten minutes, or has, writes its state (weights, momentum, statistics, the metrics so far) into a file
beside the dataset's shards, every few minutes and at the end of an epoch, over the one before. Since all its random numbers are addressed by
the epoch, it goes on from there to the byte. The file is safetensors, which cannot execute anything; what is cut short, altered, of
another run or made with other versions is not trusted, and the run starts anew. Who stores the finished run removes it.
"""

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from generators.record import Record
from nasbench_lc.config import RunConfig
from nasbench_lc.errors import NasbenchError
from nasbench_lc.files import atomic
from nasbench_lc.provenance import machine
from nasbench_lc.shards import state_file

__all__ = ["Resumable", "Saves", "copy_into"]

LONG_SECONDS = 600.0
EVERY_SECONDS = 180.0

Arrays = dict[str, npt.NDArray[np.generic]]

_log = logging.getLogger(__name__)


class Resumable(Protocol):
    """A kernel in training."""

    def state(self) -> dict[str, Tensor]:
        """All that its next epoch depends on; the same names and shapes at any time."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over what `state` gave."""
        ...


class Saves:
    """The saved state of one run.

    Arguments:
        run: The run.
        folder: The shards' folder, None for a run that keeps nothing.
        seconds: What the run is expected to take.
        device: Where it is trained.
    """

    def __init__(self, run: RunConfig, folder: Path | None = None, seconds: float = 0.0, device: str = "cpu") -> None:
        self._path = None if folder is None else state_file(folder, run.run_id)
        self._expected = seconds
        # Rounding depends on all of this: a run that went on elsewhere would be nobody's curve.
        self._made = json.dumps({"run": run.run_id, "device": device, **machine()})
        self._epochs = run.recipe.epochs
        self._began = self._last = time.monotonic()

    def resume(self, record: Record, kernel: Resumable) -> int:
        """Bring a fresh record and kernel to where a killed process left them; how many epochs are done, 0 where nothing usable is there."""
        if self._path is None or not self._path.exists():
            return 0
        names = {**{f"record.{n}": v for n, v in record.state().items()}, **{f"kernel.{n}": v for n, v in _arrays(kernel).items()}}
        try:
            epoch, found = self._read(self._path, names)
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
            _log.warning("A run's saved state must be whole and its own; got %s (%s). The run starts anew.", self._path, error)
            return 0
        record.restore({n: found[f"record.{n}"] for n in record.state()})
        kernel.restore({n: torch.from_numpy(found[f"kernel.{n}"]) for n in kernel.state()})
        return epoch

    def keep(self, record: Record, kernel: Resumable, epoch: int) -> None:
        """Save after an epoch (1-based), if it is time to and there are epochs to come. A disk that is full costs the state, not the run."""
        now = time.monotonic()
        short = max(self._expected, now - self._began) <= LONG_SECONDS
        if self._path is None or short or epoch == self._epochs or now - self._last < EVERY_SECONDS:
            return
        arrays: Arrays = {f"record.{n}": v for n, v in record.state().items()}
        arrays.update((f"kernel.{n}", v) for n, v in _arrays(kernel).items())
        about = {"made": self._made, "epoch": str(epoch), "sha256": _digest(arrays, epoch)}
        try:
            with atomic(self._path) as temporary:
                temporary.write_bytes(save(arrays, about))
        except NasbenchError as error:
            _log.warning("%s", error)
        self._last = time.monotonic()

    def _read(self, path: Path, like: Arrays) -> tuple[int, Arrays]:
        with safe_open(path, "np") as file:
            about = file.metadata() or {}
            if about["made"] != self._made:
                raise ValueError("it is of another run, machine or version")
            arrays: Arrays = {name: file.get_tensor(name) for name in file.keys()}
        if {n: (a.shape, a.dtype) for n, a in arrays.items()} != {n: (a.shape, a.dtype) for n, a in like.items()}:
            raise ValueError("its arrays are not those of the run")
        epoch = int(about["epoch"])
        if not 0 < epoch < self._epochs or about["sha256"] != _digest(arrays, epoch):
            raise ValueError("it does not match its checksum")
        return epoch, arrays


def copy_into(target: Mapping[str, Tensor], source: Mapping[str, Tensor]) -> None:
    """Write the source's values into the target's tensors of the same names."""
    for name, tensor in target.items():
        tensor.copy_(source[name])


def _arrays(kernel: Resumable) -> Arrays:
    return {n: np.array(t.detach().cpu().numpy(), order="C") for n, t in kernel.state().items()}


def _digest(arrays: Arrays, epoch: int) -> str:
    checksum = hashlib.sha256(str(epoch).encode())
    for name in sorted(arrays):
        checksum.update(name.encode())
        checksum.update(arrays[name].tobytes())
    return checksum.hexdigest()
