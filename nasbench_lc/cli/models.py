"""Between the registry of predictors and the files that hold them."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nasbench_lc import checkpoint
from nasbench_lc.config import digest
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import FormatError

if TYPE_CHECKING:
    from evaluation.split import Split
    from predictors.base import Predictor

__all__ = ["configure", "load_fitted", "save_fitted"]


def configure(model: str, settings: Mapping[str, str], seed: int) -> "Predictor":
    """A predictor that is not fitted yet; errors as in :func:`predictors.configure.make`."""
    from predictors.configure import make

    return make(model, settings, seed)


def save_fitted(
    folder: Path,
    model: str,
    predictor: "Predictor",
    data: CurveDataset,
    parts: "Split",
    *,
    source: CurveDataset | None,
    seed: int,
    train_size: int | None,
    fit_seconds: float,
) -> None:
    """Keep a fitted predictor with what it saw, of `data` and, where that is not None, of `source`."""
    seen = tuple(uid for part in parts.learnt for uid in part.uid)
    checkpoint.save(
        folder,
        checkpoint.Checkpoint(
            model=model,
            config=dataclasses.asdict(predictor.config),
            state=predictor.state(),
            metric=parts.train.metric,
            dataset={
                "file": data.path.name,
                "epochs": data.table.epochs,
                "recipe_hash": str(data.attributes["recipe_hash"]),
                "digest": data.digest,
                **({} if source is None else {"source": {"file": source.path.name, "digest": source.digest}}),
            },
            split={"seed": seed, "train_size": train_size},
            seen=seen,
            seen_groups=tuple(sorted({group for part in parts.learnt for group in part.group})),
            provenance={"fit_seconds": round(fit_seconds, 3), "seen_digest": digest(sorted(seen))},
        ),
    )


def load_fitted(folder: Path) -> "tuple[checkpoint.Checkpoint, Predictor]":
    """A checkpoint and its predictor, ready to predict.

    Raises:
        FormatError: If the folder holds no checkpoint, a damaged one, or one of a model or option that this version does not know.
    """
    from predictors.configure import restore
    from predictors.few_shot import FewShot
    from predictors.registry import PREDICTORS

    found = checkpoint.load(folder)
    if found.model not in PREDICTORS:
        raise FormatError(f"The checkpoint's model must be a known one; got {found.model} in {folder}. Install a newer nasbench-lc.")
    try:
        return found, FewShot.restored(lambda: restore(found.model, found.config), found.state)
    except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
        raise FormatError(f"The checkpoint must fit its model {found.model}; got {error} in {folder}. Train it again.") from error
