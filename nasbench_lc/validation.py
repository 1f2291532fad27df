"""What must hold of every dataset, checked row by row."""

import json
import math

import numpy as np

from nasbench_lc.architecture import Architecture
from nasbench_lc.config import Recipe, RunConfig
from nasbench_lc.curves import Status
from nasbench_lc.errors import FormatError
from nasbench_lc.plans import plans_of
from nasbench_lc.table import Table, curve_digests, texts

__all__ = ["problems"]

_LEAST_LIMIT = np.float32(1000 * math.log(2))
"""No run diverged by a train loss below this: a task has two classes or more, how many the file does not say."""


def problems(table: Table) -> list[str]:
    """All that is wrong with a dataset, one sentence each; empty where it is sound."""
    if unreadable := _texts(table):  # all else reads them
        return unreadable
    return [*_schema(table), *_plan(table), *_identities(table), *_curves(table)]


def _texts(table: Table) -> list[str]:
    found = []
    for name, column in table.columns.items():
        if column.dtype.kind == "S":
            try:
                texts(column)
            except FormatError as error:
                found.append(f"{name}: {error}")
    return found


def _schema(table: Table) -> list[str]:
    found = []
    if not len(table):
        found.append("A dataset must hold runs; got none.")
    if not np.isfinite(table.attributes.get("schedule", ())).all():
        found.append("The schedule must be finite; got values that are not.")
    for metric in table.metrics:
        if f"curves/{metric}" not in table.columns:
            found.append(f"curves/{metric} must be there, the attribute metrics names it; got none.")
    for name, column in table.columns.items():
        if name.startswith("curves/") and column.shape != (len(table), table.epochs):
            found.append(f"{name} must have shape {(len(table), table.epochs)}; got {column.shape}.")
        if name.startswith("hp/") and column.ndim != 1:
            found.append(f"{name} must have one value per run; got shape {column.shape}.")
    labels = {s.label for s in Status}
    wrong = sorted({s for s in texts(table.columns["run/status"]) if s not in labels})
    if wrong:
        found.append(f"run/status must be one of {', '.join(sorted(labels))}; got {', '.join(wrong)}.")
    return found


def _plan(table: Table) -> list[str]:
    try:
        found = plans_of(str(table.attributes["plan"]))
    except FormatError as error:
        return [str(error)]
    return [] if found else ["The plan of a merged dataset must hold the plans of its parts; got none."]


def _identities(table: Table) -> list[str]:
    found = []
    uids, keys = table.uids, texts(table.columns["arch/key"])
    if len(set(uids)) != len(uids):
        twice = next(u for i, u in enumerate(uids) if u in uids[:i])
        found.append(f"Every run must have an id of its own; got {twice[:12]} twice.")
    pairs = set(zip(table.columns["run/index"].tolist(), table.columns["run/repeat"].tolist(), strict=True))
    if len(pairs) != len(uids):
        found.append("Every run must have its own index and repeat; got two runs with the same.")
    architectures = {}
    for key, text in set(zip(keys, texts(table.columns["arch/json"]), strict=True)):
        try:
            architectures[key] = Architecture.from_json(text)
        except FormatError as error:
            found.append(str(error))
            continue
        if architectures[key].key != key:
            found.append(f"arch/key must be the sha256 of arch/json; got {key[:12]} for another graph.")
    try:
        recipes = _recipes(table)
    except FormatError as error:
        return [*found, str(error)]
    if table.attributes["recipe_hash"] == "mixed":
        if not {r.hash for r in recipes}.issuperset(texts(table.columns["run/recipe_hash"])):
            found.append("The mixed recipes must hold that of every run, by run/recipe_hash; got a run of another.")
    elif recipes[0].hash != table.attributes["recipe_hash"]:
        found.append("recipe_hash must be the sha256 of the recipe; got another.")
    elif not _imported(table):
        found += _run_ids(table, recipes[0], architectures)
    return found


