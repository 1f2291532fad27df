import pytest
import torch
from torch import nn

from predictors.ladder import walk
from predictors.lstm import lstm_step


@pytest.mark.parametrize(("end", "last"), [(0, 200), (1, 80), (100, 150), (199, 200), (250, 300)])
def test_a_walk_holds_the_ends_and_rises(end: int, last: int) -> None:
    way = walk(200, end, last)
    every = torch.cat([way.past, way.ahead])
    assert bool((every.diff() >= 1).all())
    assert way.ahead[0] == end + 1
    assert way.ahead[-1] == max(200, last)
    assert way.past[-1:].tolist() == ([end] if end else [])


def test_what_lies_ahead_does_not_depend_on_what_is_asked() -> None:
    assert walk(200, 10, 80).ahead.tolist() == walk(200, 10, 200).ahead.tolist()
    assert walk(8, 0, 8).ahead.tolist() == list(range(1, 9))


def test_steps_of_an_lstm_equal_its_sequence() -> None:
    torch.manual_seed(0)
    lstm, x = nn.LSTM(5, 4, num_layers=2, batch_first=True), torch.randn(3, 6, 5)
    expected, _ = lstm(x)
    states = [(torch.zeros(3, 4), torch.zeros(3, 4))] * 2
    for i in range(6):
        states = lstm_step(lstm, x[:, i], states)
        torch.testing.assert_close(states[-1][0], expected[:, i])
