"""The command line. Each command is a module of its own, imported when it is called, so that --help answers at once."""

import importlib
import io
import sys
from typing import Any

import click

from nasbench_lc.cli.siblings import check_siblings
from nasbench_lc.errors import NasbenchError
from nasbench_lc.version import __version__

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, tuple[str, str]] = {
    "quickstart": ("quickstart", "Generate, train and evaluate, all small: the tool in a few minutes."),
    "generate": ("generate", "Train many networks and store their learning curves."),
    "train-predictor": ("train", "Fit a learning-curve predictor to a dataset."),
    "evaluate": ("evaluate", "Compare predictors on a dataset and write a report."),
    "predict": ("predict", "Forecast curves with a trained predictor."),
    "rank": ("rank", "Rank architectures by their forecast final value."),
    "status": ("status", "How far a dataset is."),
    "info": ("info", "What a dataset holds."),
    "validate": ("validate", "Check a dataset: schema, checksums, bounds, duplicates."),
    "verify": ("verify", "Train a sample of runs again and compare."),
    "plot": ("plot", "Draw the curves of a dataset."),
    "merge": ("merge", "Merge datasets of one recipe."),
    "export": ("export", "Write a dataset as CSV or Parquet."),
    "import": ("import_", "Read other people's curves into the same format."),
}


class _Lazy(click.Group):
    """A group that lists its commands from `COMMANDS` and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        check_siblings()
        return importlib.import_module(f"nasbench_lc.cli.{COMMANDS[cmd_name][0]}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog="Example: nasbench-lc quickstart"
)
@click.version_option(__version__, prog_name="nasbench-lc")
def _group() -> None:
    """Learning-curve datasets of neural architectures: generate them, forecast them, compare predictors honestly.

    Where a command's FILE may be left out, it is datasets/quick-mlp-car.h5 if that exists, else the shipped datasets/mlp-car.h5.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: results on stdout; one sentence on stderr and exit code 1 or 2 where it went wrong."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # the name of a file need not be UTF-8
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: list[str]) -> int:
    try:
        outcome: Any = _group.main(arguments, prog_name="nasbench-lc", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except NasbenchError as error:
        return _say(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        hint = f" See: {error.ctx.command_path} --help" if isinstance(error, click.UsageError) and error.ctx else ""
        return _say(" ".join(error.format_message().split()) + hint, 2)
    except (KeyboardInterrupt, click.Abort):
        return _say("Interrupted. What was finished is stored; the same command continues.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        words = " ".join(str(error).split())
        return _say(f"The operating system must grant what the command needs; got {words}. Mend it and run the same command.", 1)
    except MemoryError as error:
        return _say(f"All that the command needs must fit into memory; got {error or 'too little'}. Give it less, or more memory.", 1)


def _say(sentence: str, code: int) -> int:
    click.echo(f"Error: {sentence}", err=True)
    return code
