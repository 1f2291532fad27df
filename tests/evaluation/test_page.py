"""The frame of the page: what its style promises and what its tables hold."""

import re

from evaluation.page import page, table

NAME = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|"


def test_a_long_first_cell_is_cut_by_the_style_and_whole_in_its_title() -> None:
    text = page("t", table(["architecture", "error"], [[NAME, "1.5\t1.50"]]))
    (rule,) = re.findall(r"td:first-child \{(.*?)\}", text, re.DOTALL)
    assert {"position: sticky", "max-width: 40vw", "overflow: hidden", "text-overflow: ellipsis"} <= {s.strip() for s in rule.split(";")}
    assert f'<td class=text title="{NAME}">{NAME}</td><td data-value="1.5">1.50</td>' in text


def test_a_tab_in_a_name_is_no_separator() -> None:
    assert ">a\tb</td>" in table(["name"], [["a\tb"]])
