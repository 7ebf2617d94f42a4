# make demo   renders livestreams, curates them, checks the shards, trains a small model and generates held-out clips (sets up first if needed)
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

# One of two livestreams is held out, by its id: the beginning of its SHA-256. Few steps show what so small a model is sure of; with
# more of them its errors add up.
demo: $(STAMP)
	$(BIN)/cointeract synth --preset demo --output $(DEMO)/footage
	$(BIN)/cointeract synth --preset guest --seed 5 --output $(DEMO)/footage
	$(BIN)/cointeract curate $(DEMO)/footage --output $(DEMO)/dataset --recipe demo \
	  --set pack.held_out=0 --set "pack.held_out_sources=[$$($(BIN)/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()[:16])' $(DEMO)/footage/guest.mp4)]"
	$(BIN)/cointeract lint $(DEMO)/dataset
	$(BIN)/cointeract status $(DEMO)/dataset
	$(BIN)/cointeract train $(DEMO)/dataset --recipe tiny --output $(DEMO)/run --resume auto
	rm -rf $(DEMO)/held-out
	$(BIN)/cointeract export $(DEMO)/dataset --output $(DEMO)/held-out
	$(BIN)/cointeract generate --model $(DEMO)/run/model --batch $(DEMO)/held-out/data.test.csv --size 112x64 --steps 4 --guidance 1 \
	  --show-hoi --sheet --overwrite --output $(DEMO)/generated
	@echo "What was curated:  open $(CURDIR)/$(DEMO)/dataset/report/index.html in a browser, or judge it clip by clip:"
	@echo "                   $(BIN)/cointeract inspect $(DEMO)/dataset"
	@echo "What was trained:  $(BIN)/tensorboard --logdir $(DEMO)/run"
	@echo "What it generates: $(CURDIR)/$(DEMO)/generated/0001.sheet.png and 0001.mp4, of a person that it never saw"

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
