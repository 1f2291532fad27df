"""Tables in documents: what stands between the markers ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` is made by a command."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from nasbench_lc.errors import ConfigError
from nasbench_lc.files import atomic

__all__ = ["fill", "publish"]


def fill(text: str, tables: Mapping[str, str]) -> str:
    """The document with every table in its place.

    Raises:
        ConfigError: If the document has no place for one of the tables.
    """
    for name, table in tables.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if begin not in text or end not in text:
            raise ConfigError(f"The document must have the lines {begin} and {end}; got one without. Put them where the table belongs.")
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, new=f"{begin}\n{table}\n{end}": new, text, flags=re.DOTALL)
    return text


def publish(docs: Mapping[Path, Mapping[str, Sequence[str]]], files: Mapping[Path, str]) -> None:
    """Put tables, each a list of lines, into documents, and write the other files that belong to them; nothing is replaced before all texts are made.

    Raises:
        ConfigError: As :func:`fill`.
    """
    texts = {doc: fill(doc.read_text(), {name: "\n".join(lines) for name, lines in tables.items()}) for doc, tables in docs.items()}
    for path, content in {**files, **texts}.items():
        with atomic(path) as temporary:
            temporary.write_text(content)
