"""Finished work on disk, so that a killed evaluation goes on where it was, and the digests of what it depends on."""

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
from nasbench_lc.files import plain_words
from predictors.base import Predictor

__all__ = ["Cache", "config_of", "curves_digest"]

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
class Cache:
    """A folder of records, each a JSON document and named arrays under a key: the digest of everything that they depend on.

    A record is two files, JSON and npz, each put in place atomically.

    Arguments:
        folder: Made when the first record is stored, if not before.
    """

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> "Cache":
        """A cache in a folder that is made now: better refused before a long fit than after it.

        Raises:
            NasbenchError: If the folder cannot be made.
        """
        with plain_words(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def load(self, key: str) -> tuple[Any, Arrays] | None:
        """A stored record, or None where there is none that can be read."""
        try:
            record = json.loads((self.folder / f"{key}.json").read_text())
            with (self.folder / f"{key}.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return record, dict(arrays)
        except (OSError, ValueError, zipfile.BadZipFile):
            return None

    def store(self, key: str, record: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Store a record; the JSON file comes last and makes it complete.

        Raises:
            NasbenchError: If the disk is full, or the folder read-only or no folder.
        """
        with plain_words(self.folder):
            self._store(key, record, arrays)

    def _store(self, key: str, record: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        npz, final = self.folder / f"{key}.{os.getpid()}.tmp", self.folder / f"{key}.npz"
        with npz.open("wb") as file:
            np.savez(file, **dict(arrays))  # pyright: ignore[reportArgumentType]
        os.replace(npz, final)
        text = self.folder / f"{key}.{os.getpid()}.json.tmp"
        text.write_text(json.dumps(record))
        os.replace(text, final.with_suffix(".json"))
