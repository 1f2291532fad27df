"""The card of a dataset: what somebody must know before citing or using it, as Markdown, all of it read from the file."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np

from nasbench_lc.curves import Floats
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.errors import FormatError
from nasbench_lc.plans import planned, plans_of
from nasbench_lc.table import Table, texts

__all__ = ["card"]

_CLOCKS = {
    "processor": "seconds of the one thread that trained each",
    "apportioned": "shares, by cost, of a group's seconds",
    "measured": "by the clock on the wall, which counts what else the machine did",
}


def card(data: CurveDataset) -> str:
    """Recipe, runs by status, distributions, provenance, checksum and licence of a dataset.

    The sha256 is that of the file as it lies on disk; it leaves out runs that are still in the parts folder. A picture of
    the same name beside the file, as `nasbench-lc plot` makes it, is shown, and what `python -m benchmarks.seconds` found is quoted.

    Raises:
        FormatError: If what stands beside the file as that finding is none.
    """
    t, a = data.table, data.attributes
    counts = Counter(s.label for s in t.statuses)
    lines = [
        f"# {data.path.stem}",
        "",
        f"{len(data)} runs x {t.epochs} epochs, space `{a['space']}` on task `{a['task']}`; "
        f"{len(set(t.columns['arch/key'].tolist()))} architectures in {len(set(t.columns['arch/group'].tolist()))} groups.",
        "",
        f"- status: {', '.join(f'{n} {s}' for s, n in sorted(counts.items()))}",
        *_missing(t),
        f"- made by: {a['generator_version']}, begun {a['created']}, on {', '.join(_distinct(data, 'run/device'))}",
        f"- hours of training, summed over runs: {_hours(t)}",
        f"- source data: {a['source']}",
        f"- licence of the source data: {a['licence']}",
    ]
    check = data.path.with_suffix(".seconds.json")
    if check.exists():
        lines.append(_seconds(check))
    if "arch/constant" in t.columns:
        constant = set(t.columns["arch/key"][t.columns["arch/constant"] == 1].tolist())
        lines.append(f"- architectures that answer the same whatever the input: {len(constant)}")
    if a.get("notes"):
        lines.append(f"- notes: {a['notes']}")
    if data.path.exists():
        lines.append(f"- sha256 of the file: `{hashlib.sha256(data.path.read_bytes()).hexdigest()}`")
    if data.path.with_suffix(".png").exists():
        lines += ["", f"![The curves]({data.path.stem}.png)"]
    lines += ["", "## At the last epoch", "", "| metric | runs | min | 25 % | median | 75 % | max |", "|---|---|---|---|---|---|---|"]
    lines += [_quartiles(m, t.columns[f"curves/{m}"][:, -1].astype(np.float64)) for m in data.metrics]
    lines += ["", "## Hyperparameters", "", "| name | runs | min | 25 % | median | 75 % | max |", "|---|---|---|---|---|---|---|"]
    lines += [_quartiles(n.removeprefix("hp/"), t.columns[n]) for n in sorted(t.columns) if n.startswith("hp/")]
    lines += ["", "## Recipe and plan", "", f"Recipe hash `{a['recipe_hash']}`.", ""]
    lines += ["```json", json.dumps({k: json.loads(str(a[k])) for k in ("recipe", "plan")}, indent=1, sort_keys=True), "```"]
    lines += ["", "## Versions", "", *(f"- `{v}`" for v in _distinct(data, "run/versions"))]
    return "\n".join(lines) + "\n"


def _seconds(path: Path) -> str:
    try:
        check = json.loads(path.read_text())
        share, saved = check["share_over_share_alone"], check["group_over_alone"]
        return (
            f"- apportioned seconds, checked by timing {check['networks']} networks alone (the {check['groups']} groups of this plan, "
            f"enlarged until it has so many): a network's share of its group's seconds is {share['median']:.2f} "
            f"({share['min']:.2f} to {share['max']:.2f}) of its share of the seconds alone; "
            f"a group takes {saved['median']:.2f} ({saved['min']:.2f} to {saved['max']:.2f}) of the seconds that its networks take alone"
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise FormatError(
            f"The file {path} must be what benchmarks.seconds wrote; got something else. Remove it, or make it anew."
        ) from error


def _distinct(data: CurveDataset, column: str) -> list[str]:
    return sorted(set(texts(data.table.columns[column])))


def _missing(table: Table) -> list[str]:
    """What a reader must know of a dataset that lacks some of its plan."""
    plans = plans_of(str(table.attributes["plan"]))
    asked = planned(plans)
    if asked is None or len(table) >= asked:
        return []
    text = f"- partial: {len(table)} of {asked} planned runs"
    samples, repeats = (1 + int(table.columns[f"run/{n}"].max(initial=-1)) for n in ("index", "repeat"))
    if len(plans) == 1 and samples * repeats == len(table):  # a smaller plan, whole; a merge of several numbers its runs anew
        return [f"{text}, those of its first {samples} samples: as random as the whole"]
    return [
        f"{text}. Generation trains the costliest first, so the {asked - len(table)} missing tend to be the cheapest of those "
        f"that were still to be trained: a biased sample"
    ]


def _hours(table: Table) -> str:
    """The sum of seconds for each kind of them: what different clocks say does not add up to one number."""
    column = table.columns.get("curves/epoch_seconds", np.full((len(table), 1), np.nan))
    seconds = np.asarray(np.nansum(column, axis=1, dtype=np.float64))
    kinds = np.array(texts(table.columns["run/seconds_kind"]))
    found = {kind: rows for kind in sorted(set(kinds.tolist())) if (rows := (kinds == kind) & (seconds > 0)).any()}
    # Groups are timed by the clock of the runs that were trained alone; before there were processor seconds, that was the one on the wall.
    clock = {("processor",): " of its one thread", ("measured",): " by the clock on the wall"}.get(
        tuple(found.keys() - {"apportioned"}), ""
    )
    sums = [
        f"{seconds[rows].sum() / 3600:.3g} of {rows.sum()} runs {kind} ({_CLOCKS.get(kind, kind)}{clock if kind == 'apportioned' else ''})"
        for kind, rows in found.items()
    ]
    return "; ".join(sums) or "not recorded"


def _quartiles(name: str, values: Floats) -> str:
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return f"| {name} | 0 | | | | | |"
    return f"| {name} | {len(finite)} | " + " | ".join(f"{v:.4g}" for v in np.quantile(finite, [0, 0.25, 0.5, 0.75, 1])) + " |"
