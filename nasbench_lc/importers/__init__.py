"""Other people's learning curves, read into the format of this tool: one file and one line per kind of source."""

from collections.abc import Callable
from pathlib import Path

from nasbench_lc.importers.csv_log import import_csv
from nasbench_lc.table import Table

__all__ = ["IMPORTERS"]

IMPORTERS: dict[str, Callable[[Path, bool], Table]] = {
    "csv": import_csv,
}
"""Kind to importer: (source, keep runs that are dropped by default) to a dataset that :func:`nasbench_lc.validation.problems` finds nothing in."""
