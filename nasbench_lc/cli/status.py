"""``nasbench-lc status``."""

import json
from collections import Counter
from pathlib import Path

import click

from nasbench_lc.cli.common import echo_json, find_dataset
from nasbench_lc.errors import FormatError
from nasbench_lc.shards import read_all


@click.command("status", epilog="Example: nasbench-lc status datasets/quick-mlp-car.h5")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(file: Path | None, as_json: bool) -> None:
    """How far a dataset is: runs planned, finished, by status, and what lies in its parts folder."""
    path = find_dataset(file)
    reading = read_all(path)
    if reading.table is None:
        raise FormatError(f"The dataset must hold finished runs; got none yet at {path}. Run the generate command again.")
    planned = _planned(str(reading.table.attributes["plan"]), len(reading.table))
    counts = Counter(s.label for s in reading.table.statuses)
    report = {
        "file": str(path),
        "planned": planned,
        "finished": len(reading.table) - counts["failed"],
        "by_status": dict(sorted(counts.items())),
        "unmerged_parts": len(reading.shards),
        "damaged_parts": len(reading.bad),
    }
    if as_json:
        echo_json(report)
        return
    click.echo(f"{report['finished']} of {planned} runs finished ({', '.join(f'{n} {s}' for s, n in sorted(counts.items()))})")
    if reading.shards or reading.bad:
        click.echo(f"{len(reading.shards)} parts not merged yet, {len(reading.bad)} damaged; the generate command merges them")


def _planned(text: str, finished: int) -> int:
    """How many runs a plan asks for; as many as are there where it is not one of `generate`."""
    try:
        plan = json.loads(text)
        return int(plan["n"]) * int(plan["repeats"]) if "n" in plan else finished
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(
            f"The plan of a dataset must be a JSON object with n and repeats; got {text[:40]!r}. Restore the file from a copy."
        ) from error
