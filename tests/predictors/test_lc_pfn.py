import itertools
import json
from importlib.resources import files

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from torch.distributions import HalfNormal

from nasbench_lc.errors import ConfigError
from predictors.lc_pfn import LCPFN, LCPFNConfig, _network, shipped
from predictors.lc_pfn_bars import Bars, equal_mass_borders
from predictors.lc_pfn_net import PFN, PFNSize
from predictors.lc_pfn_normaliser import Normaliser, normaliser_of
from predictors.lc_pfn_pretrain import grid, pretrain, prior_nll
from predictors.lc_pfn_prior import combination, sample_prior
from tests.predictors.toy_curves import power_curves


@pytest.fixture(scope="module")
def bars() -> tuple[Bars, torch.Tensor]:
    torch.manual_seed(0)
    borders = equal_mass_borders(torch.randn(5000), 12).double()
    return Bars(borders), torch.randn(12, dtype=torch.float64)


def test_the_density_integrates_to_one(bars: tuple[Bars, torch.Tensor]) -> None:
    b, logits = bars

    def p(y: float) -> float:
        return float(b.log_density(logits[None], torch.tensor([y], dtype=torch.float64)).exp())

    edges = [-np.inf, *b.borders[1:-1].tolist(), np.inf]
    total = sum(quad(p, low, high)[0] for low, high in itertools.pairwise(edges))
    np.testing.assert_allclose(total, 1.0, atol=1e-6)
    first = sum(quad(lambda y: y * p(y), low, high)[0] for low, high in itertools.pairwise(edges))
    np.testing.assert_allclose(float(b.mean(logits)), first, atol=1e-6)


def test_quantiles_invert_the_distribution(bars: tuple[Bars, torch.Tensor]) -> None:
    b, logits = bars
    levels = torch.tensor([0.005, 0.1, 0.35, 0.5, 0.9, 0.995], dtype=torch.float64)
    q = b.quantiles(logits, levels)
    edges = b.borders[1:-1].tolist()
    for level, value in zip(levels.tolist(), q.tolist(), strict=True):
        cuts = [-np.inf, *[e for e in edges if e < value], value]
        parts = [
            quad(lambda y: float(b.log_density(logits[None], torch.tensor([y], dtype=torch.float64)).exp()), lo, hi)[0]
            for lo, hi in itertools.pairwise(cuts)
        ]
        np.testing.assert_allclose(sum(parts), level, atol=1e-6)


def test_the_tails_are_half_normal(bars: tuple[Bars, torch.Tensor]) -> None:
    b, logits = bars
    y = b.borders[-2] + torch.tensor([0.1, 1.0, 5.0], dtype=torch.float64)
    wanted = torch.log_softmax(logits, -1)[-1] + HalfNormal(b.right_scale).log_prob(y - b.borders[-2])
    torch.testing.assert_close(b.log_density(logits.expand(3, -1), y), wanted)
    half = HalfNormal(b.right_scale).cdf(b.widths[-1])
    torch.testing.assert_close(half, torch.tensor(0.5, dtype=torch.float64))


def test_borders_hold_equal_masses_and_repeated_values_do_no_harm() -> None:
    x = torch.randn(10_000)
    borders = equal_mass_borders(x, 20)
    counts = torch.histogram(x.double(), borders).hist
    assert (counts - 500).abs().max() < 5
    assert (equal_mass_borders(torch.zeros(50), 10).diff() > 0).all()


def test_prior_curves_keep_the_rules_and_the_hyper_priors() -> None:
    rng = np.random.default_rng(0)
    x = grid(100)
    noisy = sample_prior(x, 3000, rng)
    assert noisy.shape == (3000, 100)
    noise = np.diff(noisy[:, -10:], 2, axis=1).std(1) / np.sqrt(6)  # second differences of a curve that is nearly flat there
    assert abs(np.log(noise).mean() + 4) < 0.15
    assert abs(np.log(noise).std() - 1) < 0.15
    assert np.quantile(noisy, 0.01) > 0
    assert np.quantile(noisy, 0.99) < 1.2
    clean = combination(x, 20_000, rng)
    assert 0.15 < (np.isfinite(clean).all(1) & (clean.min(1) >= 0) & (clean.max(1) <= 1) & (clean[:, -1] > clean[:, 0])).mean() < 0.25


