import subprocess
import sys
from pathlib import Path

from nasbench_lc import schema
from nasbench_lc.table import Table
from tests.nasbench_lc.samples import sample_table

PAGE = Path(__file__).parents[2] / "docs" / "format.md"


def test_the_page_is_generated_from_the_module():
    assert PAGE.read_text() == schema.describe(), "run: python -m nasbench_lc.schema > docs/format.md"


def test_the_module_prints_the_page():
    shown = subprocess.run([sys.executable, "-m", "nasbench_lc.schema"], capture_output=True, text=True, check=True, cwd=PAGE.parents[1])
    assert shown.stdout == PAGE.read_text()


def test_what_is_written_is_what_the_schema_names():
    table: Table = sample_table()
    fields = {f"run/{f.name}": f for f in schema.RUN} | {f"arch/{f.name}": f for f in schema.ARCH}
    fields |= {f"curves/{f.name}": f for f in schema.CURVES}
    assert {n for n in table.columns if not n.startswith("hp/")} <= fields.keys()
    assert {n for n, f in fields.items() if f.required} <= table.columns.keys()
    kinds = {"text": "S", "int": "i8", "float": "f8", "curve": "f4", "widths": "i4"}
    for name, column in table.columns.items():
        kind = "float" if name.startswith("hp/") else fields[name].kind
        assert kinds[kind] in (column.dtype.kind, column.dtype.str[1:]), name
    assert {f.name for f in schema.ATTRIBUTES if f.required} <= table.attributes.keys()
    assert set(table.attributes) <= {f.name for f in schema.ATTRIBUTES}
    assert table.attributes["schema_version"] == schema.SCHEMA_VERSION == 1
