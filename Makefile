# Two commands do all the set-up: `make demo` and `make test`. Both say what they install.
SHELL := /bin/bash
.DEFAULT_GOAL := help
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
# uv from PATH where there is one, else a private copy beside the environment.
UV := $(or $(shell command -v uv 2>/dev/null),build/uv/bin/uv)
PYTHON ?= python3

.PHONY: help setup demo test check soak goldens lock bench clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(BIN)/platc  ## install the locked Python environment into .venv (seconds)

build/uv/bin/uv:
	@echo "setup: uv is not on PATH, installing a private copy into build/uv"
	@$(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(BIN)/platc: requirements.txt pyproject.toml | $(filter build/uv/bin/uv,$(UV))
	@echo "setup: installing the locked Python packages into $(VENV)"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	@VIRTUAL_ENV=$(VENV) $(UV) pip sync --quiet --require-hashes --compile-bytecode requirements.txt
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "setup: done, try $(BIN)/platc --help"

lock: | $(filter build/uv/bin/uv,$(UV))  ## pin every package with its hash in requirements.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --group dev --generate-hashes --no-emit-index-url \
	  --no-annotate --custom-compile-command "make lock" --output-file requirements.txt pyproject.toml

demo: setup  ## the main job, from specs to an applied stack, in a copy of the sample platform (no cluster, no account)
	@BIN="$(CURDIR)/$(BIN)" scripts/demo.sh

test: setup  ## every test, with a real engine and a real control plane (obtains both first when they are not here)
	@echo "test: obtaining the Pulumi engine, where it is not here yet"
	@$(BIN)/platc engine install
	@echo "test: obtaining a Kubernetes control plane, where it is not here yet"
	@$(BIN)/platc engine cluster install
	@echo "test: running every test"
	@$(BIN)/pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

check: setup  ## the pure tests only: seconds, no engine
	@$(BIN)/pytest -n 2 tests/unit tests/upstream tests/docs

soak: setup  ## kill `platc up` at a hundred spread moments and check what every rerun leaves (about ten minutes)
	@PLATC_KILLS=100 $(BIN)/pytest tests/cluster/test_recovery.py -k spread_moments

goldens: setup  ## write every golden anew; look at the diff before committing
	@$(BIN)/platc blueprint test --update
	@$(BIN)/pytest -q tests/unit/test_error_cases.py tests/unit/test_compile_cases.py tests/docs --update

bench: setup  ## measure the compile and the engine side by side with others; writes docs/benchmarks.md
	@$(BIN)/python -m bench setup
	@$(BIN)/python -m bench compile --write
	@$(BIN)/python -m bench engine --write

clean:  ## remove what this Makefile made in the checkout; the cache of engines stays
	@rm -rf $(VENV) build rendered .platform
