"""Studies of section 4 of the evaluation: `python -m benchmarks.studies NAME|all` runs one or all of them."""
