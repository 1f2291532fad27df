"""Several datasets as one."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasbench_lc.errors import ConfigError
from nasbench_lc.table import Table

__all__ = ["merge"]


def merge(tables: Sequence[Table], paths: Sequence[Path], allow_mixed: bool = False) -> Table:
    """One table of all runs; a run that stands in several counts once, and indices are renumbered so that none stands twice.

    Arguments:
        tables: What to merge.
        paths: Where they came from, for messages.
        allow_mixed: Merge different recipes too; the file then says so, and keeps the recipe of every run by its hash.

    Raises:
        ConfigError: If recipes differ and that was not allowed, or the number of epochs or the metrics differ.
    """
    first = tables[0]
    for table, path in zip(tables[1:], paths[1:], strict=True):
        for name, mine, theirs in (("epochs", first.epochs, table.epochs), ("metrics", first.metrics, table.metrics)):
            if mine != theirs:
                raise ConfigError(
                    f"Merged datasets must have the same {name}; got {mine} in {paths[0]} and {theirs} in {path}. Merge others."
                )
        if table.attributes["recipe_hash"] != first.attributes["recipe_hash"] and not allow_mixed:
            raise ConfigError(
                f"Merged datasets must have one recipe; got another in {path} than in {paths[0]}. To mix them, add --allow-mixed."
            )
    both = Table.concat(tables)
    attributes = dict(first.attributes)
    hashes = {str(t.attributes["recipe_hash"]) for t in tables}
    if len(hashes) > 1:
        recipes = {json.dumps(r, sort_keys=True): r for t in tables for r in _recipes(t)}
        attributes["recipe"] = json.dumps([recipes[k] for k in sorted(recipes)], sort_keys=True, separators=(",", ":"))
        attributes["recipe_hash"] = "mixed"
        for name in ("space", "task"):
            attributes[name] = "+".join(sorted({str(t.attributes[name]) for t in tables}))
        if len({str(t.attributes.get("schedule")) for t in tables}) > 1:
            attributes.pop("schedule", None)
    plans = {str(t.attributes["plan"]) for t in tables}
    if len(plans) > 1 or len(hashes) > 1:
        # The result continues no single plan: `generate` must not extend it, and says so.
        attributes["plan"] = json.dumps({"merged": sorted(plans)}, separators=(",", ":"))
        columns = dict(both.columns)
        columns["run/index"] = np.arange(len(both), dtype=np.int64)
        columns["run/repeat"] = np.zeros(len(both), dtype=np.int64)
        both = Table(attributes, columns)
    return Table(attributes, both.columns).ordered()


def _recipes(table: Table) -> list[object]:
    found = json.loads(str(table.attributes["recipe"]))
    return found if isinstance(found, list) else [found]
