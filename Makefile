# make demo   renders a livestream, curates it, checks the shards and shows the result (sets up first if needed)
# make test   every test of the default suite (sets up first if needed)
# make ablation  trains the four models of the paper's ablation in the tiny form on the demo's data set, and compares them
# make quality  curation over rendered clips with exact truth and over real footage: figures against targets, sheets of pictures
# make test-pytorch3d   compares the second renderer with the first, in an environment of its own (several gigabytes)
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo
STAMP := $(VENV)/.installed
# Tests of one file stay in one process, which makes their footage once.
TEST_PROCESSES ?= 2
PACKAGES := packages/shards packages/model packages/curation packages/train packages/inspector pipelines

.PHONY: setup demo test test-slow test-pytorch3d quality bench clean ablation

setup: $(STAMP)

$(STAMP): constraints.txt pyproject.toml $(addsuffix /pyproject.toml,$(PACKAGES))
	@command -v $(PYTHON) >/dev/null || { echo "This project needs Python 3.11; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $(addprefix --editable ,$(PACKAGES)) --requirement requirements-dev.txt
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/cointeract synth --preset demo --output $(DEMO)/footage
	$(BIN)/cointeract curate $(DEMO)/footage --output $(DEMO)/dataset --recipe demo
	$(BIN)/cointeract lint $(DEMO)/dataset
	$(BIN)/cointeract status $(DEMO)/dataset
	@echo "Open $(CURDIR)/$(DEMO)/dataset/report/index.html in a browser."

# Trained models aren't trained again; `rm -r build/ablation` begins anew.
ablation: $(STAMP)
	test -d $(DEMO)/dataset/shards/test || $(MAKE) demo
	$(BIN)/cointeract ablation $(DEMO)/dataset --output build/ablation

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy -p cointeract_shards -p cointeract_model -p cointeract_curation -p cointeract_train -p cointeract_inspector -p cointeract
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -m "not slow" --numprocesses $(TEST_PROCESSES) --dist loadfile

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

build/pytorch3d/.installed: requirements-pytorch3d.txt
	test -x build/pytorch3d/bin/python || $(PYTHON) -m venv build/pytorch3d
	build/pytorch3d/bin/python -m pip install --quiet --requirement requirements-pytorch3d.txt
	touch $@

test-pytorch3d: build/pytorch3d/.installed
	PYTHONPATH=packages/shards:packages/curation build/pytorch3d/bin/python -m pytest tests/curation/render/test_pytorch3d.py

quality: $(STAMP)
	$(BIN)/python -m tests.quality

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf build $(VENV)
