"""Forecast runs of your own training script from its CSV log: one row for each run and epoch, any metrics, any hyperparameters.

python examples/your_own_log.py
"""

import csv
import tempfile
from pathlib import Path

import numpy as np

from evaluation.split import split
from nasbench_lc.dataset import CurveDataset
from nasbench_lc.importers import IMPORTERS
from nasbench_lc.store import write
from predictors.gaussian import Gaussian

folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
with (folder / "log.csv").open("w", newline="") as file:  # in place of your own
    log = csv.writer(file)
    log.writerow(["run", "epoch", "val_acc", "hp_lr", "arch"])
    for run in range(80):
        best, speed, lr = rng.uniform(0.6, 0.95), rng.uniform(0.2, 0.8), 10 ** rng.uniform(-3, -1)
        for epoch in range(1, 31):
            log.writerow([f"run-{run}", epoch, best - 0.5 * epoch**-speed + 0.003 * rng.normal(), lr, f"{32 + run}-32"])

write(folder / "log.h5", IMPORTERS["csv"](folder / "log.csv", False))  # on the command line: nasbench-lc import csv log.csv --out log.h5
curves = CurveDataset(folder / "log.h5").curves("val_acc")
parts = split(curves, seed=0)
model = Gaussian().fit(parts.train, parts.valid)
observed, future = parts.test.observe(5)
forecast = model.predict(observed, future.t)
low, high = forecast.interval(0.8)
for i in range(3):
    print(f"after 5 epochs: {low[i, -1]:.3f} to {high[i, -1]:.3f} expected at epoch {curves.epochs}; it became {future.y[i, -1]:.3f}")
