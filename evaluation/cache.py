"""Finished parts of an evaluation on disk, so that a killed one goes on where it was.

One part is one (protocol, model, seed). Its key is a digest of everything that its numbers depend on: the curves, the model's configuration, the
question asked, and the source code that answers it. A part is two files, JSON and npz, each put in place atomically.
"""

import dataclasses
import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nasbench_lc.curves import CurveSet
from predictors.base import Predictor

__all__ = ["PartCache", "config_of", "curves_digest"]

Arrays = dict[str, npt.NDArray[Any]]


def curves_digest(curves: CurveSet) -> str:
    """The sha256 over everything in a set of curves, 64 hexadecimal digits."""
    sha = hashlib.sha256()
    text = [curves.metrics, curves.metric, curves.hyperparameter_names, curves.uid, curves.group, [s.label for s in curves.status]]
    sha.update(json.dumps([*text, [a.key for a in curves.architectures]]).encode())
    for array in (curves.y, curves.hyperparameters, curves.seconds, curves.n_params, curves.n_macs, curves.schedule):
        sha.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()


def config_of(predictor: Predictor) -> dict[str, Any]:
    """The class and the hyperparameters of a predictor, ready for JSON."""
    kind = type(predictor)
    return {"class": f"{kind.__module__}.{kind.__qualname__}", **json.loads(json.dumps(dataclasses.asdict(predictor.config), default=repr))}


@dataclasses.dataclass(frozen=True)
class PartCache:
    """A folder of finished parts.

    Arguments:
        folder: Made when the first part is stored.
    """

    folder: Path

    def load(self, key: str) -> tuple[Any, Arrays] | None:
        """A stored part, or None where there is none that can be read."""
        try:
            record = json.loads((self.folder / f"{key}.json").read_text())
            with (self.folder / f"{key}.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return record, dict(arrays)
        except (OSError, ValueError, zipfile.BadZipFile):
            return None

    def store(self, key: str, record: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Store a part; the JSON file comes last and makes it complete."""
        self.folder.mkdir(parents=True, exist_ok=True)
        npz, final = self.folder / f"{key}.{os.getpid()}.tmp", self.folder / f"{key}.npz"
        with npz.open("wb") as file:
            np.savez(file, **dict(arrays))  # pyright: ignore[reportArgumentType]
        os.replace(npz, final)
        text = self.folder / f"{key}.{os.getpid()}.json.tmp"
        text.write_text(json.dumps(record))
        os.replace(text, final.with_suffix(".json"))
