# `make` lists what there is. Everything runs from .venv; after the first installation nothing needs the network.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
# Stamps live inside the environment: whoever removes it removes them too.
CREATED := $(VENV)/.created
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
WHEELS := $(VENV)/wheels/.complete
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

.PHONY: help setup demo test check bench soak mutants lock clean

help:
	@echo 'make demo    sets up, starts the service and shows the cards of invented patients'
	@echo 'make test    sets up and runs everything that CI runs'
	@echo 'make setup   only sets up: .venv with the locked dependencies (PYTHON=... chooses the interpreter)'
	@echo 'make check   the part of the test run that takes seconds: style, types, import contracts'
	@echo 'make bench   measures CPU time per request beside its floors'
	@echo 'make soak    10^6 generated records, 10^6 fuzzed bodies, 100 kills under load: hours (RECORDS=..., BODIES=..., KILLS=...)'
	@echo 'make mutants changes the code of the rules, units and doses step by step, and looks whether a test notices'
	@echo 'make lock    writes requirements/*.txt anew from pyproject.toml (LOCK_FLAGS=--upgrade for newer versions)'
	@echo 'make clean   removes the environment, caches and build results'

# The first interpreter that runs and is new enough: a name on the PATH may be an old one, or a shim without one.
define find_python
found=; for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14); do \
	if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
done; \
if [ -z "$$found" ]; then \
	echo 'Python 3.11 or newer is needed: install it, or name it: make setup PYTHON=/path/to/python3' >&2; exit 1; fi; \
if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	echo "$$found cannot make environments: install its venv package (Debian, Ubuntu: apt install python3-venv)" >&2; \
	exit 1; fi
endef

$(CREATED):
	@$(find_python); echo "Making $(VENV) with $$("$$found" --version)"; "$$found" -m venv $(VENV)
	@touch $@

$(RUNTIME): pyproject.toml requirements/runtime.txt requirements/build.txt | $(CREATED)
	@echo 'Installing the locked dependencies'
	@$(PIP) install --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo 'Installing what tests and checks need'
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# The test of the image installs from these files: so it runs without a network too.
$(WHEELS): requirements/runtime.txt requirements/build.txt | $(CREATED)
	@echo 'Keeping the wheels that the test of the image installs'
	@$(PIP) download --require-hashes --only-binary :all: --dest $(@D) -r requirements/runtime.txt -r requirements/build.txt
	@touch $@

setup: $(DEV) $(WHEELS)
	@echo 'Set up in $(VENV).'

demo: $(RUNTIME)
	@exec $(BIN)/cds demo

test: check $(WHEELS)
	$(BIN)/pytest --numprocesses 2 --dist loadgroup

check: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV)
	$(BIN)/python -m benchmarks

RECORDS ?= 1000000
BODIES ?= 1000000
KILLS ?= 100

soak: $(DEV)
	$(BIN)/python -m tests.generative.soak --records $(RECORDS)
	$(BIN)/python -m tests.spec.soak --bodies $(BODIES)
	$(BIN)/python -m tests.store.soak $(KILLS)

mutants: $(DEV)
	$(BIN)/python -m tests.mutants

# Names, versions and hashes, and no address: each site installs from the index or mirror that its pip is set up for.
lock: $(DEV)
	$(COMPILE) $(LOCK_FLAGS) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) $(LOCK_FLAGS) --group build --output-file requirements/build.txt
	$(COMPILE) $(LOCK_FLAGS) pyproject.toml --group dev --constraint requirements/runtime.txt \
		--constraint requirements/build.txt --output-file requirements/dev.txt

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
