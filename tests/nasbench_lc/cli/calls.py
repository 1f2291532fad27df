"""Calling the command line from a test."""

import pytest

from nasbench_lc.cli import main


def call(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    return int(stop.value.code or 0)
