"""Golden values pin the specification of the random streams: files that ship later must stay valid."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench_lc.seeding import STREAMS_VERSION, Purpose, Stream, child_seed, permutation, uniform

MASK = (1 << 64) - 1


def philox_block(counter: tuple[int, int, int, int], key: tuple[int, int]) -> list[int]:
    """Philox4x64-10 as the paper writes it, in whole numbers of Python."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [(p1 >> 64) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 64) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B97F4A7C15) & MASK, (k[1] + 0xBB67AE8584CAA73B) & MASK]
    return c


def test_the_oracle_agrees_with_the_known_answer_of_random123():
    assert philox_block((0, 0, 0, 0), (0, 0)) == [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]


@pytest.mark.parametrize("name", ["run/0", "run/123", "plan/7", "nasbench"])
@pytest.mark.parametrize(("purpose", "epoch", "layer"), [(Purpose.INIT, 0, 0), (Purpose.DROPOUT, 7, 2), (Purpose.SPLIT, 2**31, 5)])
def test_words_are_philox_keyed_by_name_and_addressed_by_purpose_epoch_layer(name: str, purpose: Purpose, epoch: int, layer: int):
    raw = hashlib.sha256(f"nasbench-lc/streams/1/{name}".encode()).digest()
    key = (int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:16], "little"))
    # NumPy counts up before it draws: the first block has counter 1.
    expected = [w for block in range(1, 4) for w in philox_block((block, epoch, layer, purpose), key)]
    assert Stream(name).words(11, purpose, epoch, layer).tolist() == expected[:11]


@pytest.mark.parametrize(
    ("name", "purpose", "epoch", "layer", "words"),
    [
        ("run/0", Purpose.INIT, 0, 0, [0x8A33DEFBFCAA14FF, 0xE41D3709C108ACB0, 0xA7AA7AA2926C1D67, 0x1789388E92C22976, 0x5A6F1C7E19C2C184]),
        ("run/123", Purpose.DROPOUT, 7, 2, [0x4858231A52D9CA72, 0x63ECA15976C93780, 0xF688277E269990B1, 0xC17F79F5DB741455]),
        ("plan/0", Purpose.INIT, 0, 0, [0x33F58E05A7A68010, 0x953B051BD9610457, 0x664779977754C993, 0xAB48A6B4011855D7]),
    ],
)
def test_golden_words(name: str, purpose: Purpose, epoch: int, layer: int, words: list[int]):
    assert Stream(name).words(len(words), purpose, epoch, layer).tolist() == words


def test_golden_uniforms_and_permutations():
    words = Stream.of_run(123).words(8, Purpose.SHUFFLE, epoch=3)
    expected = [
        0.8453686316422835,
        0.38279321141069045,
        0.35345193819709564,
        0.1922517738205355,
        0.607930930329571,
        0.6939075079387678,
        0.8188610786357684,
        0.4272040193254355,
    ]
    assert uniform(words).tolist() == expected
    assert permutation(words).tolist() == [3, 2, 1, 7, 4, 5, 6, 0]
    longer = [18, 3, 2, 16, 4, 13, 0, 8, 14, 5, 12, 11, 10, 7, 6, 9, 15, 1, 19, 17]
    assert permutation(Stream.of_plan(7).words(20, Purpose.SHUFFLE)).tolist() == longer


def test_golden_child_seeds():
    asked = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (2**31, 549, 4)]
    expected = [1305367945184108588, 338119362618708176, 7619583528428806060, 6560937465775595034, 5664650314407648741]
    assert [child_seed(*a) for a in asked] == expected


def test_golden_dropout_lanes():
    """The rule of the specification, on its golden words: four little-endian signed 16-bit lanes a word, dropped below the bound."""
    lanes = Stream.of_run(123).words(3, Purpose.DROPOUT, epoch=1, layer=1).astype("<u8").view("<i2")
    assert lanes.tolist() == [-13044, -30749, -28146, -25522, 883, 5778, -25682, -10586, -32053, 2293, -15358, -23998]
    dropped = lanes < round(65536 * 0.25) - 32768  # -16384
    assert np.flatnonzero(dropped).tolist() == [1, 2, 3, 6, 8, 11]


def test_purposes_keep_their_values():
    expected = {"SAMPLE": 1, "CHILD_SEED": 2, "INIT": 3, "SHUFFLE": 4, "DROPOUT": 5, "CROP": 6, "FLIP": 7, "SPLIT": 8}
    assert {p.name: p.value for p in Purpose} == expected
    assert STREAMS_VERSION == 1


@given(st.integers(0, 2**63 - 1), st.integers(0, 100), st.integers(0, 10), st.integers(1, 60))
def test_streams_are_addressed_never_consumed(seed: int, epoch: int, layer: int, n: int):
    stream = Stream.of_run(seed)
    whole = stream.words(n + 9, Purpose.SHUFFLE, epoch, layer)
    stream.words(3, Purpose.DROPOUT, epoch, layer)
    walker = stream.open(Purpose.SHUFFLE, epoch, layer)
    walked = np.concatenate([np.atleast_1d(walker.random_raw(k)) for k in (n, 9)])
    assert np.array_equal(whole, walked)
    assert np.array_equal(stream.words(n, Purpose.SHUFFLE, epoch, layer), whole[:n])


@given(st.lists(st.integers(0, MASK), max_size=50))
def test_uniform_and_permutation_of_any_words(values: list[int]):
    words = np.array(values, dtype=np.uint64)
    numbers = uniform(words)
    assert ((numbers >= 0) & (numbers < 1)).all()
    assert numbers.tolist() == [(w >> 11) / 2**53 for w in values]
    order = permutation(words).tolist()
    assert order == sorted(range(len(values)), key=lambda i: (values[i], i))


def test_child_seeds_do_not_collide():
    seeds = {child_seed(m, i, r) for m in range(3) for i in range(200) for r in range(5)}
    assert len(seeds) == 3000
    assert all(0 <= s < 2**63 for s in seeds)
