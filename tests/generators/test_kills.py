"""SIGKILL, SIGTERM and SIGINT at any moment, then the same call again: nothing finished is lost, none stands twice, the result is the same."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from generators.generate import generate
from generators.plan import resolve
from nasbench_lc import store
from nasbench_lc.shards import parts_folder, read_all
from nasbench_lc.table import Table
from nasbench_lc.validation import problems
from tests.generators import drill
from tests.generators.stub import plan_of
from tests.generators.stub import resolver as stub_resolver

ROOT = Path(__file__).parents[2]


def same_curves(a: Table, b: Table) -> bool:
    """Equal runs, and every curve equal to the byte except the seconds."""
    names = [n for n in a.columns if n.startswith("curves/") and n != "curves/epoch_seconds"]
    return a.uids == b.uids and all(a.columns[n].tobytes() == b.columns[n].tobytes() for n in names)


@pytest.mark.parametrize(("kind", "kills"), [("stub", 20), ("real", 3)])
def test_killed_at_moments_of_its_whole_life(tmp_path: Path, kind: str, kills: int):
    plan, resolver = drill.PLANS[kind], {"stub": stub_resolver, "real": resolve}[kind]
    unbroken = generate(plan, tmp_path / "unbroken.h5", engine="serial", device="cpu", resolver=resolver).table
    command = [sys.executable, "-m", "tests.generators.drill", str(tmp_path), str(kills), "1", kind]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["problems"] == []
    assert sum(report["landed"].values()) == kills
    if kind == "stub":
        assert report["landed"].get("writing the file", 0) + report["landed"].get("after the rename", 0) > 0
    for life in range(report["lives"]):
        path = tmp_path / f"life{life}" / "x.h5"
        table = store.read(path)
        assert same_curves(table, unbroken)
        assert problems(table) == []
        assert sorted(os.listdir(path.parent)) == ["sleep", "x.h5"]


GENERATE = """
import sys
from pathlib import Path
from generators.generate import generate
from tests.generators.stub import plan_of, resolver
path = Path(sys.argv[1])
generate(plan_of(int(sys.argv[2])), path, engine="joblib", workers=2, data_dir=path.parent, resolver=resolver)
"""


def test_the_parent_of_a_pool_killed_while_it_trains(tmp_path: Path):
    path, rng = tmp_path / "x.h5", random.Random(2)
    (tmp_path / "sleep").write_text("0.03")
    seen: set[str] = set()
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", GENERATE, str(path), "60"], cwd=ROOT, start_new_session=True)
        wanted, deadline = len(seen) + rng.randrange(4, 16), time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            reading = read_all(path)
            if reading.table is not None and len(reading.table) >= wanted:
                break
            time.sleep(0.01)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        table = read_all(path).table
        assert table is not None
        assert seen <= set(table.uids)
        seen = set(table.uids)
    (tmp_path / "sleep").unlink()
    subprocess.run([sys.executable, "-c", GENERATE, str(path), "60"], cwd=ROOT, check=True)
    unbroken = generate(plan_of(60), tmp_path / "unbroken.h5", engine="serial", resolver=stub_resolver).table
    assert same_curves(store.read(path), unbroken)
    assert not parts_folder(path).exists()


COMMAND = """
import functools, sys
from generators import generate as module
from tests.generators.stub import plan_of, resolver
module.generate = functools.partial(module.generate, resolver=resolver)
from nasbench_lc.cli import generate as cli, main
cli.plan_of = lambda o: (plan_of(o["n"]), o["out"])
main(sys.argv[1:])
"""


def by_ctrl_c(pid: int) -> None:
    os.killpg(pid, signal.SIGINT)  # a terminal sends it to the whole group


def by_sigterm(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)


def interrupted(tmp_path: Path, *engine: str, how: Callable[[int], None] = by_ctrl_c) -> subprocess.CompletedProcess[str]:
    """`nasbench-lc generate` with the stub, interrupted once it has stored something."""
    path = tmp_path / "x.h5"
    (tmp_path / "sleep").write_text("0.05")
    arguments = ["generate", "--n", "200", "--out", str(path), "--data-dir", str(tmp_path), *engine]
    # What runs in the background of a shell is deaf to Ctrl-C, and so are its children.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments], cwd=ROOT, start_new_session=True, text=True, stdout=-1, stderr=-1
    )
    signal.signal(signal.SIGINT, heard)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None and not list(parts_folder(path).glob("part-*.h5")):
        time.sleep(0.01)
    how(process.pid)
    stdout, stderr = process.communicate(timeout=60)
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


def check_interrupted(tmp_path: Path, done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 130, done.stderr
    said = [line for line in done.stderr.splitlines() if line and not line.startswith("dataset: ")]
    assert said == ["Error: Interrupted. What was finished is stored; the same command continues."]
    table = store.read(tmp_path / "x.h5")
    assert 0 < len(table) < 200
    (tmp_path / "sleep").unlink()
    again = generate(plan_of(200), tmp_path / "x.h5", engine="serial", data_dir=tmp_path, resolver=stub_resolver)
    assert again.trained == 200 - len(table)
    assert np.isfinite(again.table.columns["curves/test_loss"]).all()


def test_an_interrupted_extension_says_what_was_asked_for(tmp_path: Path):
    generate(plan_of(20), tmp_path / "x.h5", engine="serial", data_dir=tmp_path, resolver=stub_resolver)
    interrupted(tmp_path, "--engine", "serial")
    table = store.read(tmp_path / "x.h5")
    assert 20 < len(table) < 200
    assert json.loads(str(table.attributes["plan"]))["n"] == 200


@pytest.mark.parametrize("engine", ["serial", "joblib", "dask"])
@pytest.mark.parametrize("how", [by_ctrl_c, by_sigterm])
def test_interrupted(tmp_path: Path, engine: str, how: Callable[[int], None]):
    check_interrupted(tmp_path, interrupted(tmp_path, "--engine", engine, "--workers", "2", how=how))
