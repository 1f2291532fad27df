"""NODE: the latent ordinary differential equation without a graph.

Rubanova, Chen, Duvenaud, "Latent ODEs for irregularly-sampled time series", NeurIPS 2019, arXiv 1907.03907, in the form that
LC-GODE compares with (self-attention encoder, autonomous dynamics Linear-GELU-Linear of width 4 D, 3 samples).
"""

from dataclasses import dataclass
from typing import final

from predictors.batches import Inputs, Scales
from predictors.fitting import Network
from predictors.latent_ode import LatentODE, LatentOptions
from predictors.neural import NeuralPredictor

__all__ = ["NODE", "NODEOptions"]


@dataclass(frozen=True)
class NODEOptions(LatentOptions):
    """The trunk of LC-GODE."""


@final
class NODE(NeuralPredictor):
    """The prefix of the metric itself, and nothing else."""

    config: NODEOptions

    def __init__(self, config: NODEOptions = NODEOptions()) -> None:
        self.config = config

    def inputs(self) -> Inputs:
        """Nothing but the metric."""
        return Inputs(centred=self.config.centred)

    def build(self, scales: Scales) -> Network:
        """A fresh :class:`LatentODE` whose dynamics are autonomous."""
        return LatentODE(self.config, scales, None)