def test_the_network_is_pytorchs_encoder_under_the_sources_mask() -> None:
    torch.manual_seed(0)
    net = PFN(PFNSize(16, 2, 2, 10)).double()
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.3)
    x, query, y = torch.arange(1.0, 6.0).double(), torch.tensor([7.0, 50.0, 100.0]).double(), torch.rand(4, 5).double()
    hidden = torch.zeros(4, 5, dtype=torch.bool)
    hidden[1, 2] = True
    tokens = torch.cat(
        [
            net.embed_x((x[:, None] / 101 - 0.5) * 12**0.5) + net.embed_y((y[..., None] - 0.5) * 12**0.5),
            net.embed_x((query[:, None] / 101 - 0.5) * 12**0.5).expand(4, -1, -1),
        ],
        1,
    )
    blocked = torch.ones(8, 8, dtype=torch.bool)
    blocked[:, :5] = False
    blocked.fill_diagonal_(False)
    for layer in net.layers:
        oracle = torch.nn.TransformerEncoderLayer(16, 2, 32, 0.0, "gelu", batch_first=True).double()
        oracle.load_state_dict(
            {
                "self_attn.in_proj_weight": layer.qkv.weight,
                "self_attn.in_proj_bias": layer.qkv.bias,
                "self_attn.out_proj.weight": layer.out.weight,
                "self_attn.out_proj.bias": layer.out.bias,
                "linear1.weight": layer.up.weight,
                "linear1.bias": layer.up.bias,
                "linear2.weight": layer.down.weight,
                "linear2.bias": layer.down.bias,
                "norm1.weight": layer.norm1.weight,
                "norm1.bias": layer.norm1.bias,
                "norm2.weight": layer.norm2.weight,
                "norm2.bias": layer.norm2.bias,
            }
        )
        pad = torch.cat([hidden, torch.zeros(4, 3, dtype=torch.bool)], 1)
        tokens = oracle(tokens, src_mask=blocked, src_key_padding_mask=pad)
    torch.testing.assert_close(net(x, y, query, hidden), net.decode(tokens[:, 5:]))


def test_normaliser_is_the_sources_at_an_infinite_bound() -> None:
    low, high = 0.2, 1.4

    def source(y: np.ndarray, upper: float) -> np.ndarray:
        def line(v: np.ndarray | float) -> np.ndarray:
            return np.asarray(2 * (v - low) / (high - low) - 1)

        a = (1 + np.exp(-line(upper))) * (1 + np.exp(-line(0.0))) / (np.exp(-line(0.0)) - np.exp(-line(upper)))
        b = -a / (1 + np.exp(-line(0.0)))
        return 1 - (a / (1 + np.exp(-line(y))) + b)

    y = np.array([0.0, 0.1, 0.9, 2.0])
    norm = Normaliser("val_loss", low, high)
    np.testing.assert_allclose(norm.forward(y), source(y, 1e3), atol=1e-9)
    np.testing.assert_allclose(norm.inverse(norm.forward(y)), y, atol=1e-9)
    assert (np.diff(norm.forward(np.linspace(0, 5, 50))) < 0).all()
    assert np.isfinite(norm.inverse(np.array([-1.0, 0.0, 1.0, 2.0]))).all()


def test_accuracies_need_no_normaliser_and_constant_losses_have_bounds() -> None:
    y = np.array([0.0, 0.4, 1.0])
    np.testing.assert_array_equal(Normaliser("val_acc").forward(y), y)
    norm = normaliser_of(np.full((3, 4), 0.5), "val_loss")
    assert norm.high > norm.low


def test_the_shipped_weights_have_learnt_the_prior() -> None:
    net, bars = _network(shipped())
    nll = prior_nll(net, bars.borders, (10, 75), curves=100)
    log = json.loads(files("predictors").joinpath("weights", "lc_pfn.json").read_text())
    logged = log["held_out_prior_nll"]["by_cut_off"]
    assert abs(nll[10] - logged["10"]) < 0.4
    assert abs(nll[75] - logged["75"]) < 0.4
    assert log["parameters"] == sum(p.numel() for p in net.parameters())
    assert sum(a.nbytes for a in shipped().values()) < 12e6


def test_forecasts_of_rising_curves_beat_the_last_value() -> None:
    curves = power_curves(40, epochs=50, metric="test_acc")
    model = LCPFN().fit(curves)
    observed, target = power_curves(30, epochs=50, seed=1, metric="test_acc").observe(12)
    forecast = model.predict(observed, target.t)
    error = np.abs(forecast.mean - target.y).mean()
    assert error < 0.8 * np.abs(observed.target[:, -1:] - target.y).mean()
    low, high = forecast.interval(0.9)
    assert ((target.y >= low) & (target.y <= high)).mean() > 0.8


def test_a_missing_value_is_a_token_left_out() -> None:
    model = LCPFN().fit(power_curves(10))
    observed, target = power_curves(3, seed=1).observe(6)
    observed.y[0, 5] = np.nan
    shorter, _ = power_curves(3, seed=1).observe(5)
    np.testing.assert_allclose(model.predict(observed, target.t).mean[0], model.predict(shorter, target.t).mean[0], rtol=1e-4)


def test_pretraining_lowers_the_loss_and_can_be_asked_for() -> None:
    losses = [p.loss for p in pretrain(PFNSize(16, 1, 2, 50), 60, 16, 3e-3, 0, every=20)]
    assert losses[-1] < losses[0] - 0.1
    config = LCPFNConfig(retrain=True, steps=3, batch_size=4, width=16, layers=1, heads=2, buckets=20)
    a, b = (LCPFN(config).fit(power_curves(5)).state() for _ in range(2))
    assert all(np.array_equal(a[k], b[k]) for k in a)
    with pytest.raises(ConfigError, match="divide the width, 16; got 3"):
        LCPFN(LCPFNConfig(retrain=True, width=16, heads=3)).fit(power_curves(5))
