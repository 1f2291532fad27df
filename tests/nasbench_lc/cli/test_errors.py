"""Wrong input of many kinds: one clear sentence on stderr, exit code 2 or 1, no traceback."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from nasbench_lc import store
from nasbench_lc.files import lock
from nasbench_lc.table import Table
from tests.nasbench_lc.cli.calls import call
from tests.nasbench_lc.samples import curve, recipe, run, sample_table, table_of

ROOT = Path(__file__).parents[3]
EPOCHS = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good and bad files of every kind."""
    folder = tmp_path_factory.mktemp("cli")
    good = sample_table(40, EPOCHS)
    store.write(folder / "good.h5", good)
    content = (folder / "good.h5").read_bytes()
    (folder / "cut.h5").write_bytes(content[: len(content) // 2])
    (folder / "text.h5").write_text("run,epoch,loss\n")
    (folder / "empty.h5").write_bytes(b"")
    (folder / "folder.h5").mkdir()
    (folder / "file").write_bytes(b"")
    with h5py.File(folder / "foreign.h5", "w") as file:
        file["x"] = np.arange(3)
    other = recipe(EPOCHS, augment="yes")
    store.write(folder / "other.h5", table_of([curve(run(i, recipe=other)) for i in range(3)], other))
    store.write(folder / "longer.h5", sample_table(3, EPOCHS + 1))
    store.write(folder / "altered.h5", Table(good.attributes, {**good.columns, "curves/lr": good.columns["curves/lr"] * 2}))
    (folder / "newer.h5").write_bytes(_newer(content))
    (folder / "one_class.csv").write_text("a,b,class\n" + "1,2,yes\n" * 20)
    (folder / "empty.csv").write_text("")
    (folder / "ragged.csv").write_text("a,b,class\n1,2,yes\n1,no\n")
    (folder / "log.csv").write_text("run,epoch,val_f1\na,1,0.5\na,2,0.6\n")
    (folder / "bad.npz").write_bytes(b"PK")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call("train-predictor", "good.h5", "--model", "last-value", "--observe", "4", "--out", "good") == 0
    shutil.copytree(folder / "good", folder / "damaged")
    (folder / "damaged" / "state.safetensors").write_bytes(b"")
    shutil.copytree(folder / "good", folder / "unknown")
    (folder / "unknown" / "predictor.json").write_text((folder / "good" / "predictor.json").read_text().replace("last-value", "oracle"))
    return folder


def _newer(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as old, h5py.File(buffer, "w") as new:
        for name in old:
            old.copy(name, new)
        new.attrs.update(old.attrs)
        new.attrs["schema_version"] = 99
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


WRONG: dict[str, tuple[str, str]] = {
    "unknown command": ("trian", "trian"),
    "unknown option": ("generate --speed 9", "--speed"),
    "no number": ("generate --n many", "many"),
    "unknown preset": ("generate --preset huge", "--preset"),
    "unknown space": ("generate --space mpl --task iris --out x.h5", "mpl"),
    "unknown task": ("generate --task irsi --out x.h5", "irsi"),
    "unknown engine": ("generate --task iris --engine ray --out x.h5", "ray"),
    "unknown device": ("generate --task iris --device tpu --out x.h5", "tpu"),
    "preset and space": ("generate --preset mlp-car --space mlp", "preset"),
    "negative n": ("generate --n -5 --out x.h5", "--n"),
    "zero n": ("generate --n 0 --out x.h5", "--n"),
    "zero epochs": ("generate --epochs 0 --out x.h5", "--epochs"),
    "zero repeats": ("generate --repeats 0 --out x.h5", "--repeats"),
    "negative seed": ("generate --seed -1 --out x.h5", "--seed"),
    "zero workers": ("generate --workers 0 --out x.h5", "--workers"),
    "momentum out of range": ("generate --task iris --momentum 1.5 --out x.h5", "momentum"),
    "an option of another space": ("generate --task iris --channels 8 --out x.h5", "channels"),
    "an option of another kind of task": ("generate --task iris --image-size 8 --out x.h5", "--image-size"),
    "a target without a file": ("generate --task iris --target x --out x.h5", "--target"),
    "validation of all": ("generate --task iris --val-fraction 1.5 --out x.h5", "val"),
    "CSV with one class": ("generate --task one_class.csv --out x.h5", "class"),
    "missing CSV": ("generate --task none.csv --out x.h5", "none.csv"),
    "empty CSV": ("generate --task empty.csv --out x.h5", "empty"),
    "ragged CSV": ("generate --task ragged.csv --out x.h5", "ragged"),
    "missing column": ("generate --task ragged.csv --target d --out x.h5", "ragged"),
    "bad npz": ("generate --task bad.npz --out x.h5", "bad.npz"),
    "missing npz": ("generate --task none.npz --out x.h5", "none.npz"),
    "target is no dataset": ("generate --task iris --n 2 --out text.h5", "text.h5"),
    "target is truncated": ("generate --task iris --n 2 --out cut.h5", "cut.h5"),
    "target is a folder": ("generate --task iris --n 2 --out folder.h5", "folder"),
    "target under a file": ("generate --task iris --n 2 --out file/x.h5", "through folders"),
    "target cannot be written": ("generate --task iris --n 2 --out /proc/nowhere/x.h5", "writable"),
    "target has another plan": ("generate --task iris --n 2 --out good.h5", "good.h5"),
    "dry run of another plan": ("generate --task iris --n 2 --out good.h5 --dry-run", "good.h5"),
    "missing dataset": ("info none.h5", "none.h5"),
    "empty dataset": ("info empty.h5", "empty.h5"),
    "text as a dataset": ("status text.h5", "text.h5"),
    "truncated dataset": ("validate cut.h5", "cut.h5"),
    "newer dataset": ("evaluate newer.h5", "newer"),
    "foreign dataset": ("export foreign.h5", "schema_version"),
    "folder as a dataset": ("plot folder.h5", "folder"),
    "unknown model": ("train-predictor good.h5 --model lc-goed", "lc-goed"),
    "unknown metric": ("train-predictor good.h5 --metric f1", "f1"),
    "observe beyond the file": ("train-predictor good.h5 --model last-value --observe 12", "observe"),
    "negative observe": ("train-predictor good.h5 --model last-value --observe -1", "observe"),
    "setting without a value": ("train-predictor good.h5 --set latent", "key=value"),
    "unknown setting": ("train-predictor good.h5 --model knn --set latnet=3", "latnet"),
    "bad setting": ("train-predictor good.h5 --model lc-gode --set epochs=many", "epochs"),
    "no curves to train on": ("train-predictor good.h5 --model last-value --train-size 0", "train"),
    "checkpoint into other files": ("train-predictor good.h5 --model last-value --observe 4 --out .", "other files"),
    "unknown model to evaluate": ("evaluate good.h5 --models last-value,oracle", "oracle"),
    "no models": ("evaluate good.h5 --models ,", "--models"),
    "horizon beyond the file": ("evaluate good.h5 --models last-value --observe 4 --horizons 99", "--horizons"),
    "observe is no list": ("evaluate good.h5 --models last-value --observe ten", "--observe"),
    "zero seeds": ("evaluate good.h5 --models last-value --observe 4 --seeds 0", "seeds"),
    "unused setting": ("evaluate good.h5 --models last-value --observe 4 --set latnet=3", "latnet"),
    "unknown protocol": ("evaluate good.h5 --protocol kind", "kind"),
    "nothing left to score": ("evaluate good.h5 --checkpoint nowhere", "nowhere"),
    "missing checkpoint": ("predict nowhere good.h5", "nowhere"),
    "damaged checkpoint": ("predict damaged good.h5 --observe 4", "damaged"),
    "checkpoint of an unknown model": ("rank unknown good.h5 --observe 4", "oracle"),
    "levels out of range": ("predict good good.h5 --observe 4 --levels 0.5,1.5", "--levels"),
    "levels that are no numbers": ("predict good good.h5 --observe 4 --levels half", "--levels"),
    "a level beyond those stored": ("predict good good.h5 --observe 4 --levels 0.001", "level"),
    "log without the metric": ("predict good log.csv", "test_loss"),
    "missing log": ("predict good none.csv", "none.csv"),
    "zero top": ("rank good good.h5 --top 0", "--top"),
    "rank beyond the file": ("rank good good.h5 --observe 50", "observe"),
    "merge of different recipes": ("merge good.h5 other.h5 -o merged.h5", "--allow-mixed"),
    "merge of different lengths": ("merge good.h5 longer.h5 -o merged.h5 --allow-mixed", "epochs"),
    "merge into an existing file": ("merge good.h5 good.h5 -o other.h5", "exists"),
    "merge without an output": ("merge good.h5", "--out"),
    "export onto itself": ("export good.h5 --out good.h5", "must not exist yet"),
    "export in an unknown form": ("export good.h5 --format xlsx", "xlsx"),
    "export under a file": ("export good.h5 --out file/x.csv", "through folders"),
    "unknown source": ("import excel good.h5 --out x.h5", "excel"),
    "missing source": ("import csv none.csv --out x.h5", "none.csv"),
    "import into an existing file": ("import csv log.csv --out good.h5", "exists"),
    "zero sample": ("verify good.h5 --sample 0", "--sample"),
    "verify what cannot be made again": ("verify good.h5", "toy"),
    "too many arguments": ("info good.h5 other.h5", "other.h5"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_one_sentence_and_no_traceback(wrong: str, capsys: pytest.CaptureFixture[str]):
    command, word = WRONG[wrong]
    code = call(*command.split())
    said = capsys.readouterr()
    check_words(said.err, code)
    assert word.lower() in said.err.lower()
    assert said.out == ""
    assert not Path("x.h5").exists()
    assert not Path("merged.h5").exists()


def check_words(stderr: str, code: int) -> None:
    assert code in (1, 2)
    lines = stderr.splitlines()
    assert lines[-1].startswith("Error: ")
    assert all(line.startswith(("dataset: ", "notice: ")) for line in lines[:-1]), stderr
    assert "Traceback" not in stderr


def test_refusals_leave_no_trace(folder: Path):
    """After all of the above, when run in order; alone it checks the fixture."""
    left = {p.name for p in folder.iterdir()}
    assert not {n for n in left if n.endswith((".lock", ".parts", ".tmp"))}


def test_a_locked_target(capsys: pytest.CaptureFixture[str]):
    with lock(Path("x.h5")):
        code = call("generate", "--task", "iris", "--n", "2", "--epochs", "1", "--out", "x.h5", "--engine", "serial")
    assert code == 2
    check_words(capsys.readouterr().err, code)


def test_a_problem_of_a_dataset_is_a_result_not_an_error(capsys: pytest.CaptureFixture[str]):
    assert call("validate", "good.h5", "altered.h5") == 1
    said = capsys.readouterr()
    assert "good.h5: 40 runs, sound" in said.out
    assert "checksums" in said.out
    assert "Error" not in said.err


def test_nothing_to_work_on_names_the_command_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nasbench_lc.cli.common._SHIPPED", Path("datasets/nowhere.h5"))
    for command in ("info", "train-predictor", "evaluate", "validate"):
        assert call(command) == 2
        said = capsys.readouterr()
        check_words(said.err, 2)
        assert "nasbench-lc generate" in said.err


def test_a_full_disk_in_a_real_process(tmp_path: Path, folder: Path):
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, -1)); from nasbench_lc.cli import main; main(sys.argv[1:])"
    )
    for command in (f"export {folder}/good.h5 --out x.csv", f"merge {folder}/good.h5 -o y.h5"):
        done = subprocess.run(
            [sys.executable, "-c", code, *command.split()],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 1
        check_words(done.stderr, 1)
        assert "File too large" in done.stderr
    assert os.listdir(tmp_path) == []


def test_a_closed_pipe_is_no_error(folder: Path):
    command = f"{sys.executable} -m nasbench_lc info good.h5 --json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "{"
    assert "Traceback" not in done.stderr


def test_json_is_json_and_nothing_else(capsys: pytest.CaptureFixture[str]):
    for command in ("info good.h5 --json", "status good.h5 --json", "validate good.h5 --json", "rank good good.h5 --observe 4 --json"):
        assert call(*command.split()) == 0
        assert json.loads(capsys.readouterr().out)
