import pytest

from benchmarks.studies.fits import Fit
from benchmarks.studies.parts import DEFAULTS, OPTIONS, PARTS
from evaluation.cache import config_of
from nasbench_lc.cli.specs import parse_spec
from predictors.configure import make
from tests.benchmarks.studies.sources import made, perceptrons


@pytest.mark.parametrize("option", OPTIONS)
def test_one_part_is_exchanged_at_a_time(option: str) -> None:
    base, other = (config_of(make(*parse_spec(spec), 0)) for spec in ("lc-gode", f"lc-gode[{option}]"))
    (name,) = (key for key in base if base[key] != other[key])
    assert option == f"{name}={other[name]}"
    assert f"{name}={base[name]}" in DEFAULTS


def test_all_are_fitted_to_the_same_curves_and_stand_in_one_table() -> None:
    fits = [fit for fit in PARTS.fits(made(mlp_car=perceptrons(24)), 1) if isinstance(fit, Fit)]
    assert [fit.spec for fit in fits] == ["lc-gode", *(f"lc-gode[{option}]" for option in OPTIONS)]
    assert len({(fit.train.uid, fit.valid.uid, fit.tests["mlp-car"].uid, fit.pairs) for fit in fits}) == 1
    scores = dict.fromkeys(("mape", "mape_median", "kendall", "top10_overlap", "coverage_80"), 0.5)
    ((_, head, lines),) = PARTS.sections([{"model": "lc-gode", "seed": 0, **scores}, {"model": "lc-gode[pooling=max]", "seed": 0}])
    assert lines == [["lc-gode", *["0.500"] * 5], ["lc-gode[pooling=max]", *["-"] * 5]]
    assert len(head) == 6
