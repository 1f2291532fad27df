"""From forecasts to a report: the split, the backtest, metrics, ranking, calibration, speed-up, plots."""
