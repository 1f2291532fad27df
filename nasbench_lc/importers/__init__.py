"""Other people's learning curves, read into the format of this tool: one file and one line per kind of source."""

from collections.abc import Callable
from pathlib import Path

from nasbench_lc.importers.baker import import_baker
from nasbench_lc.importers.csv_log import import_csv
from nasbench_lc.importers.klein import import_klein
from nasbench_lc.importers.lcbench import import_lcbench
from nasbench_lc.importers.spikenas import import_spikenas
from nasbench_lc.table import Table

__all__ = ["IMPORTERS"]

IMPORTERS: dict[str, Callable[[Path, bool, str | None], Table]] = {
    "spikenas": import_spikenas,
    "lcbench": import_lcbench,
    "baker": import_baker,
    "klein": import_klein,
    "csv": import_csv,
}
"""Kind to importer: (source, keep runs that are dropped by default, task) to a dataset that :func:`nasbench_lc.validation.problems` finds nothing in.

The task is the one to read where a source states tasks, else what the curves are said to be of; None for the only one, or the usual one.
"""
