from dataclasses import replace
from pathlib import Path

import numpy as np

from evaluation.cache import Cache, config_of, curves_digest
from tests.evaluation.toys import Last, Mean, ToyConfig, toy_curves


def test_a_digest_tells_curves_apart() -> None:
    curves = toy_curves()
    changed = curves.y.copy()
    changed[3, 5, 1] += 1e-9
    others = [
        replace(curves, y=changed),
        replace(curves, seconds=curves.seconds * 2),
        replace(curves, uid=("x", *curves.uid[1:])),
        curves.for_metric("test_acc"),
        curves.subset(slice(1, None)),
        replace(curves, schedule=np.ones(curves.epochs)),
    ]
    assert curves_digest(curves) == curves_digest(toy_curves())
    assert len({curves_digest(c) for c in [curves, *others]}) == 7


def test_a_configuration_tells_models_apart() -> None:
    assert config_of(Last(ToyConfig(offset=1.0))) != config_of(Last())
    assert config_of(Last()) != config_of(Mean())


def test_what_was_stored_comes_back_and_what_is_torn_does_not(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "parts")
    assert cache.load("a") is None
    cache.store("a", {"rows": [1, None]}, {"x": np.arange(3.0)})
    found = cache.load("a")
    assert found is not None
    assert found[0] == {"rows": [1, None]}
    np.testing.assert_array_equal(found[1]["x"], np.arange(3.0))
    assert sorted(p.name for p in cache.folder.iterdir()) == ["a.json", "a.npz"]
    npz = cache.folder / "a.npz"
    npz.write_bytes(npz.read_bytes()[:40])
    assert cache.load("a") is None
    (cache.folder / "a.json").write_text("{")
    assert cache.load("a") is None
