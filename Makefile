# Every target does its own set-up: it makes .venv and installs into it what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: quickstart test lint results clean

quickstart: $(VENV)/.installed
	$(BIN)/nasbench-lc quickstart

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

# Every model on every shipped dataset, strict protocol: resumes where it was stopped.
results: $(VENV)/.installed
	for name in mlp-car mlp-segment; do \
		$(BIN)/nasbench-lc evaluate datasets/$$name.h5 --baselines --seeds 3 --out docs/results/$$name || exit 1; \
	done

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV)
