"""Which task is imported where a source states several, and what it is called where none is stated."""

from pathlib import Path

import pytest

from nasbench_lc.errors import ConfigError
from nasbench_lc.importers import IMPORTERS
from tests.nasbench_lc.importers.test_sources import BAKER, klein_source, lcbench_source, spikenas_source, write_csv, write_json, write_npz


def test_one_of_several_tasks_is_read_where_it_is_named(tmp_path: Path) -> None:
    source = lcbench_source()
    both = write_json(tmp_path, {"other": source["my-task"], **source})
    for task, told in ((None, "none"), ("third", "third")):
        with pytest.raises(ConfigError, match=rf"one of those that .* holds: other, my-task; got {told}"):
            IMPORTERS["lcbench"](both, False, task)
    read = IMPORTERS["lcbench"](both, False, "my-task")
    assert read.attributes["task"] == "my-task"
    assert read.uids == IMPORTERS["lcbench"](write_json(tmp_path, source), False, None).uids

    two = BAKER.splitlines()
    two[1] = two[1].replace("cifar10", "svhn", 1)
    path = write_csv(tmp_path, "\n".join(two) + "\n")
    with pytest.raises(ConfigError, match="holds: cifar10, svhn; got none"):
        IMPORTERS["baker"](path, False, None)
    table = IMPORTERS["baker"](path, False, "svhn")
    assert (table.attributes["task"], len(table)) == ("svhn", 1)
    assert f"The 1 runs on svhn, of {len(two) - 1}, were kept." in str(table.attributes["notes"])


def test_a_task_is_named_where_the_source_states_none(tmp_path: Path) -> None:
    cells = write_npz(tmp_path, spikenas_source())
    assert [IMPORTERS["spikenas"](cells, False, task).attributes["task"] for task in (None, "cifar100")] == ["cifar10", "cifar100"]
    klein = write_npz(tmp_path, klein_source())
    assert IMPORTERS["klein"](klein, False, "svhn").attributes["task"] == "svhn"
    log = tmp_path / "mine.csv"
    log.write_text("run,epoch,val_acc\na,1,.1\n")
    assert [IMPORTERS["csv"](log, False, task).attributes["task"] for task in (None, "mnist")] == ["mine", "mnist"]
