"""The tables of docs/reproduction.md: `python -m benchmarks.reproduction [--doc FILE.md] [--results FOLDER] [--benchmarks FOLDER]
[--datasets FOLDER]`.

Fills in what stands between the markers ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` from the committed results: `docs/results/*/scores.json`
(`make results`), `benchmarks/results/arms.json` (`python -m benchmarks.arms`), `limits.json` (`python -m benchmarks.limits`), and
`datasets/*.floor.json` (`python -m benchmarks.noise_floor`). What has not been measured is said to be missing.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.places import fill
from benchmarks.published import HORIZONS, PUBLISHED
from evaluation.table import markdown_table, number
from nasbench_lc.files import atomic

OBSERVE = 10

Record = dict[str, Any]


def tables(results: Path, benchmarks: Path, datasets: Path) -> dict[str, str]:
    """Every table by the name of its place."""
    found = {name.removeprefix("mlp-"): scores_table(results, name) for name in PUBLISHED}
    for place, file, table in (("arms", "arms", arms_table), ("limits", "limits", limits_table), ("worst", "limits", worst_table)):
        record = _read(benchmarks / f"{file}.json")
        found[place] = _missing(f"`benchmarks/results/{file}.json`") if record is None else table(record)
    floors = {name: record for name in PUBLISHED if (record := _read(datasets / f"{name}.floor.json")) is not None}
    return {**found, "noise": noise_table(floors) if floors else _missing("`datasets/*.floor.json`")}


def scores_table(results: Path, name: str) -> str:
    """Every model of a dataset under both protocols, beside the published figures; best first."""
    strict, paper = (_means(_read(results / folder / "scores.json")) for folder in (name, f"{name}-paper"))
    if not strict:
        return _missing("`make results`")
    order = sorted(strict, key=lambda m: strict[m].get(HORIZONS[-1], ("-", float("inf")))[1])
    head = [f"{what} {h}" for what in ("strict", "paper's protocol", "published") for h in HORIZONS]
    lines = []
    for model in order:
        published = PUBLISHED[name].get(model)
        cells = [side.get(model, {}).get(h, ("-", 0.0))[0] for side in (strict, paper) for h in HORIZONS]
        lines.append([f"`{model}`", *cells, *(["-"] * 3 if published is None else [f"{x:.4f}" for x in published])])
    return _markdown(["model", *head], lines)


def arms_table(record: Record) -> str:
    """What the two inputs are worth, at the last horizon and, for the reduction, at all."""
    rows = record["summary"]
    lines = []
    for row in (r for r in rows if r["horizon"] == HORIZONS[-1]):
        others = [r for r in rows if (r["dataset"], r["arm"]) == (row["dataset"], row["arm"])]
        under = "-" if "reduction" not in row else "{:.1f} % [{:.1f}, {:.1f}]".format(*(100 * x for x in row["reduction"]))
        published = row.get("published_reduction")
        means = [f"{r['mape']:.4f}" for r in sorted(others, key=lambda r: r["horizon"])]
        lines.append(
            [
                row["dataset"],
                row["arm"],
                *means,
                f"{row['mape_median']:.4f}",
                under,
                "-" if published is None else f"{100 * published:.1f} %",
            ]
        )
    head = ["dataset", "arm", *(f"MAPE to {h}" for h in HORIZONS), f"median to {HORIZONS[-1]}"]
    return _markdown([*head, "under neither [95 %]", "published: LC-GODE under NODE"], lines)


def limits_table(record: Record) -> str:
    """Where the error lies, for every kind of curve."""
    lines = []
    for name, study in record.items():
        for kind in study["kinds"]:
            means = ["-" if x is None else f"{x:.4f}" for x in kind["mape"].values()]
            lines.append([name, kind["curves"], f"{100 * kind['share_of_curves']:.0f} %", *means, f"{100 * kind['share_of_error']:.0f} %"])
    models = next(iter(record.values()))["kinds"][0]["mape"]
    return _markdown(["dataset", "curves", "share", *(f"MAPE, {m}" for m in models), "share of lc-gode's error"], lines)


def worst_table(record: Record) -> str:
    """How much of the error a few curves have."""
    shares = list(next(iter(record.values()))["concentration"])
    lines = [
        [
            name,
            str(s["n"]),
            f"{s['kinds'][0]['mape']['lc-gode']:.4f}",
            f"{s['median']:.4f}",
            *(f"{100 * s['concentration'][k]:.0f} %" for k in shares),
        ]
        for name, s in record.items()
    ]
    return _markdown(["dataset", "forecasts", "mean", "median", *(f"error of the {k}" for k in shares)], lines)


def noise_table(records: Mapping[str, Record]) -> str:
    """The limit of every score with its interval, and what the median of the other runs reaches, by dataset."""
    lines = []
    for name, record in records.items():
        for floor in (f for f in record["floors"] if f["metric"] == "test_loss"):
            known = [name, *(str(floor[key]) for key in ("observe", "horizon", "n", "runs"))]
            for key in ("mape", "mape_median", "kendall"):
                low, high = (number(x) for x in floor[key]["interval"])
                known += [f"{number(floor[key]['value'])} [{low}, {high}]", number(floor[key]["reached"])]
            lines.append(known)
    scores = [f"{score}{what}" for score in ("MAPE", "median", "Kendall tau") for what in (", limit", ", reached")]
    return _markdown(["dataset", "observed", "to epoch", "configurations", "runs of each", *scores], lines)


def _means(record: Record | None) -> dict[str, dict[int, tuple[str, float]]]:
    found: dict[str, dict[int, tuple[str, float]]] = {}
    for e in record["summary"] if record else ():
        if e["subset"] == "all" and e["observe"] == OBSERVE and e["mape"]["mean"] is not None:
            text = f"{e['mape']['mean']:.4f}"
            if e["mape"]["low"] is not None and e["horizon"] == HORIZONS[-1]:
                text += f" [{number(e['mape']['low'])}, {number(e['mape']['high'])}]"
            found.setdefault(e["model"], {})[e["horizon"]] = (text, e["mape"]["mean"])
    return found


def _read(path: Path) -> Record | None:
    return json.loads(path.read_text()) if path.exists() else None


def _missing(what: str) -> str:
    return f"*Not measured yet: {what} is missing.*"


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(markdown_table(head, lines))


def main() -> None:
    """Fill in the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--doc", type=Path, default=Path("docs/reproduction.md"))
    parser.add_argument("--results", type=Path, default=Path("docs/results"))
    parser.add_argument("--benchmarks", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--datasets", type=Path, default=Path("datasets"))
    given = parser.parse_args()
    text = fill(given.doc.read_text(), tables(given.results, given.benchmarks, given.datasets))
    with atomic(given.doc) as temporary:
        temporary.write_text(text)


if __name__ == "__main__":
    main()
