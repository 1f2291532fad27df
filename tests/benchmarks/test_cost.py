from benchmarks.cost import AGAIN, FIRST, MODELS, OBSERVE, table


def test_a_case_has_a_line_with_its_fit_and_the_median_and_range_of_every_call() -> None:
    took = {m: {str(k): {FIRST: [0.3, 0.1 * k, 0.2], AGAIN: [0.01 * k]} for k in OBSERVE[:-1]} for m in MODELS}
    row = {"case": "one", "train": 40, "epochs": 50, "fit_seconds": {MODELS[0]: 31.4, MODELS[1]: 0.1}, "forecast_seconds": took}
    head, _, line = table([row])
    assert head.count("|") == line.count("|")
    assert line.startswith("| one | 40 | 50 | 31 | 0.20 (0.10 to 0.30), 0.01 | 0.30 (0.20 to 1.00), 0.10 | - |")