def _recipes(table: Table) -> list[Recipe]:
    """The recipe that all runs share, or those of a mixed dataset."""
    text = str(table.attributes["recipe"])
    if table.attributes["recipe_hash"] != "mixed":
        return [Recipe.from_json(text)]
    mixed = json.loads(text)
    if not isinstance(mixed, list):
        raise FormatError(f"The recipe of a mixed dataset must be a list of recipes; got {text[:60]!r}.")
    return [Recipe.from_json(json.dumps(recipe)) for recipe in mixed]


def _run_ids(table: Table, recipe: Recipe, architectures: dict[str, Architecture]) -> list[str]:
    names = sorted(n.removeprefix("hp/") for n in table.columns if n.startswith("hp/"))
    values = np.stack([table.columns[f"hp/{n}"] for n in names], 1) if names else np.empty((len(table), 0))
    for row, (uid, key) in enumerate(zip(table.uids, texts(table.columns["arch/key"]), strict=True)):
        if key not in architectures:
            continue
        pairs = tuple((n, float(v)) for n, v in zip(names, values[row], strict=True) if np.isfinite(v))
        if RunConfig(recipe, architectures[key], pairs, int(table.columns["run/seed"][row])).run_id != uid:
            return [f"run/uid must be the digest of the run's configuration; got another in row {row}."]
    return []


def _curves(table: Table) -> list[str]:
    found = []
    names = [n for n in table.columns if n.startswith("curves/")]
    if any(table.columns[n].shape != (len(table), table.epochs) for n in names):
        return found
    stored = texts(table.columns["run/sha256"])
    altered = [i for i, (a, b) in enumerate(zip(stored, curve_digests(table.columns), strict=True)) if a != b]
    if altered:
        found.append(f"Curves must match their checksums; got {len(altered)} that do not, the first in row {altered[0]}.")
    ok = np.array([s is Status.OK for s in table.statuses], dtype=bool)
    imported = _imported(table)
    for name in names:
        values = table.columns[name]
        finite = np.isfinite(values)
        low = np.where(finite, values, 0)
        if (low < 0).any():
            found.append(f"{name} must not be negative; got {low.min():.4g}.")
        if name.endswith("_acc") and (low > 1).any():
            found.append(f"{name} must be a fraction; got {low.max():.4g}.")
        if name.removeprefix("curves/") in table.metrics and not finite[ok].all():
            found.append(f"{name} must be finite in runs with status ok; got {int((~finite[ok]).sum())} values that are not.")
        gap = np.isnan(values[:, :-1]) & ~np.isnan(values[:, 1:])
        # An imported source may lack single values; a generated run ends once and stays ended.
        if gap.any() and not imported:
            found.append(f"{name} must have no gap before its end; got one in row {int(gap.any(1).argmax())}.")
    causeless = [row for row, status in enumerate(table.statuses) if status is Status.DIVERGED and not _diverges(table, row, imported)]
    if causeless:
        found.append(
            f"A diverged run must end with its first loss that is not finite, or have a train loss above 1,000 x ln(classes); "
            f"got neither in row {causeless[0]}."
        )
    return found


def _diverges(table: Table, row: int, imported: bool) -> bool:
    """Whether a run's curves are those of one that diverged.

    A loss of the last epoch that it trained may be NaN like all that is missing; that the epoch was trained then shows in the other curves.
    """
    curves = {n.removeprefix("curves/"): c[row] for n, c in table.columns.items() if n.startswith("curves/")}
    if imported:  # a source ends its runs as it likes
        return not all(np.isfinite(c).all() for m, c in curves.items() if m in table.metrics)
    losses = {m: c for m, c in curves.items() if m.endswith("_loss")}
    if "train_loss" not in losses:
        return False
    trained = np.any([~np.isnan(c) for c in curves.values()], axis=0)
    wrong = np.any([~np.isfinite(c) for c in losses.values()], axis=0)
    if wrong[trained].any():
        return int(wrong.argmax()) == int(np.flatnonzero(trained)[-1])
    return bool(trained.all() and (losses["train_loss"] >= _LEAST_LIMIT).any())


def _imported(table: Table) -> bool:
    """Whether any of the runs come from an importer."""
    try:
        return any("imported" in plan for plan in plans_of(str(table.attributes["plan"])))
    except FormatError:
        return False
