# Two commands are enough: `make demo` and `make test`. Each makes the virtual environment when it has to.
# Variables: PYTHON (an interpreter 3.11 to 3.13), WORKERS (test processes), PORT and DATA_DIR (demo).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# One more than the two processors that are counted on: a third of a test's time is spent waiting for servers and disks.
WORKERS ?= 3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c '$(SUITABLE)' >/dev/null 2>&1 && echo $$python && break; done)

.PHONY: help
help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/.runtime  ## Start everything with fictitious data on http://127.0.0.1:8000 (PORT, DATA_DIR)
	$(BIN)/dossier-ledger demo

# Empty: the programs that the tests start would else compile all of the source again, each time.
test test-full bench: export PYTHONDONTWRITEBYTECODE :=

.PHONY: test
test: .venv/.development check  ## Check style and types, then run the suite with its heavy cases scaled down
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not full"

.PHONY: test-full
test-full: .venv/.development check  ## The same, with the heavy cases whole
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --timeout 3600

.PHONY: bench
bench: .venv/.development  ## Measure speed, each figure as a ratio within one run
	$(BIN)/python -m tests.benchmarks

.PHONY: screenshots
screenshots: .venv/.development  ## Take the README's pictures of the portal, in the system's Chromium
	$(BIN)/python -m tests.browser.screenshots

.PHONY: generated
generated: .venv/.development  ## Write anew what is written from the code: schemas, the client, tables of the docs
	$(BIN)/dossier-ledger schemas
	$(BIN)/python -m gateway.api > schemas/openapi.v1.json
	$(BIN)/python -m gateway.api.typescript > docs/client/ledger.ts
	PYTHONPATH=tests $(BIN)/python -m support.routes_page
	PYTHONPATH=tests $(BIN)/python -m support.rights_page

.PHONY: check
check: .venv/.development  ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

.PHONY: lint
lint: check  ## Check style, types, imports, and known weaknesses of what we depend on (needs the network)
	$(BIN)/lint-imports
	$(BIN)/pip-audit --disable-pip --require-hashes --requirement requirements-dev.txt

.PHONY: requirements
requirements: .venv/.development  ## Pin and hash what pyproject.toml asks for
	$(BIN)/pip-compile $(PINS) --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile $(PINS) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

PINS := --quiet --generate-hashes --strip-extras --allow-unsafe --all-build-deps --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.PHONY: clean
clean:  ## Remove the virtual environment and what the tools have cached
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Wheels only: a source distribution would run code, and fetch build tools that no hash covers.
.venv/.runtime: requirements.txt pyproject.toml | .venv/bin/python
	$(PIP) --require-hashes --only-binary=:all: --requirement requirements.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.development: requirements-dev.txt pyproject.toml | .venv/bin/python
	$(PIP) --require-hashes --only-binary=:all: --requirement requirements-dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch .venv/.runtime $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with its venv module is needed: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv .venv
