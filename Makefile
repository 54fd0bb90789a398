# Every task sets itself up in .venv and needs nothing but Python 3.11 or later and make.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= demo
WORKERS ?= auto
ROOM ?= readers

BENCHES ?= startup throughput frozen_once maps memory time_to_accuracy

# A worker takes about 2 GB and makes the fixtures of its files itself: more than four gain little.
IN_PARALLEL = --numprocesses $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo test test-slow test-room check bench format docs site dist clean

help:  ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "hilum needs Python 3.11 or later: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# pip takes what it has in its cache and leaves alone what is installed in a version that will do.
# It compiles one file after the other, here all cores do, but for what is hardly ever imported; some
# packages hold files for other Pythons.
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
COMPILE = @$(BIN)/python -W ignore -m compileall -q -j 0 -x '/(tests?|testing|pip|setuptools|statsmodels|pygments)/' $(VENV)/lib > /dev/null 2>&1 || true

$(VENV)/.train: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[train]'
	$(COMPILE)
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[train,dev]'
	$(COMPILE)
	@touch $(VENV)/.train $@

setup: $(VENV)/.dev  ## Install everything into .venv (the other tasks do so themselves)

demo: $(VENV)/.train  ## Go the whole road on synthetic slices and write demo/run/report.html
	$(BIN)/hilum demo --out $(OUT) --force

test: $(VENV)/.dev  ## Run all tests but the slow ones and those of check, on up to four cores
	$(BIN)/pytest $(IN_PARALLEL) --ignore=tests/test_house.py

test-slow: $(VENV)/.dev  ## Run the slow tests: trainings and simulations that take minutes
	$(BIN)/pytest -m slow

test-room: $(VENV)/.dev  ## Run the tests of one room: make test-room ROOM=readers
	$(BIN)/pytest $(or $(wildcard tests/$(ROOM) tests/test_$(ROOM).py),tests/$(ROOM))

check: $(VENV)/.dev  ## Lint, formatting, types, and the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --quiet tests/test_house.py

bench: $(VENV)/.dev  ## Measure speed and memory on this machine; tables in benchmarks/ (hours)
	@for name in $(BENCHES); do \
		$(BIN)/python benchmarks/$$name.py > benchmarks/$$name.md.part \
			&& mv benchmarks/$$name.md.part benchmarks/$$name.md && cat benchmarks/$$name.md || exit 1; \
	done

format: $(VENV)/.dev  ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev  ## Write the references on commands and networks again, from themselves
	$(BIN)/python tests/docs/write_reference.py

$(VENV)/.docs: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[docs]'
	@touch $@

site: $(VENV)/.docs  ## Build the documentation site of this version in site/; warnings are errors
	$(BIN)/python tests/docs/build_site.py

$(VENV)/.dist: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[dist]'
	@touch $@

dist: $(VENV)/.dist  ## Build wheel and sdist in dist/, check them, and install and run them elsewhere
	rm -rf dist build
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*
	$(BIN)/python tests/check_dist.py dist

clean:  ## Remove caches and the demo, not the environment
	rm -rf $(OUT) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist site
