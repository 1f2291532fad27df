"""Twenty curves of a new task, and a dataset of another task: what the second adds to the first.

python examples/few_curves_of_your_own.py [NEW.h5 OTHER.h5]
"""

import sys

import numpy as np

import nasbench_lc
from evaluation.accuracy import mape
from evaluation.fits import Fits
from evaluation.matching import beside
from evaluation.split import split
from evaluation.transfer import aligned
from predictors.extra_trees import ExtraTrees

new, other = sys.argv[1:] or ("datasets/mlp-segment.h5", "datasets/mlp-car.h5")
curves = nasbench_lc.open(new).curves("test_loss")
own = split(curves, seed=0, train_size=20)
source = split(aligned(nasbench_lc.open(other).curves("test_loss"), curves), seed=0)
both = beside(source, own)  # the other task's curves, moved to where the twenty lie

observed, future = own.test.observe(10)
whole = np.isfinite(future.y).all(1)
for name, parts in {"twenty alone": own, "with the other task's": both}.items():
    model, _ = Fits().learn(ExtraTrees, parts)
    forecast = model.predict(observed, future.t)
    print(f"{name}: {mape(forecast.mean[whole], future.y[whole]).mean():.3f} MAPE on {whole.sum()} test curves")
print("on the command line: nasbench-lc train-predictor NEW.h5 --train-size 20 --source OTHER.h5")
