"""Every predictor by the name that the command line knows it by."""

from predictors.arch_only import ArchOnly
from predictors.base import Predictor
from predictors.dpl import DPL
from predictors.extra_trees import ExtraTrees
from predictors.gaussian import Gaussian
from predictors.gp import GP
from predictors.knn import KNN
from predictors.last_value import LastValue
from predictors.lc_bnn import LCBNN
from predictors.lc_gode import LCGODE
from predictors.lc_gode_paper import LCGODEPaper
from predictors.lc_gode_x import LCGODEX
from predictors.lc_pfn import LCPFN
from predictors.lstm import LSTM
from predictors.mean_curve import MeanCurve
from predictors.node import NODE
from predictors.nsde import NSDE
from predictors.parametric import Parametric
from predictors.svr import SVR
from predictors.vrnn import VRNN

__all__ = ["PREDICTORS"]

PREDICTORS: dict[str, type[Predictor]] = {
    "lc-gode": LCGODE,
    "lc-gode-paper": LCGODEPaper,
    "lc-gode-x": LCGODEX,
    "vrnn": VRNN,
    "lstm": LSTM,
    "node": NODE,
    "nsde": NSDE,
    "last-value": LastValue,
    "mean-curve": MeanCurve,
    "gaussian": Gaussian,
    "knn": KNN,
    "extra-trees": ExtraTrees,
    "arch-only": ArchOnly,
    "lc-pfn": LCPFN,
    "parametric": Parametric,
    "svr": SVR,
    "dpl": DPL,
    "lc-bnn": LCBNN,
    "gp": GP,
}
