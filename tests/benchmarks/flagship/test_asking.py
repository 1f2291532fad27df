from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.flagship.asking import ask, fitted, read
from benchmarks.flagship.cases import Case
from evaluation.cache import Cache
from nasbench_lc import store
from nasbench_lc.pool import spread
from tests.nasbench_lc.samples import sample_table

MODELS = ("mean-curve", "gaussian")


@pytest.mark.parametrize("workers", [1, 2])
def test_questions_are_answered_by_processes_and_kept(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "sample.h5"
    store.write(path, sample_table(n=24, epochs=12))
    case, cache = Case("sample test_loss", path.name, "test_loss"), Cache(tmp_path / "cache")
    curves = read(path, case.metric)
    assert ask(case, curves, MODELS[0], 0, cache, stored_only=True) is None
    said = spread(partial(fitted, cache=cache), [(case, path, model, 0) for model in MODELS], workers)
    assert sorted(said) == [f"sample test_loss: {model}, seed 0" for model in sorted(MODELS)]
    for model in MODELS:
        kept = ask(case, curves, model, 0, cache, stored_only=True)
        again = ask(case, curves, model, 0, Cache(tmp_path / "other"), stored_only=False)
        assert kept is not None
        assert again is not None
        assert list(kept) == list(again) != []
        assert all(np.array_equal(kept[k].error, again[k].error, equal_nan=True) for k in kept)


def test_a_case_knows_where_its_file_is(tmp_path: Path) -> None:
    case = Case("sample test_loss", "sample.h5", "test_loss")
    assert case.path((tmp_path,)) is None
    (tmp_path / "sample.h5").touch()
    assert case.path((tmp_path / "nowhere", tmp_path)) == tmp_path / "sample.h5"
