import subprocess
import sys
from pathlib import Path

import pytest

from evaluation.source_code import _read, code_digest
from predictors import lc_pfn
from predictors.last_value import LastValue
from predictors.lc_gode_x import LCGODEX
from predictors.mean_curve import MeanCurve
from tests.evaluation.toys import Last

REPOSITORY = Path(__file__).parents[2]


def test_models_of_other_code_and_other_askers_differ() -> None:
    made = [code_digest(m, "evaluation.part") for m in (LCGODEX(), MeanCurve(), LastValue(), Last())]
    assert len({*made, code_digest(LastValue(), "evaluation.part", "evaluation.plots")}) == 5
    assert code_digest(MeanCurve(), "evaluation.part") == made[1]


SCRIPT = """
import evaluation.source_code as m
from predictors.extra_trees import ExtraTrees
from predictors.last_value import LastValue
print(m.code_digest(ExtraTrees(), "evaluation.scoring"), m.code_digest(LastValue(), "evaluation.scoring"))
"""


@pytest.fixture(scope="module")
def as_it_is() -> list[str]:
    return _digests(REPOSITORY)


@pytest.mark.parametrize(
    ("changed", "both"),
    [("predictors/forest.py", False), ("predictors/conformal.py", True), ("nasbench_lc/curves.py", True), ("evaluation/scoring.py", True)],
)
def test_what_is_imported_counts_and_what_is_not_does_not(changed: str, both: bool, as_it_is: list[str], tmp_path: Path) -> None:
    for package in ("predictors", "evaluation", "nasbench_lc"):
        (tmp_path / package).symlink_to(REPOSITORY / package)
    name, module = changed.split("/")
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    for file in (REPOSITORY / name).iterdir():
        if file.name != "__pycache__":
            (tmp_path / name / file.name).symlink_to(file)
    own = tmp_path / name / module
    text = own.read_text()
    own.unlink()
    own.write_text(text + "CHANGED = 1\n")
    after = _digests(tmp_path)
    assert [a != b for a, b in zip(as_it_is, after, strict=True)] == [True, both]


def _digests(folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=folder, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(folder)}
    )
    return done.stdout.split()


def test_what_is_said_of_the_code_does_not_count(tmp_path: Path) -> None:
    versions = {
        "plain": "def f(x):\n    return x + 1\n",
        "explained": '"""A module."""\n# why\ndef f(x):\n    """Of x."""\n\n    return x + 1  # so\n',
        "other": "def f(x):\n    return x + 2\n",
        "a string that runs": 'def f(x):\n    x = "x"\n    return x + 1\n',
    }
    digests = {}
    for name, text in versions.items():
        (tmp_path / f"{name}.py").write_text(text)
        digests[name] = _read(str(tmp_path / f"{name}.py"))[0]
    assert digests.pop("explained") == digests["plain"]
    assert len(set(digests.values())) == 3


def test_weights_that_ship_count() -> None:
    (weights,) = [name for name in _read(lc_pfn.__file__)[1] if not name.endswith(".py")]
    assert weights.endswith("weights/lc_pfn.safetensors")
    assert len(_read(weights)[0]) == 64
