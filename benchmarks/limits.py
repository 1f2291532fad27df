"""Where the error of lc-gode lies: `python -m benchmarks.limits [--arms FILE.json] [--data FOLDER] [--out FILE.json]`.

Takes the error of every test curve from `benchmarks/results/arms.json` (arm "both": test loss, 10 epochs observed, strict splits), and says for several
kinds of curves how many there are, what their MAPE is, and which share of the whole error is theirs. Besides, for every kind, the MAPE of two
forecasts that no predictor can make: the running median of the true curve over nine epochs (what jumps from epoch to epoch cost whoever knows all
else), and the last observed value.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import median_filter

from benchmarks.arms import OBSERVE, matrix
from benchmarks.published import HORIZONS
from evaluation.accuracy import mape
from nasbench_lc.curves import Bools, CurveSet, Floats, Status
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.files import atomic

H = HORIZONS[-1]
NEAR = 0.02
"""Within how many nats of the entropy of the classes a loss counts as that of a network that has learnt nothing."""


def entropy(accuracy: Floats) -> float:
    """The loss of a network that states the class frequencies, from final test accuracies: their commonest value is the share of the larger class."""
    values, counts = np.unique(np.round(accuracy[np.isfinite(accuracy)], 4), return_counts=True)
    p = float(np.clip(values[counts.argmax()], 1e-9, 1 - 1e-9))
    return -(p * np.log(p) + (1 - p) * np.log(1 - p))


def kinds(curves: CurveSet) -> dict[str, Bools]:
    """Which curves are of which kind, by name."""
    y, lr = curves.target, curves.hyperparameters[:, curves.hyperparameter_names.index("lr")]
    chance = entropy(curves.y[:, -1, curves.metrics.index("test_acc")])
    begins, ends = np.abs(y[:, OBSERVE - 1] - chance) < NEAR, np.abs(y[:, H - 1] - chance) < NEAR
    learns = y[:, H - 1] < chance - NEAR
    with np.errstate(invalid="ignore"):
        peak, least = np.nanmax(y[:, OBSERVE:H], 1, initial=-np.inf), np.nanmin(y[:, OBSERVE:H], 1, initial=np.inf)
    return {
        "all": np.ones(len(y), dtype=np.bool_),
        "not diverged": np.array([status is not Status.DIVERGED for status in curves.status], dtype=np.bool_),
        "never above 2 nats after epoch 10": peak <= 2,
        "learning rate up to 0.03": lr <= 0.03,
        "learning rate up to 0.01": lr <= 0.01,
        "loss never below 0.05": least >= 0.05,
        "at chance at epoch 10 and at the end": begins & ends,
        "at chance at epoch 10, learns later": begins & learns,
        "learning at epoch 10, learns on": ~begins & learns,
        "moves, but has learnt nothing at the end": ~learns & ~(begins & ends),
    }


def oracles(curves: CurveSet) -> dict[str, Floats]:
    """The errors of a forecast that knows the smoothed truth, and of the last value, shape `(N,)`."""
    future = curves.target[:, OBSERVE:H]
    smooth = median_filter(future, size=(1, 9), mode="nearest")
    return {
        "smoothed truth": mape(smooth, future),
        "last value": mape(np.repeat(curves.target[:, OBSERVE - 1 : OBSERVE], H - OBSERVE, 1), future),
    }


def concentration(errors: Floats) -> dict[str, float]:
    """Which share of the error the worst curves have."""
    ordered = np.sort(errors)[::-1]
    return {f"worst {share} %": float(ordered[: round(share / 100 * len(ordered))].sum() / ordered.sum()) for share in (1, 5, 10, 25)}


def rows(curves: CurveSet, errors: Floats) -> dict[str, Any]:
    """What holds for every kind of curve; `errors` has shape `(seeds, N)`, NaN where a seed does not test a curve."""
    tested = np.isfinite(errors)
    each = {"lc-gode": errors, **{name: np.where(tested, e, np.nan) for name, e in oracles(curves).items()}}
    found = []
    for name, rows in kinds(curves).items():
        count = (tested & rows).sum()
        means = {k: float(np.nanmean(np.where(rows, e, np.nan))) if count else None for k, e in each.items()}
        share = float(np.nansum(np.where(rows, errors, 0)) / np.nansum(errors))
        found.append({"curves": name, "share_of_curves": float(count / tested.sum()), "mape": means, "share_of_error": share})
    flat = errors[tested]
    return {"kinds": found, "concentration": concentration(flat), "median": float(np.median(flat)), "n": int(tested.sum())}


def study(record: Mapping[str, Any], data: Path) -> dict[str, Any]:
    """Every dataset of which the arms file has the arm "both"."""
    found = {}
    for name in dict.fromkeys(key.split("/")[0] for key in record["cells"]):
        seeds = sum(f"{name}/both/{seed}" in record["cells"] for seed in range(100))
        if seeds:
            errors = matrix(record["cells"], record["tests"], name, "both", seeds, H)
            curves = CurveDataset(data / f"{name}.h5").curves("test_loss")
            uids = sorted({uid for seed in range(seeds) for uid in record["tests"][f"{name}/{seed}"]["uid"]})
            found[name] = rows(curves.subset([curves.uid.index(uid) for uid in uids]), errors)
    return found


def main() -> None:
    """Count, print, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--arms", type=Path, default=Path("benchmarks/results/arms.json"))
    parser.add_argument("--data", type=Path, default=Path("datasets"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/limits.json"))
    given = parser.parse_args()
    text = json.dumps(study(json.loads(given.arms.read_text()), given.data), indent=1)
    print(text)
    with atomic(given.out) as temporary:
        temporary.write_text(text + "\n")


if __name__ == "__main__":
    main()
