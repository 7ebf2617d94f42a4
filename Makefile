# make demo   renders a livestream, curates it, checks the shards and shows the result (sets up first if needed)
# make test   every test of the default suite (sets up first if needed)
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo
STAMP := $(VENV)/.installed
PACKAGES := packages/shards packages/curation pipelines

.PHONY: setup demo test test-slow lint bench clean

setup: $(STAMP)

$(STAMP): constraints.txt pyproject.toml $(addsuffix /pyproject.toml,$(PACKAGES))
	@command -v $(PYTHON) >/dev/null || { echo "This project needs Python 3.11; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $(addprefix --editable ,$(PACKAGES)) --requirement requirements-dev.txt
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/cointeract synth --preset demo --output $(DEMO)/footage
	$(BIN)/cointeract curate $(DEMO)/footage --output $(DEMO)/dataset
	$(BIN)/cointeract lint $(DEMO)/dataset
	$(BIN)/cointeract status $(DEMO)/dataset
	@echo "Open $(CURDIR)/$(DEMO)/dataset/report/index.html in a browser."

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy -p cointeract_shards -p cointeract_curation -p cointeract
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf build $(VENV)
