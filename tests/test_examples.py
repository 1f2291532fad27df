"""Every example runs as its first lines say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXPECTED = {
    "few_curves_of_your_own": "with the other task's",
    "stop_the_bad_ones": "of the true best 10",
    "your_own_log": "expected at epoch 30",
    "your_own_predictor": "MedianDrop",
}


def test_every_example_is_listed_here() -> None:
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_it_runs(name: str) -> None:
    told = subprocess.run(
        [sys.executable, f"examples/{name}.py"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert EXPECTED[name] in told.stdout
