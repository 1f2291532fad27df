"""What no command foresaw: still one sentence and no traceback."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nasbench_lc import store
from tests.nasbench_lc.cli.test_errors import call, check_words
from tests.nasbench_lc.samples import sample_table

ROOT = Path(__file__).parents[3]
REFUSALS = [PermissionError(errno.EACCES, "Permission denied", "data.bin"), OSError("two\nlines"), MemoryError("Unable to allocate 3 TiB")]


@pytest.mark.parametrize("error", REFUSALS, ids=lambda e: type(e).__name__)
def test_the_system_refuses(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def refuse(*_: object) -> None:
        raise error

    store.write(tmp_path / "some.h5", sample_table())
    monkeypatch.setattr("nasbench_lc.cli.info.card", refuse)
    assert call("info", str(tmp_path / "some.h5"), "--card") == 1
    said = capsys.readouterr()
    check_words(said.err, 1)
    assert str(error).split()[-1] in said.err


@pytest.mark.parametrize("command", ["info", "validate"])
def test_a_file_whose_name_no_terminal_prints(command: str, tmp_path: Path):
    path = os.fsencode(tmp_path / "u") + b"\xff.h5"
    store.write(Path(os.fsdecode(path)), sample_table())
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(
        [sys.executable, "-m", "nasbench_lc", command, path], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0
    assert r"u\udcff.h5" in done.stdout
