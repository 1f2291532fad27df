"""LC-GODE as published: the architecture graph only.

Ding, Huang, Shao, Gao, "Architecture-aware learning curve extrapolation via graph ordinary differential equation", AAAI 2025, arXiv
2412.15554; the authors' code at dingyanna/LC-GODE, commit 2024bbb. Where code and text differ we follow the text; docs/lc-gode.md
lists every case.
"""

from dataclasses import dataclass
from typing import final

from predictors.batches import Inputs, Scales
from predictors.fitting import Network
from predictors.graph_encoder import CONVOLUTIONS, POOLINGS, GraphEncoder
from predictors.latent_ode import LatentODE, LatentOptions
from predictors.neural import NeuralPredictor
from predictors.options import choice, number

__all__ = ["LCGODEPaper", "LCGODEPaperOptions"]


@dataclass(frozen=True)
class LCGODEPaperOptions(LatentOptions):
    """The published choices: self-attention over (value, time) of the metric itself, two GCN layers with attention pooling, linear time.

    Arguments:
        graph: ``"layer"`` or ``"neuron"``.
        convolution: ``"gcn"`` or ``"gat"``.
        pooling: ``"attention"``, ``"mean"`` or ``"max"``.
    """

    graph: str = choice("layer", ("layer", "neuron"))
    convolution: str = choice("gcn", CONVOLUTIONS)
    pooling: str = choice("attention", POOLINGS)
    centred: bool = False
    lr: float = number(1e-3, 1e-7, 1.0)


@final
class LCGODEPaper(NeuralPredictor):
    """Graph and prefix, neither hyperparameters nor other metrics, no anchor."""

    config: LCGODEPaperOptions

    def __init__(self, config: LCGODEPaperOptions = LCGODEPaperOptions()) -> None:
        self.config = config

    def inputs(self) -> Inputs:
        """The graph."""
        return Inputs(self.config.graph, hyperparameters=False, all_metrics=False, centred=self.config.centred)

    def build(self, scales: Scales) -> Network:
        """A fresh :class:`LatentODE`."""
        c = self.config
        graph = GraphEncoder(scales.node_width, c.latent, c.convolution, c.pooling) if scales.node_width else None
        return LatentODE(c, scales, graph)
