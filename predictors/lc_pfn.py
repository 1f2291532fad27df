"""LC-PFN: a transformer that was trained, once and for all, to continue curves of a prior."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, final

import numpy as np
import torch
from safetensors.numpy import load

from nasbench_lc.curves import CurveSet, Floats, Observed
from nasbench_lc.errors import ConfigError
from nasbench_lc.forecast import LEVELS, Forecast
from predictors.base import State
from predictors.lc_pfn_bars import Bars
from predictors.lc_pfn_net import PFN, PFNSize
from predictors.lc_pfn_normaliser import Normaliser, normaliser_of
from predictors.lc_pfn_pretrain import pretrain
from predictors.options import number
from predictors.remembering import RememberingOptions, RememberingPredictor

__all__ = ["LCPFN", "LCPFNConfig"]

ROWS = 32
"""Curves per pass of the network; a constant, so that no forecast depends on how many are asked for."""


@dataclass(frozen=True)
class LCPFNConfig(RememberingOptions):
    """Hyperparameters of LC-PFN; all but `retrain` are read only when it is set.

    Arguments:
        retrain: Pretrain anew instead of taking the weights that ship with the package.
        steps: Optimiser steps of pretraining.
        batch_size: Prior curves per step.
        lr: Peak learning rate.
        width: Token width.
        layers: Encoder layers.
        heads: Attention heads.
        buckets: Of the bar distribution.
        seed: Of pretraining.
    """

    retrain: bool = False
    steps: int = number(12_000, 1, 10_000_000)
    batch_size: int = number(64, 1, 100_000)
    lr: float = number(1e-3, 1e-7, 1.0)
    width: int = number(128, 1, 4096)
    layers: int = number(3, 1, 100)
    heads: int = number(4, 1, 64)
    buckets: int = number(1000, 3, 100_000)
    seed: int = number(0, 0, 2**62)


@final
class LCPFN(RememberingPredictor):
    """Prior-data fitted network: one forward pass approximates the posterior predictive of a curve under the prior.

    It sees the observed part of the metric to forecast and nothing else. From the training curves it takes their length, which the axis
    0 .. 100 of the prior stands for, and the soft bounds of its normaliser. Curves of one call share their cut-off and are forecast in
    batches; missing values are left out. The quantiles are those of the network, brought back to the unit of the metric; the point
    forecast is its mean, brought back likewise.

    The shipped weights have 0.69 million parameters (width 128, 3 layers) and saw 0.77 million prior curves; the source publishes
    26.8 million (512, 12) and 10 million. `predictors/weights/lc_pfn.json` is the training log. Other deviations: no dropout, a higher
    learning rate, bfloat16 products, lengths from 20 to 200 beside 100, cut-off 0 included.

    Source: Adriaensen et al., NeurIPS 2023, arXiv 2310.20447.
    """

    config: LCPFNConfig

    def __init__(self, config: LCPFNConfig | None = None) -> None:
        self.config = config or LCPFNConfig()

    def _learn(self, train: CurveSet) -> tuple[dict[str, Any], State]:
        norm = normaliser_of(train.target, train.metric)
        return {"low": norm.low, "high": norm.high}, self._pretrained() if self.config.retrain else shipped()

    def _forecast(self, facts: dict[str, Any], arrays: State, observed: Observed, t: Floats) -> Forecast:
        norm = Normaliser(facts["metric"], facts["low"], facts["high"])
        net, bars = _network(arrays)
        span = 100.0 / facts["epochs"]
        x = torch.from_numpy(np.minimum(observed.t * span, 100.0)).float()
        query = torch.from_numpy(np.minimum(t * span, 100.0)).float()
        g = norm.forward(np.where(np.isfinite(observed.target), observed.target, np.nan))
        means: list[Floats] = []
        quantiles: list[Floats] = []
        levels = torch.from_numpy(LEVELS).float()
        with torch.no_grad():
            for start in range(0, len(observed), ROWS):
                y = torch.from_numpy(g[start : start + ROWS]).float()
                logits = net(x, torch.nan_to_num(y), query, torch.isnan(y))
                means.append(bars.mean(logits).double().numpy())
                quantiles.append(bars.quantiles(logits, levels).double().numpy())
        shape = (0, len(t))
        mean = norm.inverse(np.concatenate(means) if means else np.empty(shape))
        q = norm.inverse(np.concatenate(quantiles) if quantiles else np.empty((*shape, len(LEVELS))))
        return Forecast(t, mean, LEVELS, np.sort(q, axis=-1))

    def _pretrained(self) -> State:
        c = self.config
        if c.width % c.heads:
            raise ConfigError(f"The heads must divide the width, {c.width}; got {c.heads}. Choose another of the two.")
        *_, last = pretrain(PFNSize(c.width, c.layers, c.heads, c.buckets), c.steps, c.batch_size, c.lr, c.seed)
        return last.net.arrays() | {"borders": last.borders.numpy(), "heads": np.array([c.heads])}


def shipped() -> State:
    """The weights that come with the package: name to array."""
    return dict(load(files("predictors").joinpath("weights", "lc_pfn.safetensors").read_bytes()))


def _network(state: State) -> tuple[PFN, Bars]:
    """The network and its bars; the size is read off the shapes."""
    weights = {k: v for k, v in state.items() if k not in ("borders", "heads")}
    width = weights["embed_x.weight"].shape[0]
    layers = len({k.split(".")[1] for k in weights if k.startswith("layers.")})
    with torch.random.fork_rng(devices=[]):  # weights are drawn before they are loaded
        net = PFN(PFNSize(width, layers, int(state["heads"][0]), len(state["borders"]) - 1)).load_arrays(weights)
    return net.eval(), Bars(torch.from_numpy(np.array(state["borders"])).float())
