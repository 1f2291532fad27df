from pathlib import Path

import pytest

from benchmarks.places import publish
from nasbench_lc.errors import ConfigError


def test_a_document_and_its_files_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    doc, other = tmp_path / "page.md", tmp_path / "figures.json"
    doc.write_text("before\n<!-- begin one -->\nold\n<!-- end one -->\nafter\n")
    publish({doc: {"one": ["first", "second"]}}, {other: "{}\n"})
    whole = "before\n<!-- begin one -->\nfirst\nsecond\n<!-- end one -->\nafter\n"
    assert (doc.read_text(), other.read_text()) == (whole, "{}\n")
    with pytest.raises(ConfigError, match="begin two"):
        publish({doc: {"two": ["lines"]}}, {other: "[]\n"})
    assert (doc.read_text(), other.read_text()) == (whole, "{}\n")
