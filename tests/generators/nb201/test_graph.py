import pytest

from generators.nb201.graph import CellGraph, Group, Sum, simplify
from generators.spaces.nb201_cell import all_cells, parse
from generators.spaces.nb201_dedup import is_constant


def test_a_cell_reads_its_input_unless_it_is_constant() -> None:
    assert all(simplify(cell).reads_input != is_constant(cell) for cell in all_cells())


@pytest.mark.parametrize(
    ("text", "graph"),
    [
        ("|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|", CellGraph((), (), 0, True)),
        ("|none~0|+|none~0|skip_connect~1|+|none~0|avg_pool_3x3~1|skip_connect~2|", CellGraph((), (), None, False)),
        (  # node 1 is the input again, so that three 3x3 convolutions read one node; 1x1 ones stay apart
            "|skip_connect~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_1x1~0|nor_conv_3x3~1|avg_pool_3x3~2|",
            CellGraph(
                (Sum(2, ((1, 0), (1, 1)), (), (), ()), Sum(3, ((0, 0), (1, 2)), (), (), (2,))),
                (Group(0, 1, (3,)), Group(0, 3, (1, 2, 4))),
                3,
                True,
            ),
        ),
        (  # the convolution of a zero node stays as its bias, the one that nobody reads goes
            "|none~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|",
            CellGraph((Sum(3, (), (4,), (0,), ()),), (), 3, True),
        ),
    ],
)
def test_simplification(text: str, graph: CellGraph) -> None:
    assert simplify(parse(text)) == graph
