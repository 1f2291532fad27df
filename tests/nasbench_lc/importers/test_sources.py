"""The importers of published sources, on small files of the same shape."""

import gzip
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generators.spaces.chain import chain_size
from generators.spaces.lcbench import LCBenchMLPSpace, funnel
from generators.tasks import load_task
from nasbench_lc.curves import Status
from nasbench_lc.errors import ConfigError, FormatError
from nasbench_lc.importers import IMPORTERS
from nasbench_lc.importers.baker import layers
from nasbench_lc.importers.lcbench_funnel import funnel_graph, infer_task
from nasbench_lc.table import Table, texts
from nasbench_lc.validation import problems

Source = dict[str, Any]


def notes(table: Table) -> str:
    return str(table.attributes["notes"])


def spikenas_source() -> Source:
    ids = np.array([7, 15624, 5**5, 2 * 5**5])
    rng = np.random.default_rng(0)
    return {
        "curves_milli": rng.integers(0, 100_000, (4, 100, 4), dtype=np.int32),
        "metric_names": np.array(["train_acc", "train_loss", "val_acc", "val_loss"]),
        "n_epochs": np.array([100, 200, 100, 100], dtype=np.int16),
        "arch_id": ids.astype(np.int32),
        "edge_ops": (ids[:, None] // 5 ** np.arange(6) % 5).astype(np.int8),
        "params": np.array([10, 20, 30, 40]),
        "train_seconds": np.float32([100, 400, 300, 200]),
        "test_acc": np.float32([10, 20, 30, 40]),
    }


def klein_source() -> Source:
    rng = np.random.default_rng(0)
    curves = rng.random((3, 5, 4)).astype(np.float32)
    curves[:, :, 1] = np.nan
    curves[:, :, 3] = np.cumsum(1 + rng.random((3, 5)), axis=1)
    return {
        "curves": curves,
        "metric_names": np.array(["valid_error", "valid_loss", "train_loss", "cumulative_seconds"]),
        "config": np.array([[64.5, -2, 4, 5, 6.5], [32, -3, 4, 5, 7], [32, -1, 8, 5, 7]]),
        "config_names": np.array(["batch_size", "log10_learning_rate", "log2_n_units_1", "log2_n_units_2", "log2_n_units_3"]),
    }


def lcbench_run(layers: int | bool, top: int, *, inputs: int = 6, classes: int = 4, lr: float = 0.1, records: int = 12) -> Source:
    """A run whose T_max is 10: one untrained record, ten epochs, a surplus one."""
    widths = [inputs, *funnel(inputs, classes, top, int(layers))]
    size = sum((a + 1) * b for a, b in itertools.pairwise(widths))
    k = np.arange(records)
    log: Source = {"epoch": k.tolist(), "time": (0.5 + 2.0 * k + 0.1 * k**2).tolist(), "model_parameters": size}
    log["Train/lr"] = np.where(k == 0, 0, lr * (1 + np.cos(np.pi * np.maximum(k - 2, 0) / 10)) / 2).tolist()
    for part, accuracy in (("train", "train_accuracy"), ("val", "val_accuracy"), ("test", "test_result")):
        log[f"Train/{part}_cross_entropy"] = (2 - k / 20 + len(part) / 100).tolist()
        log[f"Train/{accuracy}"] = (10.0 + 5 * k + len(part)).tolist()
        log[f"Train/{part}_balanced_accuracy"] = (k / 20).tolist()
    config = {"batch_size": 32, "learning_rate": lr, "momentum": 0.5, "weight_decay": 0.01, "num_layers": layers, "max_units": top}
    return {
        "log": log,
        "results": {"model_parameters": float(size)},
        "config": {**config, "max_dropout": 0.04 if layers == 3 else 0.6, "cosine_annealing_T_max": 10},
    }


def lcbench_source() -> Source:
    return {"my-task": {"0": lcbench_run(True, 64), "1": lcbench_run(4, 68, lr=0.01), "5": lcbench_run(3, 100), "7": lcbench_run(2, 65)}}


BAKER = """net,training_dataset,num_params,depth,lr,acc_1,acc_2,acc_3,acc_4,acc_5,acc_6
"[C(64,3,1), D(1,2), P(2,2), FC(128), D(2,2), SM(10)]",cifar10,1000,5,0.001,0.1,0.2,0.3,0.4,0.5,0.6
"[C(64,5,1), GAP(10), SM(10)]",cifar10,2000,3,0.0004,0.2,0.3,0.4,0.5,0.6,
"""


def write_npz(tmp_path: Path, source: Source) -> Path:
    np.savez_compressed(tmp_path / "source.npz", **source)
    return tmp_path / "source.npz"


def write_json(tmp_path: Path, source: object, packed: bool = True) -> Path:
    path = tmp_path / "source.json.gz"
    text = json.dumps(source).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    return path


def write_csv(tmp_path: Path, text: str) -> Path:
    (tmp_path / "source.csv").write_text(text)
    return tmp_path / "source.csv"


@pytest.mark.parametrize("all_runs", [False, True])
def test_everything_that_is_imported_is_valid(tmp_path: Path, all_runs: bool) -> None:
    sources = {
        "spikenas": write_npz(tmp_path, spikenas_source()),
        "lcbench": write_json(tmp_path, lcbench_source()),
        "baker": write_csv(tmp_path, BAKER),
    }
    for kind, path in sources.items():
        table = IMPORTERS[kind](path, all_runs, None)
        assert problems(table) == []
        assert json.loads(str(table.attributes["plan"]))["imported"] == kind
        assert table.uids == IMPORTERS[kind](path, all_runs, None).uids
    table = IMPORTERS["klein"](write_npz(tmp_path, klein_source()), all_runs, None)
    assert problems(table) == []


def test_spikenas(tmp_path: Path) -> None:
    source = spikenas_source()
    table = IMPORTERS["spikenas"](write_npz(tmp_path, source), False, None)
    keep = [0, 2, 3]
    for name, column, unit in (("train_acc", 0, 100), ("train_loss", 1, 1), ("val_acc", 2, 100), ("val_loss", 3, 1)):
        expected = source["curves_milli"][keep, :, column] / 1000 / unit
        np.testing.assert_array_equal(table.columns[f"curves/{name}"], expected.astype(np.float32))
    np.testing.assert_allclose(table.columns["curves/epoch_seconds"], np.outer([1, 3, 2], np.ones(100)))
    assert set(texts(table.columns["run/seconds_kind"])) == {"apportioned"}
    assert table.columns["arch/n_params"].tolist() == [10, 30, 40]
    assert texts(table.columns["run/name"]) == ("7", "3125", "6250")
    assert texts(table.columns["arch/string"])[0] == "|lif_0.5_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|none~2|"
    np.testing.assert_allclose(table.attributes["schedule"], (1 + np.cos(np.pi * np.arange(100) / 100)) / 2)
    assert "1 of 4 runs" in notes(table)
    assert "were dropped" in notes(table)
    # Cell 0 is dead, cell 3125 copies nothing to the output, cell 6250 is a neuron without input.
    assert len(set(texts(table.columns["arch/group"]))) == 2


def test_spikenas_all_runs(tmp_path: Path) -> None:
    table = IMPORTERS["spikenas"](write_npz(tmp_path, spikenas_source()), True, None)
    assert len(table) == 4
    assert table.columns["curves/epoch_seconds"][1, 0] == 2.0
    assert "kept as asked" in notes(table)


def test_klein(tmp_path: Path) -> None:
    source = klein_source()
    table = IMPORTERS["klein"](write_npz(tmp_path, source), False, None)
    np.testing.assert_array_equal(table.columns["curves/val_acc"], (1 - source["curves"][:, :, 0].astype(np.float64)).astype(np.float32))
    np.testing.assert_allclose(np.cumsum(table.columns["curves/epoch_seconds"], 1), source["curves"][:, :, 3], rtol=1e-6)
    np.testing.assert_allclose(table.columns["hp/lr"], [0.01, 0.001, 0.1])
    np.testing.assert_allclose(table.columns["hp/units_3"], [2**6.5, 128, 128])
    assert table.columns["arch/widths"].tolist() == [[16, 32, 91], [16, 32, 128], [256, 32, 128]]
    assert table.metrics == ("val_acc",)


@pytest.mark.parametrize("packed", [True, False])
def test_lcbench(tmp_path: Path, packed: bool) -> None:
    source = lcbench_source()
    table = IMPORTERS["lcbench"](write_json(tmp_path, source, packed), False, None)
    log = source["my-task"]["1"]["log"]
    assert (table.attributes["task"], table.epochs, texts(table.columns["run/name"])) == ("my-task", 10, ("0", "1", "5", "7"))
    np.testing.assert_array_equal(table.columns["curves/val_acc"][1], np.float32(np.array(log["Train/val_accuracy"][1:11]) / 100))
    np.testing.assert_array_equal(table.columns["curves/test_acc"][1], np.float32(np.array(log["Train/test_result"][1:11]) / 100))
    np.testing.assert_array_equal(table.columns["curves/train_loss"][1], np.float32(log["Train/train_cross_entropy"][1:11]))
    np.testing.assert_allclose(table.columns["curves/epoch_seconds"][1], np.diff(log["time"])[:10], rtol=1e-6)
    np.testing.assert_array_equal(table.columns["curves/lr"][1], np.float32(log["Train/lr"][1:11]))
    np.testing.assert_allclose(table.attributes["schedule"], (1 + np.cos(np.pi * np.maximum(np.arange(10) - 1, 0) / 10)) / 2, atol=1e-12)
    assert texts(table.columns["arch/string"]) == ("linear", "68-47-26", "100-52", "65")
    assert table.columns["hp/dropout"].tolist() == [0.6, 0.6, 0.0, 0.6]
    assert table.columns["arch/n_params"].tolist() == [r["results"]["model_parameters"] for r in source["my-task"].values()]
    assert "12 records in 4 runs" in notes(table)
    assert "6 inputs and 4 classes" in notes(table)
    assert "class-weighted" in notes(table)


def test_lcbench_graphs_are_those_of_our_own_space() -> None:
    task = load_task("car")
    inputs, classes = task.input_shape[0], len(task.classes)
    sizes = set()
    for index in range(40):
        architecture, _ = LCBenchMLPSpace().sample(3, index, task)
        top, depth = max((64, *architecture.widths)), len(architecture.widths) + 1
        ours = funnel_graph(inputs, classes, top, depth)
        assert (ours, ours.string) == (architecture, architecture.string)
        sizes.add((depth, top, chain_size(architecture, task)[0]))
    assert infer_task(sizes) == (inputs, classes)


@pytest.mark.parametrize(("inputs", "classes"), [(4, 2), (200, 10), (1500, 355), (61, 100)])
def test_inputs_and_classes_follow_from_parameter_counts(inputs: int, classes: int) -> None:
    sizes = []
    for depth, top in ((1, 64), (2, 70), (3, 512), (4, 1000), (5, 90)):
        widths = [inputs, *funnel(inputs, classes, top, depth)]
        sizes.append((depth, top, sum((a + 1) * b for a, b in itertools.pairwise(widths))))
    assert infer_task(sizes) == (inputs, classes)
    assert infer_task([*sizes, (2, 70, sizes[1][2] + 1)]) is None
    assert infer_task([(1, 64, 5040)]) is None  # many products are 5040


def test_lcbench_without_a_known_task(tmp_path: Path) -> None:
    source = lcbench_source()
    source["my-task"]["7"]["results"]["model_parameters"] += 1
    table = IMPORTERS["lcbench"](write_json(tmp_path, source), False, None)
    assert "do not tell" in notes(table)
    assert texts(table.columns["arch/string"])[3] == "65"


def test_lcbench_short_runs(tmp_path: Path) -> None:
    source = lcbench_source()
    source["my-task"]["9"] = lcbench_run(2, 80, records=8)
    source["my-task"]["8"] = lcbench_run(2, 81, records=11)
    source["my-task"]["8"]["log"]["Train/val_accuracy"][3] = None
    table = IMPORTERS["lcbench"](write_json(tmp_path, source), False, None)
    assert len(table) == 4
    assert "2 of 6 runs lack epochs or values and were dropped" in notes(table)
    kept = IMPORTERS["lcbench"](write_json(tmp_path, source), True, None)
    assert (len(kept), kept.statuses[-2:], problems(kept)) == (6, (Status.PARTIAL, Status.PARTIAL), [])
    assert np.isnan(kept.columns["curves/val_loss"][4]).tolist() == [False] * 7 + [True] * 3


def test_baker(tmp_path: Path) -> None:
    table = IMPORTERS["baker"](write_csv(tmp_path, BAKER), False, None)
    np.testing.assert_array_equal(
        table.columns["curves/val_acc"], np.float32([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.2, 0.3, 0.4, 0.5, 0.6, np.nan]])
    )
    assert table.statuses == (Status.OK, Status.PARTIAL)
    np.testing.assert_allclose(table.attributes["schedule"], [1, 1, 1, 1, 1, 0.2])
    assert table.columns["hp/lr"].tolist() == [0.001, 0.0004]
    assert table.columns["arch/n_params"].tolist() == [1000, 2000]
    graph = table.curve_set().architectures[0]
    assert [n.op for n in graph.nodes] == ["input", "conv_3x3", "dropout", "max_pool_2x2", "linear", "dropout", "output"]
    assert graph.edges == tuple((i, i + 1) for i in range(6))


