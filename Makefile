# make serve          set everything up, train the starter model if there is none, open the service
# make serve EXTRAS=  the same with the base installation alone
# make test           set up and run every check and test
# make check          the quick set, for every commit
# make bench          every figure of BENCHMARKS.md, hours; a part: make bench ARGS="--only fasttext --sets hotline_orders"

PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= neural
PORT ?= 8000
BENCH ?= ../shared/bench

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --constraint constraints.txt
comma := ,
BRACKET := $(if $(strip $(EXTRAS)),[$(subst $() ,$(comma),$(strip $(EXTRAS)))],)
SERVE_STAMP := $(VENV)/.serve-$(subst $() ,-,$(strip $(EXTRAS)))
DEV_STAMP := $(VENV)/.dev
BENCH_STAMP := $(VENV)/.bench

.PHONY: serve test check quick lint types imports bench places clean

serve: $(SERVE_STAMP)
	$(BIN)/fenban serve --port $(PORT)

test: $(DEV_STAMP) lint types imports
	$(BIN)/python -m pytest -m "not slow" --numprocesses auto
	$(BIN)/python -m pytest -m slow

check: $(DEV_STAMP) lint types imports
	$(BIN)/python -m pytest -m "not slow" -x --numprocesses auto

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_STAMP)
	$(BIN)/mypy

imports: $(DEV_STAMP)
	$(BIN)/lint-imports

bench: $(BENCH_STAMP)
	$(BIN)/python -m fenban.benchmarks --data $(BENCH) $(ARGS)

places: $(DEV_STAMP)
	$(BIN)/python -m fenban.training.directory.divisions datasets/places/divisions.csv

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(SERVE_STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing fenban$(BRACKET) into $(VENV) …"
	$(PIP) --editable ".$(BRACKET)"
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing fenban[dev,postgres,neural] into $(VENV) …"
	$(PIP) --editable ".[dev,postgres,neural]"
	@touch $@

$(BENCH_STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing fenban[neural,bench] into $(VENV) …"
	$(PIP) --editable ".[neural,bench]"
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
