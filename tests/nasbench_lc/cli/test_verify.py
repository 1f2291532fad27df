import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generators.generate import generate
from generators.plan import resolve
from nasbench_lc import store
from nasbench_lc.merging import merge
from nasbench_lc.table import Table, curve_digests
from tests.generators.stub import plan_of, resolver
from tests.nasbench_lc.cli.test_errors import call, check_words

Captured = pytest.CaptureFixture[str]
EPOCHS = 12


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generators.plan.resolve", resolver)


@pytest.fixture
def made(tmp_path: Path) -> Table:
    return make(tmp_path / "made.h5")


def make(path: Path, n: int = 3, **plan: Any) -> Table:
    return generate(plan_of(n, epochs=EPOCHS, **plan), path, engine="serial", resolver=resolver).table


def changed(table: Table, **columns: Any) -> Table:
    """The table with other columns, and checksums that fit them."""
    whole = {**table.columns, **{n.replace("__", "/"): c for n, c in columns.items()}}
    return Table(table.attributes, {**whole, "run/sha256": np.array([d.encode() for d in curve_digests(whole)])})


def elsewhere(table: Table) -> Table:
    return changed(table, run__host=np.full(len(table), b"elsewhere"))


def verify(path: Path, table: Table, capsys: Captured, *options: str) -> tuple[int, list[str]]:
    """The exit code, and the verdict on every run of the table."""
    store.write(path, table)
    code = call("verify", str(path), "--sample", "99", "--json", *options)
    said = capsys.readouterr()
    if code == 2:
        check_words(said.err, 2)
        return code, [said.err]
    return code, [r["verdict"] for r in json.loads(said.out)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checked.h5"


def test_equal_to_the_byte(made: Table, path: Path, capsys: Captured):
    assert verify(path, made, capsys) == (0, ["equal to the byte"] * 3)
    assert verify(path, elsewhere(made), capsys) == (0, ["equal to the byte"] * 3)
    assert call("verify", str(path), "--sample", "2") == 0
    assert capsys.readouterr().out.count("equal to the byte") == 2


@pytest.mark.parametrize(
    ("epoch", "factor", "there"), [(2, 1.01, "different"), (2, 1.0001, "within tolerance"), (11, 1.5, "within tolerance")]
)
def test_byte_for_byte_at_home_and_within_tolerance_elsewhere(
    epoch: int, factor: float, there: str, made: Table, path: Path, capsys: Captured
):
    loss = made.columns["curves/test_loss"].copy()
    loss[0, epoch - 1] *= np.float32(factor)
    altered = changed(made, curves__test_loss=loss)
    assert verify(path, altered, capsys) == (1, ["different", *["equal to the byte"] * 2])
    assert verify(path, elsewhere(altered), capsys)[1][0] == there
    versions = changed(altered, run__versions=np.full(3, b"{}"))
    assert verify(path, versions, capsys)[1][0] == there


def test_what_is_missing_is_no_agreement(made: Table, path: Path, capsys: Captured):
    gone = {n.replace("/", "__"): c.copy() for n, c in made.columns.items() if n.startswith("curves/")}
    for column in gone.values():
        column[0, 1:] = np.nan
    status = np.array([b"diverged", b"ok", b"ok"])
    for table in (changed(made, run__status=status), changed(made, **gone), changed(made, run__status=status, **gone)):
        assert verify(path, elsewhere(table), capsys) == (1, ["different", *["equal to the byte"] * 2])
    assert call("verify", str(path), "--sample", "9") == 1
    assert "stored as diverged, now ok" in capsys.readouterr().out


def test_nothing_to_verify_is_an_error(made: Table, path: Path, capsys: Captured):
    strange = changed(made, run__uid=np.array([b"1" * 64, b"2" * 64, b"3" * 64]))
    failed = changed(made, run__status=np.full(3, b"failed"))
    imported = Table({**made.attributes, "plan": '{"imported": "csv"}'}, made.columns)
    for table in (strange, failed, imported):
        code, (said,) = verify(path, table, capsys)
        assert code == 2
        assert "finished runs of its own plan" in said


def test_another_recipe_is_an_error(made: Table, path: Path, capsys: Captured):
    assert "recipe" in verify(path, changed(made, run__recipe_hash=np.full(3, b"0" * 64)), capsys)[1][0]


def test_a_merge_is_verified_by_the_plans_of_its_parts(made: Table, tmp_path: Path, path: Path, capsys: Captured):
    second = make(tmp_path / "second.h5", n=2, seed=1)
    mixed = make(tmp_path / "mixed.h5", n=2, task_options=(("augment", "yes"),))
    paths = [Path(f"{c}.h5") for c in "abc"]
    assert verify(path, merge([made, second], paths[:2]), capsys) == (0, ["equal to the byte"] * 5)
    both = merge([merge([made, second], paths[:2]), mixed], paths[:2], allow_mixed=True)
    assert verify(path, both, capsys) == (0, ["equal to the byte"] * 7)


def test_a_gpu_is_needed_only_for_the_runs_of_one(made: Table, path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    devices = changed(made, run__device=np.array([b"cpu", b"cpu", b"NVIDIA H100"]))
    code, (said,) = verify(path, devices, capsys)
    assert code == 2
    assert "NVIDIA H100" in said
    assert verify(path, devices.take([0, 1]), capsys)[0] == 0


def test_a_gpu_is_not_held_to_the_byte(made: Table, path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "NVIDIA H100")
    loss = made.columns["curves/test_loss"] * np.float32(1.0001)
    gpu = changed(made, run__device=np.array([b"cpu", b"cpu", b"NVIDIA H100"]), curves__test_loss=loss)
    assert verify(path, gpu, capsys) == (1, ["different", "different", "within tolerance"])


def test_a_seed_below_zero(made: Table, path: Path, capsys: Captured):
    assert "--seed" in verify(path, made, capsys, "--seed", "-1")[1][0]


@pytest.mark.parametrize(
    "plan",
    [
        {"space": "mlp", "task": "iris", "task_options": {"foo": 1}},
        {"space": "nb201", "task": "digits-image", "space_options": {"channels": "x"}},
    ],
)
def test_options_that_are_none_are_an_error(
    plan: dict[str, Any], made: Table, path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("generators.plan.resolve", resolve)
    stored = {**json.loads(made.attributes["plan"]), **plan}
    code, (said,) = verify(path, Table({**made.attributes, "plan": json.dumps(stored)}, made.columns), capsys)
    assert code == 2
    assert "must have the options that generate writes" in said