def test_layers_of_baker() -> None:
    nodes = layers("[C(64,5,1), D(1,4), P(3,2), GAP(10), SM(10)]")
    assert [dict(n.attributes) for n in nodes] == [{"filters": 64, "kernel": 5, "stride": 1}, {"rate": 0.125}, {"size": 3, "stride": 2}, {}]
    assert [n.op for n in nodes] == ["conv_5x5", "dropout", "max_pool_3x3", "global_avg_pool"]
    for bad in (
        "",
        "[]",
        "C(64,5,1), SM(10)",
        "[C(64,5), SM(10)]",
        "[X(1), SM(10)]",
        "[SM(10), C(1,1,1)]",
        "[C(1,1,1)]",
        "[SM(10), SM(10)]",
        "[D(1,0), SM(10)]",
    ):
        with pytest.raises(FormatError, match="network must read"):
            layers(bad)


def edit(key: str, value: object) -> Callable[[Source], None]:
    return lambda source: source.update({key: value})


def drop(key: str) -> Callable[[Source], None]:
    return lambda source: source.__delitem__(key)


@pytest.mark.parametrize(
    "change",
    [
        drop("arch_id"),
        drop("curves_milli"),
        edit("metric_names", np.array(["a", "b", "c", "d"])),
        edit("metric_names", np.arange(4)),
        edit("curves_milli", np.zeros((4, 50, 4), dtype=np.int32)),
        edit("curves_milli", np.full((4, 100, 4), 100_001)),
        edit("curves_milli", np.full((4, 100, 4), -1)),
        edit("n_epochs", np.array([200] * 4)),
        edit("n_epochs", np.array([0] * 4)),
        edit("arch_id", np.array([1, 2, 3, 5**6])),
        edit("arch_id", np.array([1, 2, 3])),
        edit("edge_ops", np.zeros((4, 6))),
        edit("params", np.array(["x"] * 4)),
        edit("curves_milli", np.array([{}] * 4, dtype=object)),
    ],
)
def test_bad_spikenas(tmp_path: Path, change: Callable[[Source], None]) -> None:
    source = spikenas_source()
    change(source)
    with pytest.raises(FormatError) as caught:
        IMPORTERS["spikenas"](write_npz(tmp_path, source), False, None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        drop("config"),
        edit("curves", np.zeros((3, 0, 4))),
        edit("curves", np.full((3, 5, 4), 1.5)),
        edit("config", np.full((3, 5), np.nan)),
        edit("config", np.full((3, 5), 900.0)),
        edit("config_names", np.array(["a"] * 5)),
    ],
)
def test_bad_klein(tmp_path: Path, change: Callable[[Source], None]) -> None:
    source = klein_source()
    change(source)
    with pytest.raises(FormatError):
        IMPORTERS["klein"](write_npz(tmp_path, source), False, None)


