"""Learning-curve datasets of neural architectures: generate them, forecast them, compare predictors honestly."""

from typing import TYPE_CHECKING

from nasbench_lc.version import __version__

if TYPE_CHECKING:
    from os import PathLike

    from nasbench_lc.dataset import CurveDataset

__all__ = ["__version__", "open"]


def open(path: "str | PathLike[str]") -> "CurveDataset":
    """Open a curve dataset; see :class:`nasbench_lc.dataset.CurveDataset`."""
    # Imported here: this package is ground and roof at once, and its root must not pull in h5py.
    from nasbench_lc.dataset import CurveDataset

    return CurveDataset(path)
