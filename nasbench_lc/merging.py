"""Several datasets as one."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.table import Table, curve_digests, texts

__all__ = ["merge"]


def merge(tables: Sequence[Table], paths: Sequence[Path], allow_mixed: bool = False) -> Table:
    """One table of all runs; a run that stands in several counts once, and indices are renumbered so that none stands twice.

    Arguments:
        tables: What to merge.
        paths: Where they came from, for messages.
        allow_mixed: Merge different recipes too; the file then says so, and keeps the recipe of every run by its hash.

    Raises:
        ConfigError: If recipes differ and that was not allowed, or the number of epochs or the metrics differ.
        FormatError: If runs are to be merged with runs of other curves, and do not match their checksums.
    """
    first = tables[0]
    recipes = [_recipes(t) for t in tables]
    other = [r.keys() != recipes[0].keys() for r in recipes]
    for table, path, differs in zip(tables, paths, other, strict=True):
        for name, mine, theirs in (("epochs", first.epochs, table.epochs), ("metrics", first.metrics, table.metrics)):
            if mine != theirs:
                raise ConfigError(
                    f"Merged datasets must have the same {name}; got {mine} in {paths[0]} and {theirs} in {path}. Merge others."
                )
        if differs and not allow_mixed:
            raise ConfigError(
                f"Merged datasets must have one recipe; got another in {path} than in {paths[0]}. To mix them, add --allow-mixed."
            )
    both = _together(tables, paths)
    attributes = dict(first.attributes)
    if any(other):
        every = {text: recipe for found in recipes for text, recipe in found.items()}
        attributes["recipe"] = json.dumps([every[text] for text in sorted(every)], sort_keys=True, separators=(",", ":"))
        attributes["recipe_hash"] = "mixed"
        for name in ("space", "task"):
            attributes[name] = "+".join(sorted({str(t.attributes[name]) for t in tables}))
        if len({str(t.attributes.get("schedule")) for t in tables}) > 1:
            attributes.pop("schedule", None)
    plans = {str(t.attributes["plan"]) for t in tables}
    if len(plans) > 1 or any(other):
        # The result continues no single plan: `generate` must not extend it, and says so.
        attributes["plan"] = json.dumps({"merged": sorted(plans)}, separators=(",", ":"))
        columns = dict(both.columns)
        columns["run/index"] = np.arange(len(both), dtype=np.int64)
        columns["run/repeat"] = np.zeros(len(both), dtype=np.int64)
        both = Table(attributes, columns)
    return Table(attributes, both.columns).ordered()


def _recipes(table: Table) -> dict[str, object]:
    """All recipes of a dataset, by their canonical text."""
    found = json.loads(str(table.attributes["recipe"]))
    return {json.dumps(recipe, sort_keys=True): recipe for recipe in (found if isinstance(found, list) else [found])}


def _together(tables: Sequence[Table], paths: Sequence[Path]) -> Table:
    """All runs, with checksums over all curves where some tables have curves that others lack: a checksum covers the names too."""
    both = Table.concat(tables)
    if len({frozenset(n for n in t.columns if n.startswith("curves/")) for t in tables}) == 1:
        return both
    for table, path in zip(tables, paths, strict=True):
        if list(texts(table.columns["run/sha256"])) != curve_digests(table.columns):
            raise FormatError(f"Curves must match their checksums before they are merged; got others in {path}. Restore it from a copy.")
    digests = np.array([d.encode() for d in curve_digests(both.columns)])
    return Table(both.attributes, {**both.columns, "run/sha256": digests})
