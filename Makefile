# Every target does its own set-up: it makes .venv and installs into it what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: quickstart test lint results flagship clean

quickstart: $(VENV)/.installed
	$(BIN)/nasbench-lc quickstart

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n 2

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

# Every model on every shipped dataset under the strict protocol, the paper's models under the paper's as well; then the studies, of which those of
# other people's curves need their folder (make results DATA=...) and are skipped with a sentence without it. Resumes where it was stopped;
# everything shares the folder of finished fits, so that what is fitted once is not fitted again.
DATA ?=
PAPER := lc-gode-paper,lc-gode,node,nsde,lstm,vrnn,lc-bnn,lc-pfn
EVALUATE := $(BIN)/nasbench-lc evaluate --seeds 3 --cache reports/fits

results: $(VENV)/.installed
	for name in mlp-car mlp-segment nb201-cifar10-small nb201-cifar100-small; do \
		$(EVALUATE) datasets/$$name.h5 --baselines --observe 1,10 --out docs/results/$$name || exit 1; \
	done
	for name in mlp-car mlp-segment; do \
		$(EVALUATE) datasets/$$name.h5 --models $(PAPER) --protocol paper --out docs/results/$$name-paper || exit 1; \
	done
	$(BIN)/python -m benchmarks.studies all $(if $(DATA),--data $(DATA))

# lc-gode-x against the field: the tables of docs/results/flagship.md. Other people's curves come from the folder DATA, the tables of the fresh tasks from
# TABLES; cases without their file are left out. Resumes where it was stopped.
TABLES ?= $(DATA)/../tabular
IMPORTS := spikenas:spikenas_cifar10_part.npz lcbench:lcbench_blood_part.json.gz baker:baker2018_metaqnn_cifar10.csv klein:klein2017_cnn_cifar10.npz
# The other tables of Baker et al., as their repository has them (github.com/MITAutoML/accelerating_nas, folder data).
BAKER ?=

flagship: $(VENV)/.installed
	mkdir -p reports/imports
	for import in $(if $(DATA),$(IMPORTS)); do \
		file=reports/imports/$${import%%:*}.h5; \
		test -f $$file || $(BIN)/nasbench-lc import $${import%%:*} $(DATA)/$${import#*:} --out $$file || exit 1; \
	done
	for task in $(if $(DATA),vehicle credit-g kc1 kr-vs-kp); do \
		$(BIN)/nasbench-lc generate --space lcbench-mlp --task $(TABLES)/$$task.csv --n 400 --val-fraction 0.3 \
			--out reports/imports/lcbench-mlp-$$task.h5 || exit 1; \
	done
	$(if $(BAKER),test -f reports/imports/baker-svhn.h5 || $(BIN)/nasbench-lc import baker $(BAKER)/metaqnn_svhn.csv --out reports/imports/baker-svhn.h5)
	$(if $(BAKER),$(BIN)/python -m benchmarks.baker_logs $(BAKER) reports/imports)
	for log in $(if $(BAKER),reports/imports/*.csv); do \
		test -f $${log%.csv}.h5 || $(BIN)/nasbench-lc import csv $$log --out $${log%.csv}.h5 || exit 1; \
	done
	$(BIN)/python -m benchmarks.flagship
	$(BIN)/python -m benchmarks.flagship --tables
	$(if $(DATA),$(BIN)/python -m benchmarks.dead_runs)
	$(BIN)/python -m benchmarks.cost

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
