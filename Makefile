# Tenuto: `make demo` shows it at work, `make test` proves it. Both set up what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow test-all check docs format clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

$(VENV)/.installed-all: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,docs,spark,postgres,bench]'
	touch $@

demo: $(VENV)/.installed  ## simulate a service, run everything, say where the report is
	$(BIN)/tenuto demo demo --no-serve
	@echo 'To look at it: $(BIN)/tenuto demo demo'

test: $(VENV)/.installed  ## the fast tests
	$(BIN)/python -m pytest -m "not slow" -n auto

test-slow: $(VENV)/.installed-all  ## real components at size: Spark, kills, servers
	$(BIN)/python -m pytest -m slow -n 2 --dist loadfile --no-loadscope-reorder

test-all: test test-slow  ## every test

check: $(VENV)/.installed  ## style, types and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed-all  ## the documentation as a site in docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) docs/_build build dist
