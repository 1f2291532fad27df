import numpy as np
import pytest

from generators.base import Task
from generators.nb201.network import CellNetwork
from generators.spaces.nb201 import NB201Space
from generators.spaces.nb201_cell import OPS, all_cells, cell_string, parse, to_architecture, to_cell
from generators.spaces.nb201_dedup import exact_class, is_constant, members, unique_string
from nasbench_lc.architecture import Architecture
from nasbench_lc.errors import ConfigError, FormatError


def image_task(size: int = 32, colours: int = 3, classes: int = 10) -> Task:
    x, y = np.zeros((4, size, size, colours), np.uint8), np.zeros(4, np.int64)
    return Task("images", {"train": x, "test": x}, {"train": y, "test": y}, tuple(map(str, range(classes))), "", "")


def test_official_index_order() -> None:
    strings = [cell_string(all_cells()[i]) for i in (0, 9, 123)]
    assert strings == [
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
        "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
        "|avg_pool_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|",
    ]


def test_grammar_and_graph_round_trip() -> None:
    for cell in all_cells()[::97]:
        architecture = to_architecture(cell)
        assert parse(architecture.string) == cell == to_cell(Architecture.from_json(architecture.json))
    graph = to_architecture(all_cells()[0])
    assert graph.edges == ((0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7))


@pytest.mark.parametrize("text", ["", "|skip_connect~0|", cell_string((*OPS, "conv_5x5")), cell_string(("none",) * 6) + "|"])
def test_parse_refuses_what_is_no_cell(text: str) -> None:
    with pytest.raises(FormatError):
        parse(text)


def test_published_parameters_and_macs() -> None:
    space, task, c3, zero = NB201Space(), image_task(), "nor_conv_3x3", "none"
    assert space.size(to_architecture((c3,) * 6), task) == (1_531_546, 220_119_690)
    assert space.size(to_architecture((zero,) * 6), task) == (73_306, 7_783_050)
    assert space.size(to_architecture((c3,) * 3 + (zero,) * 3), task)[0] == 802_426


@pytest.mark.parametrize("cell", all_cells()[:3])
def test_size_counts_the_parameters_of_the_network(cell: tuple[str, ...]) -> None:
    task = image_task(16, 1, 7)
    network = CellNetwork(cell, colours=1, classes=7, channels=4, cells=2)
    assert NB201Space(channels=4, cells=2).size(to_architecture(cell), task)[0] == sum(p.numel() for p in network.parameters())


def test_counts_of_the_three_deduplications() -> None:
    assert [len(members(d)) for d in ("none", "nb201", "exact")] == [15_625, 6_466, 5_875]
    assert sum(map(is_constant, all_cells())) == 341
    assert sum(map(NB201Space().constant, map(to_architecture, all_cells()))) == 341


def test_the_published_string_merges_what_the_exact_class_keeps_apart() -> None:
    shared = parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|")
    separate = parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|")
    assert unique_string(shared) == unique_string(separate) == "#+#+(0)@nor_conv_3x3+(0)@nor_conv_3x3"
    assert exact_class(shared) != exact_class(separate)
    assert NB201Space().group(to_architecture(shared)) != NB201Space().group(to_architecture(separate))


def test_sampling_is_prefix_stable_without_repeats() -> None:
    task, space = image_task(), NB201Space()
    keys = [space.sample(3, i, task)[0].key for i in range(200)]
    assert len(set(keys)) == 200
    assert keys[:5] == [NB201Space().sample(3, i, task)[0].key for i in range(5)]
    assert keys[:5] != [space.sample(4, i, task)[0].key for i in range(5)]
    assert len({space.group(space.sample(3, i, task)[0]) for i in range(200)}) == 200
    with pytest.raises(ConfigError, match="holds 5875 architectures"):
        space.sample(0, 5_875, task)


def test_schedule_is_a_cosine_that_starts_at_the_full_rate() -> None:
    expected = [0.05 * (1 + np.cos(np.pi * (e - 1) / 200)) for e in range(1, 201)]
    np.testing.assert_allclose(0.1 * NB201Space().schedule(200), expected, rtol=1e-14)


def test_options_and_tasks_out_of_range() -> None:
    for option, most in (("channels", 1024), ("cells", 100)):
        NB201Space(**{option: most})
        for value in (0, most + 1, 10**8):
            with pytest.raises(ConfigError, match=rf"1 \.\. {most}; got {value}\. Choose another --{option}"):
                NB201Space(**{option: value})
    with pytest.raises(ConfigError):
        NB201Space(dedup="all")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, match="multiples of 4"):
        NB201Space().sample(0, 0, image_task(30))
