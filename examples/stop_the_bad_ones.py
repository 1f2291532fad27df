"""Train many, stop the bad ones: after ten epochs of every run, go on with those alone that are forecast to be among the best.

python examples/stop_the_bad_ones.py [datasets/mlp-car.h5]
"""

import sys

import numpy as np

import nasbench_lc
from evaluation.ranks import top_overlap
from evaluation.split import split
from predictors.extra_trees import ExtraTrees

OBSERVED, KEPT = 10, 10

data = nasbench_lc.open(sys.argv[1] if len(sys.argv) > 1 else "datasets/mlp-car.h5")
parts = split(data.curves("test_loss"), seed=0)
model = ExtraTrees().fit(parts.train, parts.valid)  # LCGODEX from predictors.lc_gode_x is better and takes a minute

observed, future = parts.test.observe(OBSERVED)
whole = np.flatnonzero(np.isfinite(future.y).all(1))  # runs that left the range of numbers have no last epoch to compare with
observed, truth, seconds = observed.subset(whole), future.y[whole, -1], parts.test.seconds[whole]
forecast = model.predict(observed, future.t).mean[:, -1]

kept = np.argsort(forecast)[:KEPT]
spent = seconds[:, :OBSERVED].sum() + seconds[kept, OBSERVED:].sum()
print(f"{KEPT} of {len(truth)} runs trained to the end: {spent / seconds.sum():.0%} of the time of training all of them")
print(f"the best of these ends at {truth[kept].min():.4f}, the best of all at {truth.min():.4f}")
print(f"of the true best {KEPT} they hold {KEPT * top_overlap(forecast, truth, KEPT, higher=False):.0f}")
