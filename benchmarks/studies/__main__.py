"""Run studies: `python -m benchmarks.studies NAME|all [--models NAMES] [--seeds 3] [--data DIR] [--workers N]`.

Each study writes NAME.json, and README.md in the same folder shows all that are there. Fits are kept in the cache: the same call goes on after a kill.
With --models the rows of other models stay as they were, and the page says of what day they are.
A study of other people's curves needs their folder (--data); without it that part is skipped with a sentence.
"""

import argparse
import json
from functools import partial
from pathlib import Path

from benchmarks.studies.base import Source, Study, Unavailable
from benchmarks.studies.earlier import ages, answered, earlier
from benchmarks.studies.fits import answer
from benchmarks.studies.parts import PARTS
from benchmarks.studies.prefixes import PREFIXES, TOP10
from benchmarks.studies.sizes import SIZE
from benchmarks.studies.stress import STRESS
from benchmarks.studies.transfers import OWN_CURVES, TRANSFER
from evaluation.cache import Cache
from evaluation.table import markdown_table
from nasbench_lc.cli.specs import split_specs
from nasbench_lc.files import atomic
from nasbench_lc.pool import cores, spread
from nasbench_lc.provenance import machine

STUDIES: dict[str, Study] = {
    "prefixes": PREFIXES,
    "parts": PARTS,
    "top10": TOP10,
    "transfer": TRANSFER,
    "own": OWN_CURVES,
    "stress": STRESS,
    "sizes": SIZE,
}


def main() -> None:
    """Fit, score, write."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    p.add_argument("names", nargs="+", choices=[*STUDIES, "all"])
    p.add_argument("--models", help="only these of each study's models, a comma list")
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--datasets", type=Path, default=Path("datasets"))
    p.add_argument("--data", type=Path)
    p.add_argument("--out", type=Path, default=Path("docs/results/studies"))
    p.add_argument("--cache", type=Path, default=Path("reports/fits"))
    p.add_argument("--workers", type=int, default=cores())
    a = p.parse_args()
    models = None if a.models is None else split_specs(a.models)
    for name in STUDIES if "all" in a.names else a.names:
        run(name, Source(a.datasets, a.data), a.seeds, models, a.out, Cache(a.cache), a.workers)
    page(a.out)


def run(name: str, source: Source, seeds: int, models: tuple[str, ...] | None, out: Path, cache: Cache, workers: int = 1) -> None:
    """One study."""
    study, notes, fits = STUDIES[name], [], []
    for fit in study.fits(source, seeds):
        if isinstance(fit, Unavailable):
            notes.append(f"Skipped: {fit}.")
        else:
            fits.append(fit)
    chosen = {fit.spec for fit in fits} if models is None else set(models)
    asked = [fit for fit in fits if fit.spec in chosen]
    new = spread(partial(answer, cache=cache), asked, workers, ordered=True)
    path, rows = out / f"{name}.json", []
    before = earlier(path) if len(asked) < len(fits) else []
    for fit in fits:
        if fit.spec in chosen:
            rows += next(new)
            print(f"{name}: {fit.spec}, seed {fit.seed}, {dict(fit.labels)}", flush=True)
        else:
            rows += answered(fit, before)
    record = {"study": name, "seeds": seeds, "notes": notes, "sections": study.sections(rows), "machine": machine(), "rows": rows}
    out.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        head = json.dumps({key: value for key, value in record.items() if key != "rows"}, indent=1)[:-2]
        temporary.write_text(head + ',\n "rows": [\n' + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n ]\n}\n")


def page(out: Path) -> None:
    """README.md: a section for every study whose result is there."""
    lines = [
        "# Studies",
        "",
        "Made by `python -m benchmarks.studies all`; strict splits, means over seeds with bootstrap intervals: nearly the range of the seeds, "
        "of 3 about 75 %.",
        "",
    ]
    for name, study in STUDIES.items():
        path = out / f"{name}.json"
        if not path.exists():
            continue
        record = json.loads(path.read_text())
        notes = [*record["notes"], *ages(record["rows"])]
        lines += [f"## {study.title}", "", f"{study.question} {record['seeds']} seeds.", "", *(f"{note}\n" for note in notes)]
        for title, head, body in record["sections"]:
            lines += [f"### {title}", "", *markdown_table(head, body), ""]
    with atomic(out / "README.md") as temporary:
        temporary.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
