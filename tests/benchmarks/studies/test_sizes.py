from benchmarks.studies import sizes
from benchmarks.studies.fits import Fit
from evaluation.split import split
from tests.benchmarks.studies.sources import made, perceptrons

CURVES = perceptrons(90)


def test_smaller_training_sets_lie_in_larger_ones_and_test_stays() -> None:
    for seed in (0, 1):
        fits = [f for f in sizes.SIZE.fits(made(mlp_car=CURVES), 2) if isinstance(f, Fit) and (f.spec, f.seed) == ("knn", seed)]
        assert [fit.labels["curves"] for fit in fits] == [25, 50, "all"]  # 100 and 200 are not there
        whole = split(CURVES, seed)
        assert [len(fit.train) + len(fit.valid) for fit in fits] == [25, 50, len(whole.train) + len(whole.valid)]
        for part in ("train", "valid"):
            small, medium, everything = (set(getattr(fit, part).uid) for fit in fits)
            assert small < medium < everything
        assert {fit.tests["mlp-car"].uid for fit in fits} == {whole.test.uid}
        assert all(not {*fit.train.group, *fit.valid.group} & set(whole.test.group) for fit in fits)


def test_columns_stand_in_the_order_of_the_sizes() -> None:
    rows = [{"model": "knn", "curves": n, "mape": 0.1, "kendall": 0.5} for n in (25, 50, "all")]
    assert [head for _, head, _ in sizes.SIZE.sections(rows)] == 2 * [["model", "25", "50", "all"]]
