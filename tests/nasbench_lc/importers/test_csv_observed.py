"""What has been observed of the runs of a log, as far as each came."""

from pathlib import Path

import numpy as np
import pytest

from nasbench_lc.curves import Status
from nasbench_lc.errors import ConfigError
from nasbench_lc.importers.csv_log import Log, import_csv, read_log
from nasbench_lc.validation import problems
from tests.nasbench_lc.importers.logs import write


def small(tmp_path: Path, extra: str = "", value: str = "") -> Log:
    rows = "".join(f"{run},{epoch},{epoch / 10 + (run == 'b') / 100}{value}\n" for run in "ab" for epoch in range(1, 5))
    return read_log(write(tmp_path, f"run,epoch,val_acc{extra}\n{rows}"))


def test_observe(tmp_path: Path) -> None:
    log = small(tmp_path)
    ((rows, first),) = log.observe("val_acc", 2)
    assert rows.tolist() == [0, 1]
    assert (first.t.tolist(), first.epochs, first.y.shape) == ([1, 2], 4, (2, 2, 1))
    np.testing.assert_allclose(first.target, [[0.1, 0.2], [0.11, 0.21]])
    assert [part.t.tolist() for _, part in log.observe("val_acc", None)] == [[1, 2, 3]]
    assert [part.y.shape for _, part in log.observe("val_acc", 0)] == [(2, 0, 1)]
    ((_, whole),) = log.observe("val_acc", None, 100)
    assert (whole.t.tolist(), whole.epochs) == ([1, 2, 3, 4], 100)


UNEVEN = """run,epoch,train_loss,val_acc,hp_b
late,1,3,.1,1
early,1,3,.2,2
late,2,2,,1
early,2,,,2
late,3,1,,1
none,1,,,3
done,4,1,.9,4
"""


def test_each_run_is_observed_as_far_as_it_came_itself(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, UNEVEN))
    parts = log.observe("val_acc", None, 4)
    assert [(rows.tolist(), len(part.t), len(part), part.epochs) for rows, part in parts] == [
        ([2], 0, 1, 4),  # nothing of it has a value
        ([1], 1, 1, 4),
        ([0, 3], 3, 2, 4),  # of another metric than the one to forecast, and one that is to be left to forecast
    ]
    np.testing.assert_array_equal(parts[2][1].target, [[0.1, np.nan, np.nan], [np.nan] * 3])
    assert [part.hyperparameters.tolist() for _, part in parts] == [[[3]], [[2]], [[1], [4]]]
    assert [(rows.tolist(), len(part.t)) for rows, part in log.observe("val_acc", 2, 4)] == [([0, 1, 2, 3], 2)]


def test_a_log_longer_than_the_runs_of_the_checkpoint_is_no_forecast(tmp_path: Path) -> None:
    log = small(tmp_path)
    with pytest.raises(
        ConfigError, match=r"must not be longer than the checkpoint's runs, 3 epochs; got 4\. Add a column epochs .* --observe\."
    ):
        log.observe("val_acc", None, 3)
    assert [(len(part.t), part.epochs) for _, part in log.observe("val_acc", 2, 3)] == [(2, 3)]
    planned = small(tmp_path, ",epochs", ",6")
    assert [(len(part.t), part.epochs) for _, part in planned.observe("val_acc", None, 3)] == [(4, 6)]
    empty = read_log(write(tmp_path, "run,val_acc_1,val_acc_2,val_acc_3\na,.1,,\n"))  # columns that are not filled yet
    assert [(len(part.t), part.epochs) for _, part in empty.observe("val_acc", None, 2)] == [(1, 2)]


def test_planned_epochs(tmp_path: Path) -> None:
    log = small(tmp_path, ",epochs", ",20")
    assert (log.planned, log.observe("val_acc", None, 100)[0][1].epochs) == (20, 20)
    table = import_csv(tmp_path / "log.csv")
    assert (table.epochs, set(table.statuses), problems(table)) == (20, {Status.PARTIAL}, [])


@pytest.mark.parametrize(
    ("metric", "k", "epochs"), [("val_loss", 2, None), ("val_acc", 5, 10), ("val_acc", -1, None), ("val_acc", 4, None)]
)
def test_observe_refuses(tmp_path: Path, metric: str, k: int, epochs: int | None) -> None:
    log = small(tmp_path)
    with pytest.raises(ConfigError):
        log.observe(metric, k, epochs)
