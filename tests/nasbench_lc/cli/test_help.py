import subprocess
import sys
from pathlib import Path

import click
import pytest

from nasbench_lc import __version__
from nasbench_lc.cli import COMMANDS, _group, main

ROOT = Path(__file__).parents[3]

LOADED = """
import sys
from nasbench_lc.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    assert not stop.code, stop.code
heavy = "torch h5py numpy scipy sklearn matplotlib rich pandas joblib dask evaluation predictors generators".split()
print("HEAVY", [m for m in heavy if m in sys.modules])
"""

ALL = """
import sys
from nasbench_lc.cli import main
for name in sys.argv[1:]:
    try:
        main([name, "--help"])
    except SystemExit as stop:
        assert not stop.code, name
print("HEAVY", [m for m in "torch matplotlib evaluation predictors generators".split() if m in sys.modules])
"""


@pytest.mark.parametrize("arguments", [["--help"], [], ["--version"]])
def test_the_first_answer_imports_nothing_heavy(arguments: list[str]):
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "HEAVY []"
    assert done.stderr == ""


def test_help_of_all_commands_together_does_without_torch():
    done = subprocess.run([sys.executable, "-c", ALL, *COMMANDS], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    assert not stop.value.code
    return capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]):
    text = " ".join(answer(capsys, name, "--help").split())
    assert f"Usage: nasbench-lc {name}" in text
    assert f"Example: nasbench-lc {name}" in text
    assert answer(capsys, name, "-h").split() == answer(capsys, name, "--help").split()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_names_options_that_exist(name: str):
    command = _group.get_command(click.Context(_group), name)
    assert command is not None
    assert command.epilog is not None
    known = {o for p in command.params for o in p.opts}
    used = [word for word in command.epilog.split() if word.startswith("-")]
    assert set(used) <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str):
    command = _group.get_command(click.Context(_group), name)
    assert command is not None
    silent = [p.opts[-1] for p in command.params if isinstance(p, click.Option) and not p.help and not isinstance(p.type, click.Choice)]
    assert silent == []


def test_the_list_names_every_command_once(capsys: pytest.CaptureFixture[str]):
    text = answer(capsys, "--help")
    listed = [line.split()[0] for line in text[text.index("Commands:") :].splitlines()[1:] if line[:2] == "  " and line[2:3].strip()]
    assert listed[: len(COMMANDS)] == list(COMMANDS)
    assert "Example: nasbench-lc quickstart" in text


def test_version(capsys: pytest.CaptureFixture[str]):
    assert answer(capsys, "--version").strip() == f"nasbench-lc, version {__version__}"
