"""Every predictor by the name that the command line knows it by."""

from predictors.arch_only import ArchOnly
from predictors.base import Predictor
from predictors.extra_trees import ExtraTrees
from predictors.gaussian import Gaussian
from predictors.knn import KNN
from predictors.last_value import LastValue
from predictors.mean_curve import MeanCurve

__all__ = ["PREDICTORS"]

PREDICTORS: dict[str, type[Predictor]] = {
    "last-value": LastValue,
    "mean-curve": MeanCurve,
    "gaussian": Gaussian,
    "knn": KNN,
    "extra-trees": ExtraTrees,
    "arch-only": ArchOnly,
}
