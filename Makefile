# Two commands do all set-up: `make demo` and `make test`. Needs only Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.9

export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS := 120

.PHONY: demo test test-unit lint docs bench clean

demo: $(READY)  ## the whole flow on synthetic figures, on this machine only
	$(BIN)/wijkpeil demo

test: $(READY)  ## every test, in two processes
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-unit: $(READY)  ## those that open no socket and start no process
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/unit

lint: $(READY)  ## format, lint, types, who imports whom, and shown output
	$(BIN)/ruff format --check wijkpeil flows tests benchmarks docs
	$(BIN)/ruff check wijkpeil flows tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/cog --check --diff --verbosity 0 -I docs docs/*.md

docs: $(READY)  ## the output that pages show
	$(BIN)/cog -r --verbosity 0 -I docs docs/*.md

bench: $(READY)  ## the figures in docs/benchmarks.md
	VIRTUAL_ENV=$(CURDIR)/$(VENV) UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --quiet --frozen --inexact --extra demo --group bench
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/lineage.py
	$(BIN)/python benchmarks/trends.py
	$(BIN)/python benchmarks/detection.py
	$(BIN)/python benchmarks/hard_cases.py

clean:  ## the environment, not the warehouse
	rm -rf $(VENV)

$(READY): uv.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("wijkpeil needs Python 3.11 or newer; set PYTHON to one.")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --quiet --frozen --inexact --extra demo --compile-bytecode
	touch $@
