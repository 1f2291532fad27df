"""``nasbench-lc quickstart``."""

from pathlib import Path

import click

_FILE = "datasets/quickstart.h5"


@click.command("quickstart", epilog="Example: nasbench-lc quickstart")
@click.pass_context
def command(ctx: click.Context) -> int:
    """Generate a small real dataset, train LC-GODE on it, and compare it with simple baselines: a few minutes on two cores.

    It writes datasets/quickstart.h5, checkpoints/lc-gode-quickstart/ and reports/quickstart/ under the current folder, and opens nothing.
    """
    from nasbench_lc.cli import evaluate, generate, train

    steps: tuple[tuple[click.Command, list[str]], ...] = (
        (generate.command, ["--space", "mlp", "--task", "car-binary", "--n", "120", "--epochs", "50", "--out", _FILE]),
        (train.command, [_FILE, "--model", "lc-gode"]),
        (evaluate.command, [_FILE, "--quick"]),
    )
    for step, arguments in steps:
        click.echo(f"\n$ nasbench-lc {step.name} {' '.join(arguments)}")
        code = step.main(arguments, prog_name=f"nasbench-lc {step.name}", standalone_mode=False, help_option_names=ctx.help_option_names)
        if code:
            return int(code)
    click.echo(f"\nOpen the report: {Path('reports/quickstart/report.html').resolve()}")
    return 0
