"""A log is known by what it holds, not by its name."""

import gzip
from pathlib import Path

import pytest

from nasbench_lc import store
from nasbench_lc.cli.observed import observed_of
from nasbench_lc.errors import FormatError
from nasbench_lc.shards import write_shard
from tests.nasbench_lc.samples import sample_table

LOG = "run,epoch,val_loss\na,1,3\na,2,2\na,3,1\n"


@pytest.mark.parametrize("name", ["log.csv", "log.CSV", "log.tsv", "log.txt", "log", "log.csv.gz"])
def test_a_log_by_any_name(tmp_path: Path, name: str) -> None:
    text = (LOG.replace(",", "\t") if name == "log.tsv" else LOG).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    found = observed_of(tmp_path / name, "val_loss", None)
    assert (found.runs, found.names, [part.target.tolist() for _, part in found.parts]) == (("a",), {}, [[[3, 2]]])


@pytest.mark.parametrize("name", ["a.h5", "a.hdf5", "a.csv"])
def test_a_dataset_by_any_name(tmp_path: Path, name: str) -> None:
    table = sample_table(3, 12)
    store.write(tmp_path / name, table)
    found = observed_of(tmp_path / name, table.metrics[0], 2)
    assert found.runs == table.uids
    assert [(rows.tolist(), part.y.shape) for rows, part in found.parts] == [([0, 1, 2], (3, 2, 4))]


def test_a_dataset_that_lies_in_parts(tmp_path: Path) -> None:
    table = sample_table(3, 12)
    write_shard(tmp_path / "a.data", table)
    assert set(observed_of(tmp_path / "a.data", table.metrics[0], 2).runs) == set(table.uids)


@pytest.mark.parametrize(
    ("name", "words"), [("none.h5", "dataset must exist"), ("text.h5", "must be an HDF5 file"), ("none.tsv", "No such file")]
)
def test_what_is_missing_or_damaged_is_what_its_name_says(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "text.h5").write_text(LOG)
    with pytest.raises(FormatError, match=words):
        observed_of(tmp_path / name, "val_loss", None)
