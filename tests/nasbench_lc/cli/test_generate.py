"""`generate` from the command line: what its dry run and its refusals say."""

import json
import os
from pathlib import Path

import click
import pytest

from generators.plan import Plan
from nasbench_lc import store
from nasbench_lc.cli.generate import command, plan_of
from tests.nasbench_lc.cli.calls import call

SMALL = ["generate", "--task", "iris", "--n", "3", "--epochs", "1", "--out", "x.h5", "--engine", "serial", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_dry_run_tells_what_the_call_itself_would(capsys: pytest.CaptureFixture[str]):
    assert call(*SMALL) == 0
    capsys.readouterr()
    for more, finished in (([], 3), (["--val-fraction", "0"], 3), (["--overwrite"], 0), (["--overwrite", "--seed", "1"], 0)):
        assert call(*SMALL, *more, "--dry-run", "--json") == 0
        report = json.loads(capsys.readouterr().out)
        assert (report["runs"], report["finished"]) == (3, finished)
    for option, value in (("--workers", "-3"), ("--engine", "ray"), ("--seed", "1")):
        assert call(*SMALL, option, value, "--dry-run") == 2
        assert option.strip("-") in capsys.readouterr().err
    assert len(store.read(Path("x.h5"))) == 3
    assert os.listdir() == ["x.h5"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--task", ""], "got ''"),
        (["--space", ""], "got ''"),
        (["--preset", ""], "got ''"),
        (["--task", "iris", "--epochs", "99999999999"], "1 .. 100000"),
        (["--task", "digits-image", "--image-size", "4"], "--image-size"),
    ],
)
def test_refusals(capsys: pytest.CaptureFixture[str], arguments: list[str], word: str):
    assert call("generate", "--n", "2", "--out", "x.h5", *arguments) == 2
    said = capsys.readouterr().err.splitlines()
    assert word in said[-1]
    assert said[-1].startswith("Error: ")
    assert os.listdir() == []


def test_a_file_that_is_no_dataset_is_not_overwritten(capsys: pytest.CaptureFixture[str]):
    Path("x.h5").write_text("a thesis")
    for more in ([], ["--dry-run"]):
        assert call(*SMALL, "--overwrite", *more) == 2
        assert "--overwrite" in capsys.readouterr().err
    assert Path("x.h5").read_text() == "a thesis"


def test_a_folder_among_the_parts_is_no_shard():
    Path("x.h5.parts/part-x.h5").mkdir(parents=True)
    assert call(*SMALL) == 0
    assert call(*SMALL, "--overwrite") == 0
    assert len(store.read(Path("x.h5"))) == 3
    assert os.listdir("x.h5.parts") == ["part-x.h5"]


def test_the_root_is_no_dataset(capsys: pytest.CaptureFixture[str]):
    for arguments in ([*SMALL, "--out", "/"], [*SMALL, "--out", "/", "--dry-run"], ["status", "/"], ["info", "/"]):
        assert call(*arguments) == 2
        assert "must be" in capsys.readouterr().err.splitlines()[-1]


def planned(*arguments: str) -> tuple[Plan, Path]:
    # A command keeps the help option of its first context, whichever test that is of.
    with click.Context(command, help_option_names=["-h", "--help"]) as context:
        command.parse_args(context, list(arguments))
        return plan_of(context.params)


def test_space_and_file_follow_from_the_task():
    Path("tree").mkdir()
    for task, space, out in (
        ("a/OK.NPZ", "nb201", "nb201-OK.h5"),
        ("a/ok.csv", "mlp", "mlp-ok.h5"),
        ("iris", "mlp", "mlp-iris.h5"),
        ("tree", "nb201", "nb201-tree.h5"),
        ("tree/", "nb201", "nb201-tree.h5"),
        (".", "nb201", f"nb201-{Path.cwd().name}.h5"),
        ("tree/..", "nb201", f"nb201-{Path.cwd().name}.h5"),
    ):
        plan, path = planned("--task", task)
        assert (plan.task, plan.space, path) == (task, space, Path("datasets") / out)
