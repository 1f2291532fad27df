"""How `lc-gode-x` compares with every other model on every dataset: `python -m benchmarks.flagship`; see __main__."""