@pytest.mark.parametrize("part", ["log", "config", "results"])
@pytest.mark.parametrize("value", [None, [], "x", {}])
def test_bad_lcbench_parts(tmp_path: Path, part: str, value: object) -> None:
    source = lcbench_source()
    source["my-task"]["1"][part] = value
    with pytest.raises(FormatError, match="run 1"):
        IMPORTERS["lcbench"](write_json(tmp_path, source), False, None)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("log", "time", None),
        ("log", "time", [1, 2]),
        ("log", "Train/val_accuracy", ["a"] * 12),
        ("log", "Train/val_accuracy", [10**400] * 12),
        ("log", "Train/val_accuracy", [101.0] * 12),
        ("log", "Train/val_cross_entropy", [-1.0] * 12),
        ("log", "time", list(range(12, 0, -1))),
        ("config", "num_layers", 0),
        ("config", "num_layers", 2.5),
        ("config", "max_units", float("nan")),
        ("config", "max_units", 10**400),
        ("config", "learning_rate", "0.1"),
        ("config", "cosine_annealing_T_max", 9),
        ("results", "model_parameters", None),
    ],
)
def test_bad_lcbench_values(tmp_path: Path, part: str, key: str, value: object) -> None:
    source = lcbench_source()
    source["my-task"]["1"][part][key] = value
    with pytest.raises(FormatError) as caught:
        IMPORTERS["lcbench"](write_json(tmp_path, source), False, None)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("content", [[], {}, {"a": []}, {"a": {}}, {"a": {"0": 3}}, 3, None])
