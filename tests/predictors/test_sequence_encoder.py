import pytest
import torch

from predictors.sequence_encoder import ENCODERS

every = pytest.mark.parametrize("name", ENCODERS)


@every
def test_an_empty_prefix_gives_the_same_learned_vector_for_all(name: str) -> None:
    torch.manual_seed(0)
    encoder = ENCODERS[name](3, 8)
    out = encoder(torch.zeros(4, 0, 3), torch.zeros(4, 0, dtype=torch.bool))
    assert out.shape == (4, 8)
    torch.testing.assert_close(out, out[:1].expand(4, 8))


@every
def test_reads_every_observed_epoch(name: str) -> None:
    torch.manual_seed(0)
    encoder = ENCODERS[name](3, 8)
    tokens = torch.randn(1, 5, 3, requires_grad=True)
    encoder(tokens, torch.ones(1, 5, dtype=torch.bool)).square().sum().backward()
    assert tokens.grad is not None
    assert bool((tokens.grad.abs().sum(-1) > 0).all())


def test_attention_does_not_read_masked_epochs() -> None:
    torch.manual_seed(0)
    encoder = ENCODERS["attention"](3, 8)
    tokens, mask = torch.randn(2, 5, 3), torch.tensor([[True] * 5, [True, False, True, False, True]])
    changed = tokens.clone()
    changed[1, [1, 3]] = 7.0
    torch.testing.assert_close(encoder(tokens, mask), encoder(changed, mask))
    shorter = encoder(tokens[1:, [0, 2, 4]], mask[1:, [0, 2, 4]])
    torch.testing.assert_close(encoder(tokens, mask)[1:], shorter)


@every
def test_rows_are_independent(name: str) -> None:
    torch.manual_seed(0)
    encoder = ENCODERS[name](3, 8)
    tokens, mask = torch.randn(6, 4, 3), torch.rand(6, 4) > 0.3
    mask[2] = False
    alone = torch.cat([encoder(tokens[i : i + 1], mask[i : i + 1]) for i in range(6)])
    torch.testing.assert_close(encoder(tokens, mask), alone, rtol=1e-4, atol=1e-6)
