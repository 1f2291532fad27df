"""``nasbench-lc status``."""

from collections import Counter
from pathlib import Path

import click

from nasbench_lc.cli.common import echo_json, find_dataset
from nasbench_lc.errors import FormatError
from nasbench_lc.files import at_work
from nasbench_lc.plans import planned, plans_of
from nasbench_lc.shards import read_all


@click.command("status", epilog="Example: nasbench-lc status datasets/quick-mlp-car.h5")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(file: Path | None, as_json: bool) -> None:
    """How far a dataset is: runs planned, finished, by status, what lies in its parts folder, and whether a generator is at work."""
    path = find_dataset(file)
    busy = at_work(path)
    reading = read_all(path)
    table = reading.table
    if table is None and not busy:
        raise FormatError(f"The dataset must hold finished runs; got none yet at {path}. Run the generate command again.")
    counts = Counter(s.label for s in (() if table is None else table.statuses))
    finished = counts.total() - counts["failed"]
    report = {
        "file": str(path),
        "planned": None if table is None else planned(plans_of(str(table.attributes["plan"]))) or len(table),
        "finished": finished,
        "by_status": dict(sorted(counts.items())),
        "unmerged_parts": len(reading.shards),
        "damaged_parts": len(reading.bad),
        "at_work": busy,
    }
    if as_json:
        echo_json(report)
        return
    if table is None:
        click.echo("no run finished yet")
    else:
        click.echo(f"{finished} of {report['planned']} runs finished ({', '.join(f'{n} {s}' for s, n in sorted(counts.items()))})")
    if reading.shards or reading.bad:
        click.echo(f"{len(reading.shards)} parts not merged yet, {len(reading.bad)} damaged; the generate command merges them")
    if busy:
        click.echo("a generator is at work")
