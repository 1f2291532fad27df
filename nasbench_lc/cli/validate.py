"""``nasbench-lc validate``."""

from pathlib import Path

import click

from nasbench_lc.cli.common import QUICK, echo_json, find_dataset
from nasbench_lc.errors import FormatError, NasbenchError
from nasbench_lc.shards import read_all
from nasbench_lc.validation import problems


@click.command("validate", epilog="Example: nasbench-lc validate datasets/*.h5")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(files: tuple[Path, ...], as_json: bool) -> int:
    """Check datasets: schema, checksums, bounds, run ids, gaps, duplicates, parts. Exit code 1 where something is wrong, 2 where one is unreadable."""
    found: dict[str, list[str]] = {}
    code = 0
    for file in files or (None,):
        path = file or QUICK
        try:
            path = find_dataset(file)
            runs, found[str(path)] = _inspect(path)
        except NasbenchError as error:  # what is wrong with one file is no reason to leave out the next
            found[str(path)] = [str(error)]
            code = 2
            click.echo(f"Error: {error}", err=True)
            continue
        sentences = found[str(path)]
        code = max(code, 1 if sentences else 0)
        if not as_json:
            click.echo(f"{path}: {runs} runs, " + (f"{len(sentences)} problems" if sentences else "sound"))
            for sentence in sentences:
                click.echo(f"  {sentence}")
    if as_json:
        echo_json(found)
    return code


def _inspect(path: Path) -> tuple[int, list[str]]:
    """How many runs a dataset holds, its parts included, and all that is wrong with it."""
    reading = read_all(path)
    if reading.table is None and not reading.bad:
        raise FormatError(f"The dataset must hold finished runs; got none at {path}. Run: nasbench-lc generate --out {path}")
    damaged = [f"Every part must be whole and of the file's recipe; got {part.name}, which is not." for part in reading.bad]
    return (0, damaged) if reading.table is None else (len(reading.table), [*problems(reading.table), *damaged])