def test_other_json(tmp_path: Path, content: object) -> None:
    with pytest.raises((FormatError, ConfigError)):
        IMPORTERS["lcbench"](write_json(tmp_path, content), False, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "net,lr\n",
        BAKER.splitlines()[0] + "\n",
        BAKER.replace("0.3", "1.3"),
        BAKER.replace("0.3", "x"),
        BAKER.replace("FC(128)", "FC()"),
        BAKER.replace("acc_2", "acc_9"),
        BAKER.replace("0.001", "inf"),
        BAKER + '"[C(1,1,1), SM(10)]",cifar10\n',
        BAKER + '"[C(1,1,1), SM(10)]",cifar10,1,1,1,.1,.1,.1,.1,.1,.1,.1\n',
        BAKER[:-10],
        BAKER.replace("1000", "inf"),
        BAKER.replace("1000", "-1"),
        BAKER.replace("cifar10", ""),
        BAKER.replace("cifar10", " "),
        BAKER + '"' + "x" * 200_000 + '",cifar10,1,1,1,1,1,1,1,1,1\n',
    ],
)
def test_bad_baker(tmp_path: Path, text: str) -> None:
    with pytest.raises(FormatError) as caught:
        IMPORTERS["baker"](write_csv(tmp_path, text), False, None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", IMPORTERS)
def test_no_importer_reads_another_source(tmp_path: Path, kind: str) -> None:
    sources = {
        "x.npz": b"PK\x05\x06" + bytes(18),
        "x.h5": b"\x89HDF\r\n\x1a\n" + bytes(100),
        "x.pkl": b"\x80\x04cposix\nsystem\n.",
        "x": b"",
    }
    for name, content in sources.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FormatError) as caught:
            IMPORTERS[kind](tmp_path / name, False, None)
        assert "\n" not in str(caught.value)
