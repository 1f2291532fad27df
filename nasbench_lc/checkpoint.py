"""A fitted predictor on disk: a folder with ``predictor.json`` and ``state.safetensors``; nothing in it can execute code."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.files import plain_words, sync_folder
from nasbench_lc.provenance import environment

__all__ = ["Checkpoint", "load", "save"]

_VERSION = 5
"""One higher whenever arrays that an older version wrote are no longer what a model needs: 2 by features, 3 by shares of examples, 4 by runs at rest, 5 by
training speed."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint folder holds.

    Arguments:
        model: The name of the predictor in the registry.
        config: Its hyperparameters.
        state: Its arrays.
        metric: The metric that it forecasts.
        dataset: Where its training curves came from: file, recipe hash, digest of the ids.
        split: How they were split: seed, train size, protocol.
        seen: The ids of all runs that it was fitted or calibrated on.
        seen_groups: Their groups.
        provenance: Host, processor, versions, fit seconds.
    """

    model: str
    config: Mapping[str, Any]
    state: Mapping[str, npt.NDArray[Any]]
    metric: str
    dataset: Mapping[str, Any]
    split: Mapping[str, Any]
    seen: tuple[str, ...]
    seen_groups: tuple[str, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; an older one in the same folder is replaced when the new one is whole.

    Raises:
        ConfigError: If the folder exists and is something else.
        NasbenchError: If the disk is full, or the folder read-only.
    """
    if folder.exists() and not (folder / "predictor.json").exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigError(f"The folder must be new or hold a checkpoint; got {folder} with other files. Choose another --out.")
    with plain_words(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            # Order="C" also turns 0-d arrays and views into what safetensors stores.
            save_file({k: np.array(v, order="C") for k, v in checkpoint.state.items()}, fresh / "state.safetensors")
            document = {
                "checkpoint_version": _VERSION,
                "model": checkpoint.model,
                "config": dict(checkpoint.config),
                "metric": checkpoint.metric,
                "dataset": dict(checkpoint.dataset),
                "split": dict(checkpoint.split),
                "provenance": {**environment(), **checkpoint.provenance},
                "state_sha256": _digest(fresh / "state.safetensors"),
                "seen": list(checkpoint.seen),
                "seen_groups": list(checkpoint.seen_groups),
            }
            (fresh / "predictor.json").write_text(json.dumps(document, indent=1) + "\n")
            for name in ("state.safetensors", "predictor.json"):
                with (fresh / name).open("rb") as handle:
                    os.fsync(handle.fileno())
            fresh.chmod(0o755)
            _swap(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, folder: Path) -> None:
    old = fresh.with_name(fresh.name + ".old")
    if folder.exists():
        os.replace(folder, old)
    os.replace(fresh, folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def load(folder: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        FormatError: If the folder holds none, or one that is damaged or of another version.
    """
    try:
        raw = json.loads((folder / "predictor.json").read_text())
        version = int(raw["checkpoint_version"])
        if version != _VERSION:
            remedy = "Install a newer nasbench-lc." if version > _VERSION else "Train the predictor again."
            raise FormatError(f"The checkpoint must be of version {_VERSION}; got {version} in {folder}. {remedy}")
        if raw["state_sha256"] != _digest(folder / "state.safetensors"):
            raise FormatError(f"The checkpoint's arrays must match their checksum; got others in {folder}. Train the predictor again.")
        return Checkpoint(
            model=str(raw["model"]),
            config=dict(raw["config"]),
            state=load_file(folder / "state.safetensors"),
            metric=str(raw["metric"]),
            dataset=dict(raw["dataset"]),
            split=dict(raw["split"]),
            seen=tuple(map(str, raw["seen"])),
            seen_groups=tuple(map(str, raw["seen_groups"])),
            provenance=dict(raw["provenance"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError) as error:
        raise FormatError(
            f"A checkpoint must be a folder with predictor.json and state.safetensors; got {type(error).__name__} from {folder}. "
            "Check the path, or train again: nasbench-lc train-predictor"
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
