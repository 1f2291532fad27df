"""The card of a dataset: what somebody must know before citing or using it, as Markdown, all of it read from the file."""

import hashlib
import json
from collections import Counter
from typing import Any

import numpy as np

from nasbench_lc.curves import Floats
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.table import texts

__all__ = ["card"]


def card(data: CurveDataset) -> str:
    """Recipe, runs by status, distributions, provenance, checksum and licence of a dataset.

    The sha256 is that of the file as it lies on disk; it leaves out runs that are still in the parts folder. A picture of
    the same name beside the file, as `nasbench-lc plot` makes it, is shown, and what `python -m benchmarks.seconds` found is quoted.
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
        f"- made by: {a['generator_version']}, begun {a['created']}, on {', '.join(_distinct(data, 'run/device'))}",
        f"- seconds: {', '.join(f'{n} {k}' for k, n in sorted(Counter(texts(t.columns['run/seconds_kind'])).items()))}; "
        f"{_hours(data):.2f} core-hours in all",
        f"- source data: {a['source']}",
        f"- licence of the source data: {a['licence']}",
    ]
    check = data.path.with_suffix(".seconds.json")
    if check.exists():
        lines.append(_seconds(json.loads(check.read_text())))
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


def _seconds(check: dict[str, Any]) -> str:
    share, saved = check["share_over_share_alone"], check["group_over_alone"]
    return (
        f"- apportioned seconds, checked by timing {check['networks']} networks alone (the {check['groups']} groups of this plan, "
        f"enlarged until it has so many): a network's share of its group's seconds is {share['median']:.2f} "
        f"({share['min']:.2f} to {share['max']:.2f}) of its share of the seconds alone; "
        f"a group takes {saved['median']:.2f} ({saved['min']:.2f} to {saved['max']:.2f}) of the seconds that its networks take alone"
    )


def _distinct(data: CurveDataset, column: str) -> list[str]:
    return sorted(set(texts(data.table.columns[column])))


def _hours(data: CurveDataset) -> float:
    seconds = data.table.columns.get("curves/epoch_seconds")
    return 0.0 if seconds is None else float(np.nansum(seconds, dtype=np.float64) / 3600)


def _quartiles(name: str, values: Floats) -> str:
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return f"| {name} | 0 | | | | | |"
    return f"| {name} | {len(finite)} | " + " | ".join(f"{v:.4g}" for v in np.quantile(finite, [0, 0.25, 0.5, 0.75, 1])) + " |"
