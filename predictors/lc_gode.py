"""LC-GODE: learning-curve extrapolation with an ODE conditioned on the architecture graph.

Ding, Huang, Shao, Gao, "Architecture-aware learning curve extrapolation via graph ordinary differential equation", AAAI 2025, arXiv
2412.15554.
"""

from dataclasses import dataclass
from typing import final

import torch

from nasbench_lc.curves import Floats, Observed
from predictors.batches import Inputs, Scales
from predictors.graph_encoder import CONVOLUTIONS, POOLINGS, GraphEncoder
from predictors.latent_ode import LatentODE, LatentOptions
from predictors.neural import NeuralPredictor
from predictors.options import choice
from predictors.sequence_encoder import ENCODERS

__all__ = ["LCGODE", "LCGODEOptions"]


@dataclass(frozen=True)
class LCGODEOptions(LatentOptions):
    """LC-GODE and its ablations.

    Arguments:
        use_graph: Whether the architecture graph is read.
        graph: ``"layer"`` (operations as nodes) or ``"neuron"`` (one node a neuron; multilayer perceptrons only).
        convolution: ``"gcn"`` or ``"gat"``.
        pooling: ``"attention"``, ``"mean"`` or ``"max"``.
        use_hyperparameters: Whether hyperparameters, and with a graph the network's size, are features beside its embedding.
        all_metrics: Whether every metric of the prefix is read, or only the one to forecast.
    """

    use_graph: bool = True
    graph: str = choice("layer", ("layer", "neuron"))
    convolution: str = choice("gcn", CONVOLUTIONS)
    pooling: str = choice("attention", POOLINGS)
    use_hyperparameters: bool = True
    all_metrics: bool = True
    anchor: bool = True
    encoder: str = choice("gru", ENCODERS)
    clock: str = choice("log", ("linear", "log"))


@final
class LCGODE(NeuralPredictor):
    """The trunk of LC-GODE with what makes it good: hyperparameters, all metrics, the last value as anchor, logarithmic time."""

    config: LCGODEOptions

    def __init__(self, config: LCGODEOptions = LCGODEOptions()) -> None:
        self.config = config

    def inputs(self) -> Inputs:
        """As configured."""
        graph = self.config.graph if self.config.use_graph else "none"
        return Inputs(graph, self.config.use_hyperparameters, self.config.all_metrics, self.config.centred)

    def build(self, scales: Scales) -> LatentODE:
        """A fresh :class:`LatentODE`."""
        c = self.config
        graph = GraphEncoder(scales.node_width, c.latent, c.convolution, c.pooling) if scales.node_width else None
        return LatentODE(c, scales, graph)

    def solver_error(self, observed: Observed, t: Floats) -> float:
        """The step-doubling check of the fitted dynamics: by how much forecasts would change with twice the steps, on the networks' scale.

        Raises:
            NotFittedError: Before `fit` or `load_state`.
        """
        scales, network = self.fitted()
        assert isinstance(network, LatentODE)
        return network.solver_error(scales.prefix(observed).double(), torch.as_tensor(t, dtype=torch.float64))
